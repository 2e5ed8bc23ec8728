package main

import (
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
)

// job is one run of the pipeline.
type job struct {
	inputs []string // patterns of snapshot files
	output string   // the folder that everything is written to
	shares int      // in which a day is judged
	brief  brief
}

// pipeline is all steps from files to files. What a step gives on depends on what it was given alone, in whatever bundles and however
// often that comes; files have fixed names, and are there whole or not at all. So a step that was lost halfway is done again, and nothing
// shows it.
func (j *job) pipeline() *beam.Pipeline {
	p := beam.NewPipeline()
	s := p.Root()
	files := beam.Reshuffle(s, beam.ParDo(s.Scope("List"), &listFn{}, beam.CreateList(s, j.inputs)))
	cards, refused, illegible := beam.ParDo3(s.Scope("Look"), &lookFn{Shares: j.shares}, files)
	judged, counts, unjudged := beam.ParDo3(s.Scope("Judge"), &judgeFn{Shares: j.shares, Brief: j.brief}, beam.GroupByKey(s, cards))
	days := beam.GroupByKey(s, beam.Flatten(s, judged, refused))
	reports := beam.ParDo(s.Scope("Write reports"), &reportFn{Brief: j.brief, Output: j.output}, days)

	sums := beam.DropKey(s, beam.CombinePerKey(s.Scope("Count"), tally.plus, counts))
	tables := beam.ParDo(s.Scope("Write counts"), &countsFn{Output: j.output}, together(s, sums, tally{}))
	failures := beam.Flatten(s, illegible, unjudged)
	errors := beam.ParDo(s.Scope("Write errors"), &failuresFn{Output: j.output}, together(s, failures, failure{}))
	beam.ParDo0(s.Scope("Write manifest"), &manifestFn{Output: j.output}, together(s, beam.Flatten(s, reports, tables, errors), written{}))
	return p
}

// together brings all elements to one place. There is an empty one among them, so that the place is there if nothing else is.
func together(s beam.Scope, all beam.PCollection, empty any) beam.PCollection {
	return beam.GroupByKey(s, beam.AddFixedKey(s, beam.Flatten(s, all, beam.Create(s, empty))))
}
