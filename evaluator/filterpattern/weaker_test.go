package filterpattern

import (
	"slices"
	"testing"
)

func TestWeaker(t *testing.T) {
	for pattern, want := range map[string][]string{
		`{ $.a = x }`: nil,
		`one two`:     nil,
		`{ $.a = x || $.a = y }`: {
			`without $.a = x: { $.a = y }`,
			`without $.a = y: { $.a = x }`,
		},
		`{ $.s != k && ($.a = x || $.b NOT EXISTS) }`: {
			`with $.s = k: { $.s = k && ($.a = x || $.b NOT EXISTS) }`,
			`without $.a = x: { $.s != k && $.b NOT EXISTS }`,
			`without $.b NOT EXISTS: { $.s != k && $.a = x }`,
		},
		`{ $.a NOT EXISTS && $.b IS NULL && $.c > 1 }`: {
			`with $.a = *: { $.a = * && $.b IS NULL && $.c > 1 }`,
			`with $.c <= 1: { $.a NOT EXISTS && $.b IS NULL && $.c <= 1 }`,
		},
		`{ $.a = x && $.b = y || $.c = z }`: {
			`without $.a = x && $.b = y: { $.c = z }`,
			`with $.a != x: { $.a != x && $.b = y || $.c = z }`,
			`with $.b != y: { $.a = x && $.b != y || $.c = z }`,
			`without $.c = z: { $.a = x && $.b = y }`,
		},
	} {
		p, err := Parse(pattern)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, w := range p.Weaker() {
			got = append(got, w.What+": "+w.Pattern.String())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", pattern, got, want)
		}
	}
}
