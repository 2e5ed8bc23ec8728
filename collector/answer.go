package collector

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"

	"github.com/cistern-audit/cistern/snapshots"
)

// unreadableError is an answer that is not what the call's documentation says. Such a one is never taken for an answer that
// lists nothing.
type unreadableError struct{ err error }

func (e *unreadableError) Error() string { return "the answer cannot be read: " + e.err.Error() }

func (e *unreadableError) Unwrap() error { return e.err }

// What an answer must be to be one.
var (
	errEmpty      = errors.New("it is empty")
	errNotObject  = errors.New("it is not a JSON object")
	errIsError    = errors.New("it is an error in the place of an answer")
	errTooDeep    = fmt.Errorf("its values nest deeper than %d", maxDepth)
	errRepeated   = errors.New("the token of the next page is that of a page before")
	errEndless    = fmt.Errorf("it has more than %d pages", maxPages)
	errNoIdentity = errors.New("it names no account")
	errNoList     = errors.New("it has no list")
	errNoTrail    = errors.New("it is not about that trail")
	errNoStatus   = errors.New("it does not say whether the trail is logging")
	errNoHub      = errors.New("it names no hub")
	errNoMember   = errors.New("it names no organisation")
	errNoRegions  = errors.New("it names no region")
	errOtherRule  = errors.New("it is about another rule")
)

// Bounds far beyond what AWS answers.
const (
	maxAnswer = 8 << 20 // bytes
	maxPages  = 5000
	maxDepth  = 64 // so that a record has room to stand in a snapshot, which has a bound too
)

// decode reads a JSON answer as it came over the wire.
func decode(ctx context.Context, into any) error {
	body := bytes.TrimSpace(exchangeOf(ctx).body)
	const head = 1 << 10
	switch {
	case !bytes.HasPrefix(body, []byte("{")):
		return &unreadableError{errNotObject}
	case bytes.Contains(body[:min(len(body), head)], []byte(`"__type"`)):
		return &unreadableError{errIsError}
	case depthOf(body) > maxDepth:
		return &unreadableError{errTooDeep}
	}
	if err := snapshots.Unmarshal(body, into); err != nil {
		return &unreadableError{err}
	}
	return nil
}

// depthOf is how deep the values of a JSON text nest.
func depthOf(text []byte) int {
	depth, deepest, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}

// inXML checks that an XML answer is that of the operation and has the part of that name, with as many things in it as were read. The
// SDK takes what is not there, or has another name, for an answer that lists nothing.
func inXML(ctx context.Context, operation, part string, read int) error {
	way := []string{operation + "Response", operation + "Result", part}
	decoder := xml.NewDecoder(bytes.NewReader(exchangeOf(ctx).body))
	at, there := 0, 0
	for {
		token, err := decoder.Token()
		if err != nil {
			return &unreadableError{fmt.Errorf("it has no %s", way[min(at, len(way)-1)])}
		}
		switch element := token.(type) {
		case xml.StartElement:
			switch {
			case at < len(way) && element.Name.Local == way[at]:
				at++
				continue
			case at == 0:
				return &unreadableError{fmt.Errorf("it has no %s", way[at])}
			case at == len(way):
				there++
			}
			if err := decoder.Skip(); err != nil {
				return &unreadableError{err}
			}
		case xml.EndElement:
			switch {
			case at < len(way):
				return &unreadableError{fmt.Errorf("it has no %s", way[at])}
			case there != read:
				return &unreadableError{fmt.Errorf("its %s has %d things in it, of which %d could be read", part, there, read)}
			}
			return nil
		}
	}
}

// lacking refuses records that do not say what decides a verdict: what is absent is not known to be off. lack names what a record
// lacks, and is empty if it lacks nothing.
func lacking[T any](kind string, records []T, lack func(*T) string) error {
	for i := range records {
		if name := lack(&records[i]); name != "" {
			return &unreadableError{fmt.Errorf("%s %d of it lacks %s", kind, i+1, name)}
		}
	}
	return nil
}

// said is something that a record must say, and whether it does.
type said struct {
	name string
	is   bool
}

// firstUnsaid is the name of the first that a record does not say, empty if it says all.
func firstUnsaid(all ...said) string {
	for _, s := range all {
		if !s.is {
			return s.name
		}
	}
	return ""
}
