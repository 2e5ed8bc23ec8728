package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// summed tells whether a file is listed in SHA256SUMS: all are but the list itself and the signatures.
func summed(name string) bool { return name != sumsFile && name != EnvelopeFile }

// isSubject tells whether a file is a subject of the statement: those that SHA256SUMS lists, but for the statement itself.
func isSubject(name string) bool { return summed(name) && name != StatementFile }

// sums is the text of SHA256SUMS, as sha256sum writes it.
func (b Bundle) sums() []byte {
	var text strings.Builder
	for _, name := range b.names() {
		if summed(name) {
			fmt.Fprintf(&text, "%s  %s\n", digest(b[name]), name)
		}
	}
	return []byte(text.String())
}

// readSums reads SHA256SUMS: a line a file, in the order of their names.
func readSums(text []byte) (map[string]string, []Problem) {
	sums := map[string]string{}
	var problems []Problem
	wrong := func(line int, problem string) {
		problems = append(problems, Problem{File: sumsFile, Problem: fmt.Sprintf("line %d: %s", line, problem)})
	}
	last := ""
	lines := strings.SplitAfter(string(text), "\n")
	if end := len(lines) - 1; lines[end] == "" {
		lines = lines[:end]
	} else {
		wrong(end+1, "has no line's end")
	}
	for i, line := range lines {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		raw, err := hex.DecodeString(sum)
		switch {
		case !ok || err != nil || len(raw) != sha256.Size || strings.ToLower(sum) != sum || !safeName(name):
			wrong(i+1, "is no line of sha256sum")
		case name <= last:
			wrong(i+1, fmt.Sprintf("%s: is there twice, or not in order", name))
		default:
			sums[name], last = sum, name
		}
	}
	return sums, problems
}
