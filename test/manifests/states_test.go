package manifests

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
)

// machine is what we use of a state machine of Step Functions. A field that is not here is refused.
type machine struct {
	Comment, QueryLanguage, StartAt string
	TimeoutSeconds                  int
	ProcessorConfig                 map[string]string
	States                          map[string]state
}

type state struct {
	Type, Comment, Resource, Next, Label  string
	Items                                 string
	End                                   bool
	MaxConcurrency, ToleratedFailureCount int
	TimeoutSeconds                        int
	ItemSelector                          map[string]string
	ItemProcessor                         *machine
	Output                                any
	Retry                                 []map[string]any
	Arguments                             *task
}

type task struct {
	LaunchType, Cluster, TaskDefinition string
	NetworkConfiguration                any
	Overrides                           struct {
		ContainerOverrides []struct {
			Name    string
			Command any
		}
	}
}

func readMachine(t *testing.T) *machine {
	t.Helper()
	text, err := os.ReadFile("../../docs/scale/step-functions-distributed-map.asl.json")
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(m); err != nil {
		t.Fatal(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		t.Fatal("got something after the state machine")
	}
	return m
}

// Every state can be reached, and every way ends.
func TestStatesAreLinked(t *testing.T) {
	var check func(name string, m *machine)
	check = func(name string, m *machine) {
		reached := map[string]bool{}
		for at := m.StartAt; at != ""; at = m.States[at].Next {
			s, known := m.States[at]
			if !known || reached[at] {
				t.Fatalf("%s: state %q: got none, or one that was there before", name, at)
			}
			reached[at] = true
			if s.End == (s.Next != "") {
				t.Errorf("%s: state %q: got End %t and Next %q, want one of them", name, at, s.End, s.Next)
			}
			if s.ItemProcessor != nil {
				check(at, s.ItemProcessor)
			}
		}
		if len(reached) != len(m.States) {
			t.Errorf("%s: got %d states, of which %d are reached", name, len(m.States), len(reached))
		}
	}
	m := readMachine(t)
	check("machine", m)
	if mode := m.States["Evaluate"].ItemProcessor.ProcessorConfig["Mode"]; mode != "DISTRIBUTED" {
		t.Errorf("got mode %q, want DISTRIBUTED", mode)
	}
}

// The command lines of the tasks, run here: the merged report is that of one run, to the byte.
func TestStepFunctionsRunAsOne(t *testing.T) {
	h := newHouse(t)
	m := readMachine(t)
	const shards = 3
	evaluate := m.States["Evaluate"].ItemProcessor.States["EvaluateShard"]
	if items := m.States["Evaluate"].Items; items != "{% [1..$states.input.shards] %}" {
		t.Fatalf("got items %q, want the numbers of the shards from 1", items)
	}
	var files []string
	for shard := 1; shard <= shards; shard++ {
		words, ok := evaluate.Arguments.Overrides.ContainerOverrides[0].Command.([]any)
		if !ok {
			t.Fatalf("got command %v, want a list", evaluate.Arguments.Overrides.ContainerOverrides[0].Command)
		}
		line := []string{"cistern"}
		for _, word := range words {
			line = append(line, evaluated(t, word.(string), shard, shards))
		}
		h.run(t, line)
		files = append(files, evaluated(t, evaluate.Output.(string), shard, shards))
	}
	merge := m.States["Merge"].Arguments.Overrides.ContainerOverrides[0].Command
	if merge != "{% $append($append(['merge'], $states.input.files), ['--fail-on', 'never', '--output', '/results/' & $states.input.run & '.json']) %}" {
		t.Fatalf("got command %v, which this test does not know", merge)
	}
	h.run(t, append(append([]string{"cistern", "merge"}, files...), "--fail-on", "never", "--output", "/results/run.json"))
	h.same(t, "run.json")
}

// evaluated is a text of the state machine, in which JSONata joins texts and numbers.
func evaluated(t *testing.T, text string, shard, shards int) string {
	t.Helper()
	expression, ok := strings.CutPrefix(text, "{% ")
	if !ok {
		return text
	}
	known := map[string]string{"$states.input.shard": strconv.Itoa(shard), "$states.input.shards": strconv.Itoa(shards), "$states.input.run": "run"}
	var out strings.Builder
	for part := range strings.SplitSeq(strings.TrimSuffix(expression, " %}"), " & ") {
		value, ok := known[part]
		if literal, quoted := strings.CutPrefix(part, "'"); quoted {
			value, ok = strings.TrimSuffix(literal, "'"), true
		}
		if !ok {
			t.Fatalf("%s: got %q, which this test does not know", text, part)
		}
		out.WriteString(value)
	}
	return out.String()
}
