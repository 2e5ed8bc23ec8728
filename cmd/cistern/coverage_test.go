package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"reflect"
	"slices"
	"testing"

	"github.com/cistern-audit/cistern/evaluator"
)

// coberturaType is coverage-04.dtd: of each element what it may hold, in this order, and its attributes that must be there. A name with a
// * may be there any number of times.
var coberturaType = map[string]struct{ children, required []string }{
	"coverage": {
		[]string{"sources", "packages"},
		[]string{"line-rate", "branch-rate", "lines-covered", "lines-valid", "branches-covered", "branches-valid", "complexity", "version", "timestamp"},
	},
	"sources":  {[]string{"source*"}, nil},
	"source":   {nil, nil},
	"packages": {[]string{"package*"}, nil},
	"package":  {[]string{"classes"}, []string{"name", "line-rate", "branch-rate", "complexity"}},
	"classes":  {[]string{"class*"}, nil},
	"class":    {[]string{"methods", "lines"}, []string{"name", "filename", "line-rate", "branch-rate", "complexity"}},
	"methods":  {[]string{"method*"}, nil},
	"lines":    {[]string{"line*"}, nil},
	"line":     {nil, []string{"number", "hits"}},
}

func TestCoberturaIsOfItsType(t *testing.T) {
	text, err := cobertura([]evaluator.CoveredFile{
		{File: "a/x.rego", Covered: []int{1, 3}, Missed: []int{2}},
		{File: "a/<&>.rego", Covered: []int{1}},
		{File: "b/empty.rego"},
	})
	if err != nil {
		t.Fatal(err)
	}
	decoder := xml.NewDecoder(bytes.NewReader(text))
	type open struct {
		name string
		held []string
	}
	var stack []open
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch v := token.(type) {
		case xml.StartElement:
			name := v.Name.Local
			if len(stack) > 0 {
				stack[len(stack)-1].held = append(stack[len(stack)-1].held, name)
			}
			stack = append(stack, open{name: name})
			var given []string
			for _, a := range v.Attr {
				given = append(given, a.Name.Local)
			}
			if want := coberturaType[name].required; !slices.Equal(given, want) {
				t.Errorf("%s: got attributes %v, want %v", name, given, want)
			}
		case xml.EndElement:
			last := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			want := coberturaType[last.name].children
			if len(want) == 1 && want[0][len(want[0])-1] == '*' {
				want = slices.Repeat([]string{want[0][:len(want[0])-1]}, len(last.held))
			}
			if !slices.Equal(last.held, want) {
				t.Errorf("%s: got %v, want %v", last.name, last.held, want)
			}
		}
	}
}

func TestSpans(t *testing.T) {
	got := spans([]int{1, 3, 4, 5, 9, 11, 12})
	if want := []string{"1", "3-5", "9", "11-12"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestLineCount(t *testing.T) {
	for want, count := range map[string]lineCount{"100.0 %": {7, 7}, "99.9 %": {9999, 10000}, "0.0 %": {0, 3}, "66.6 %": {2, 3}} {
		if got := count.String(); got != want {
			t.Errorf("%v: got %s, want %s", count, got, want)
		}
	}
	if got := (lineCount{}).String(); got != "100.0 %" {
		t.Errorf("nothing to evaluate: got %s", got)
	}
}
