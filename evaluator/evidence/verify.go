package evidence

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"
)

// VerificationSchema is the contract of a verification as JSON.
const VerificationSchema = "cistern/verification/v1"

// Status is what a check came to.
type Status string

// The statuses of a check. Unchecked is what could not be looked at, or what may differ for a good reason.
const (
	Holds     Status = "holds"
	Fails     Status = "fails"
	Unchecked Status = "unchecked"
)

// Problem is one thing that does not hold: which file, what was expected of it, what was found.
type Problem struct {
	File     string `json:"file,omitempty"`
	Problem  string `json:"problem"`
	Expected string `json:"expected,omitempty"`
	Found    string `json:"found,omitempty"`
}

func (p Problem) String() string {
	text := p.Problem
	if p.File != "" {
		text = p.File + ": " + text
	}
	if p.Expected != "" || p.Found != "" {
		text += ": expected " + p.Expected + ", found " + p.Found
	}
	return text
}

// Check is one thing that was looked at.
type Check struct {
	Name     string    `json:"check"`
	Status   Status    `json:"status"`
	Message  string    `json:"message,omitempty"`
	Problems []Problem `json:"problems,omitempty"`
}

func (c Check) fail(p Problem) Check {
	c.Status = Fails
	c.Problems = append(c.Problems, p)
	return c
}

// compare holds what a file says of the others against them.
func (c Check) compare(by string, said map[string]string, b Bundle, about func(name string) bool) Check {
	for _, name := range slices.Sorted(maps.Keys(said)) {
		text, there := b[name]
		switch {
		case !there:
			c = c.fail(Problem{File: name, Problem: "is missing", Expected: "sha256:" + said[name], Found: "no file"})
		case digest(text) != said[name]:
			c = c.fail(Problem{File: name, Problem: "is not as " + by + " has it", Expected: "sha256:" + said[name], Found: "sha256:" + digest(text)})
		case !about(name):
			c = c.fail(Problem{File: by, Problem: name + ": cannot be in its list"})
		}
	}
	for _, name := range b.names() {
		if _, ok := said[name]; !ok && about(name) {
			c = c.fail(Problem{File: name, Problem: "is there, and not in " + by, Expected: "no file", Found: "sha256:" + digest(b[name])})
		}
	}
	return c
}

// Verification is what came of checking a bundle.
type Verification struct {
	Schema string  `json:"schema"`
	Bundle string  `json:"bundle"`
	Result Status  `json:"result"`
	MadeBy *Tool   `json:"made_by,omitempty"` // as the bundle says
	Tool   Tool    `json:"tool"`              // that checked
	Checks []Check `json:"checks"`
}

// VerifyOptions is how a bundle is checked.
type VerifyOptions struct {
	Keys []*PublicKey // each of which must have signed
	Tool Tool         // that checks
	// Embedded are the policies and editions that it ships.
	Embedded fs.FS
}

// Unreadable is the verification of a bundle that could not even be read.
func Unreadable(problems []Problem, o VerifyOptions) *Verification {
	v := &Verification{Schema: VerificationSchema, Tool: o.Tool}
	return v.add(Check{Name: "archive", Status: Fails, Problems: problems})
}

func (v *Verification) add(c Check) *Verification {
	v.Checks = append(v.Checks, c)
	worst := map[Status]int{"": 0, Holds: 1, Unchecked: 2, Fails: 3}
	if worst[c.Status] > worst[v.Result] {
		v.Result = c.Status
	}
	return v
}

// Verify checks a bundle: its files against its two lists, the signature, and, by judging again, the report against the evidence. The
// error is a *NewerError where a later version of this program is needed.
func Verify(ctx context.Context, b Bundle, o VerifyOptions) (*Verification, error) {
	if err := b.newer(); err != nil {
		return nil, err
	}
	v := &Verification{Schema: VerificationSchema, Tool: o.Tool}
	size := 0
	for _, text := range b {
		size += len(text)
	}
	v.add(Check{Name: "archive", Status: Holds, Message: fmt.Sprintf("%s, %d bytes", countOf(len(b), "file"), size)})
	v.add(b.checkSums()).add(b.checkSubjects())
	signature, err := b.checkSignature(ctx, o.Keys)
	if err != nil {
		return nil, err
	}
	v.add(signature)
	m, err := b.manifest()
	if err != nil {
		v.add(Check{Name: "manifest", Status: Holds}.fail(Problem{File: manifestFile, Problem: err.Error()}))
	} else {
		v.MadeBy = &m.Tool
		v.add(Check{Name: "manifest", Status: Holds, Message: fmt.Sprintf("made by %s %s: %s, edition %s", m.Tool.Name, m.Tool.Version, countOf(len(m.Snapshots), "snapshot"), m.Options.Benchmark)})
	}
	if v.Result == Fails {
		return v.add(Check{Name: "report", Status: Unchecked, Message: "not made again: the files are not those that were packed"}), nil
	}
	other := m.Tool.Name != o.Tool.Name || m.Tool.Version != o.Tool.Version
	a := again{Bundle: b, manifest: m, other: other, tool: o.Tool}
	return v, a.check(ctx, v, o.Embedded)
}

func (b Bundle) checkSums() Check {
	c := Check{Name: "digests", Status: Holds}
	text, ok := b[sumsFile]
	if !ok {
		return c.fail(Problem{File: sumsFile, Problem: "is not there"})
	}
	sums, problems := readSums(text)
	for _, p := range problems {
		c = c.fail(p)
	}
	c = c.compare(sumsFile, sums, b, summed)
	if c.Status == Holds {
		c.Message = countOf(len(sums), "file") + " as in " + sumsFile + ", none missing, none added"
	}
	return c
}

func countOf(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// differ says how many of something differ.
func differ(n int, what string) string {
	if n == 1 {
		return countOf(n, what) + " differs"
	}
	return countOf(n, what) + " differ"
}
