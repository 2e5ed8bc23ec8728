package main

import (
	"context"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
)

// registerSteps tells Beam the steps and elements by name, so that a worker finds them: it comes before beam.Init.
func registerSteps() {
	register.DoFn3x1[context.Context, string, func(names), error](&listFn{})
	register.DoFn5x1[context.Context, names, func(string, sighting), func(string, finding), func(failure), error](&lookFn{})
	register.DoFn6x1[context.Context, string, func(*sighting) bool, func(string, finding), func(string, tally), func(failure), error](&judgeFn{})
	register.DoFn4x1[context.Context, string, func(*finding) bool, func(written), error](&reportFn{})
	register.DoFn4x1[context.Context, int, func(*tally) bool, func(written), error](&countsFn{})
	register.DoFn4x1[context.Context, int, func(*failure) bool, func(written), error](&failuresFn{})
	register.DoFn3x1[context.Context, int, func(*written) bool, error](&manifestFn{})
	register.Function2x1(tally.plus)
	register.Emitter1[names]()
	register.Emitter1[failure]()
	register.Emitter1[written]()
	register.Emitter2[string, sighting]()
	register.Emitter2[string, finding]()
	register.Emitter2[string, tally]()
	register.Iter1[sighting]()
	register.Iter1[finding]()
	register.Iter1[tally]()
	register.Iter1[failure]()
	register.Iter1[written]()
	for _, element := range []any{names{}, sighting{}, finding{}, tally{}, failure{}, written{}} {
		beam.RegisterType(reflect.TypeOf(element))
	}
}
