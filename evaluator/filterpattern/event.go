package filterpattern

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// Event is one log event, read once and matched against any number of patterns.
type Event struct {
	message string
	root    map[string]any // nil when the message is not one JSON object
}

// NewEvent reads a log event's message. Any text is one; only a message that is exactly one JSON object can match a
// pattern of the JSON form. Of a key that stands there twice, the last counts.
func NewEvent(message []byte) *Event {
	e := &Event{message: string(message)}
	dec := json.NewDecoder(bytes.NewReader(message))
	dec.UseNumber()
	var root map[string]any
	if dec.Decode(&root) != nil {
		return e
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return e
	}
	e.root = root
	return e
}

// lookup follows the selector's steps, which have no wildcard. A child of anything but an object or array is missing.
func lookup(v any, steps []step) (any, bool) {
	for _, st := range steps {
		next, ok := child(v, st)
		if !ok {
			return nil, false
		}
		v = next
	}
	return v, true
}

func child(v any, st step) (any, bool) {
	switch parent := v.(type) {
	case map[string]any:
		if st.kind != stepKey {
			return nil, false
		}
		next, ok := parent[st.key]
		return next, ok
	case []any:
		if st.kind != stepIndex || st.index >= len(parent) {
			return nil, false
		}
		return parent[st.index], true
	}
	return nil, false
}

// members calls f for every member of an array or object until f says stop; a scalar has none. The order does not matter
// to any caller.
func members(v any, f func(any) (more bool)) {
	switch parent := v.(type) {
	case map[string]any:
		for _, m := range parent {
			if !f(m) {
				return
			}
		}
	case []any:
		for _, m := range parent {
			if !f(m) {
				return
			}
		}
	}
}
