package snapshots

import (
	"fmt"
	"strconv"
	"strings"
)

// Severity says whether a problem makes a snapshot unusable.
type Severity int

// The severities.
const (
	// Wrong is a problem that makes a snapshot invalid.
	Wrong Severity = iota
	// Doubtful is a problem that a person should look at; the snapshot is read all the same.
	Doubtful
)

// String names the severity: error or warning.
func (s Severity) String() string {
	if s == Doubtful {
		return "warning"
	}
	return "error"
}

// MarshalText writes the severity by name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Problem is one thing that is wrong or doubtful in a snapshot file.
type Problem struct {
	Severity Severity `json:"severity"`
	// Pointer is the JSON pointer of the value in the file, "" for the whole document.
	Pointer string `json:"pointer"`
	// Offset is the byte offset in the file (uncompressed), -1 where it is not known.
	Offset int64 `json:"offset"`
	// Expected and Got complete each other.
	Expected string `json:"expected"`
	Got      string `json:"got"`
	// Hint is a way out, where one is known.
	Hint string `json:"hint,omitempty"`
}

// String is the problem in one line, without its hint.
func (p Problem) String() string {
	where := p.Pointer
	if where == "" {
		where = "the document"
	}
	if p.Offset >= 0 {
		where += fmt.Sprintf(" (byte %d)", p.Offset)
	}
	return fmt.Sprintf("%s: expected %s, got %s", where, p.Expected, p.Got)
}

// SyntaxError is text that is not JSON.
type SyntaxError struct {
	// Pointer is the value in which it happened.
	Pointer string
	// Offset is the byte offset; Line and Column count from 1, columns in bytes.
	Offset       int64
	Line, Column int
	// Reason is what is wrong there.
	Reason string
	// Hint is a way out, where one is known.
	Hint string
}

func (e *SyntaxError) Error() string {
	where := ""
	if e.Pointer != "" {
		where = " in " + e.Pointer
	}
	return fmt.Sprintf("not JSON: line %d, column %d (byte %d)%s: %s", e.Line, e.Column, e.Offset, where, e.Reason)
}

// SchemaError is a document of another schema than this program reads.
type SchemaError struct {
	// Got is the schema that the document names, "" if it names none.
	Got string
}

func (e *SchemaError) Error() string {
	if e.Got == "" {
		return "not a snapshot: it has no schema"
	}
	if number, ok := schemaNumber(e.Got); ok && number > 1 {
		return fmt.Sprintf("schema %q is newer than this program knows", e.Got)
	}
	return fmt.Sprintf("schema %q is not %q", e.Got, SchemaName)
}

// Hint is the way out.
func (e *SchemaError) Hint() string {
	if number, ok := schemaNumber(e.Got); ok && number > 1 {
		return "collect again, or update cistern"
	}
	return "cistern collect and cistern import make snapshots"
}

func schemaNumber(schema string) (int, bool) {
	digits, ok := strings.CutPrefix(schema, "cistern/snapshot/v")
	if !ok {
		return 0, false
	}
	number, err := strconv.Atoi(digits)
	return number, err == nil
}

// InvalidError is JSON that does not have the shape of a snapshot.
type InvalidError struct {
	// Problems are what is wrong with it, in the order of the file; there is at least one.
	Problems []Problem
}

func (e *InvalidError) Error() string {
	first := e.Problems[0].String()
	if more := len(e.Problems) - 1; more > 0 {
		return fmt.Sprintf("%s (and %d more)", first, more)
	}
	return first
}

// Hint is the way out.
func (e *InvalidError) Hint() string {
	if hint := e.Problems[0].Hint; hint != "" {
		return hint
	}
	return "cistern snapshot validate lists every problem"
}

// step is one step of a JSON pointer: a name, or an index if name is nil.
type step struct {
	name  []byte
	index int
}

// pointerOf writes a JSON pointer (RFC 6901).
func pointerOf(path []step) string {
	var b strings.Builder
	for _, s := range path {
		b.WriteByte('/')
		if s.name == nil {
			b.WriteString(strconv.Itoa(s.index))
			continue
		}
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(string(s.name)))
	}
	return b.String()
}
