package evaluator

import "testing"

// TestFactsByTheirPlaces reads members of lists and what is not there, before and after the lists themselves.
func TestFactsByTheirPlaces(t *testing.T) {
	e := compiled(t, map[string]string{"x.rego": `package mine.x

import future.keywords.not

parts := [
	data.parameters.list[1],
	data.parameters.list,
	data.parameters.list[0].name,
	[x | x := data.parameters.list[7]],
	[x | x := data.parameters.missing.more],
	data.parameters["1"],
]

verdict := {"status": "pass", "findings": [], "notes": [json.marshal(parts)]}
`})
	o := Options{Benchmark: &Benchmark{ID: "none"}, Parameters: map[string]any{"list": []any{map[string]any{"name": "a"}, "b"}, "1": "one"}}
	r, err := e.newRun([]Input{{"a.json", sample(t, "compliant")}}, o)
	if err != nil {
		t.Fatal(err)
	}
	asked := r.question(t.Context(), r.subjects[0], nil, nil)
	defer asked.rest()
	v, err := asked.ask(t.Context(), e.controls["x"])
	if err != nil {
		t.Fatal(err)
	}
	if got, want := v.notes[0], `["b",[{"name":"a"},"b"],"a",[],[],"one"]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
