package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/evaluator"
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

// Verify checks a bundle: its files against its two lists, the signature, and, by judging again, the report against the evidence.
func Verify(ctx context.Context, b Bundle, o VerifyOptions) (*Verification, error) {
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
	a := again{Bundle: b, manifest: m, vouched: len(o.Keys) > 0, other: m.Tool.Version != o.Tool.Version, tool: o.Tool}
	shipped, err := a.compareShipped(o.Embedded)
	if err != nil {
		return nil, err
	}
	v.add(shipped)
	return v, a.check(ctx, v)
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

// again judges a bundle's evidence again.
type again struct {
	Bundle
	manifest *Manifest
	vouched  bool // a key that was given has signed: what differs was not tampered with
	other    bool // another version made the bundle
	tool     Tool
}

// check makes the report, its page and the record again and compares them.
func (a again) check(ctx context.Context, v *Verification) error {
	judged, err := a.judge(ctx, a.manifest)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var stuck *evaluator.StuckError
	if errors.As(err, &stuck) {
		return err // the process must end
	}
	if err != nil {
		v.add(a.excused("report", Problem{File: reportFile, Problem: "cannot be made again: " + err.Error()}))
		return nil
	}
	v.add(a.compareReport(judged))
	v.add(a.comparePage(judged))
	record, err := a.statement(a.manifest, judged)
	if err != nil {
		return err
	}
	v.add(a.compareRecord(record))
	return nil
}

// excused is a check that does not hold; with another version, whose signature holds, it only says what differs.
func (a again) excused(name string, problems ...Problem) Check {
	c := Check{Name: name, Status: Fails, Problems: problems}
	if a.other {
		c.Message = fmt.Sprintf("%s %s made the bundle and judges it identically; this is %s", a.manifest.Tool.Name, a.manifest.Tool.Version, a.tool.Version)
		if a.vouched {
			c.Status = Unchecked
		} else {
			c.Message += ". Without a signature that was checked, a change of the bundle is not told from one of the program"
		}
	}
	return c
}

// compareShipped holds the shipped policies in the bundle against those of this program.
func (a again) compareShipped(embedded fs.FS) (Check, error) {
	c := Check{Name: "policies", Status: Holds}
	own, said := Bundle{}, map[string]string{}
	wanted := judges
	if a.manifest.Options.NoEmbedded {
		wanted = isEdition
	}
	if err := own.addTree(embeddedFolder, embedded, wanted); err != nil {
		return c, err
	}
	for name, text := range own {
		said[name] = digest(text)
	}
	program := a.tool.Name + " " + a.tool.Version
	c = c.compare(program, said, a.Bundle, func(name string) bool { return strings.HasPrefix(name, embeddedFolder+"/") })
	if n := len(a.manifest.Policies); n > 0 {
		c.Message = fmt.Sprintf("; besides them, %s of the user's own", countOf(n, "source"))
	}
	switch {
	case c.Status == Holds:
		c.Message = "the shipped ones are those of " + program + c.Message
	case a.other && a.vouched:
		c.Status, c.Message = Holds, fmt.Sprintf("%s differ from those of %s", countOf(len(c.Problems), "file"), program)+c.Message
	case a.other:
		c.Status, c.Message = Unchecked, fmt.Sprintf("those that %s ships are not here to compare with", a.manifest.Tool.Version)+c.Message
	default:
		c.Message = "the shipped ones are not those of " + program + ": they were changed, or another build of it made the bundle" + c.Message
	}
	return c, nil
}

func (a again) compareReport(j *judged) Check {
	found := a.Bundle[reportFile]
	if bytes.Equal(j.json, found) {
		c := Check{Name: "report", Status: Holds, Message: reportFile + " made again from the evidence: identical"}
		if a.other {
			c.Message += fmt.Sprintf(", though %s made it and this is %s", a.manifest.Tool.Version, a.tool.Version)
		}
		return c
	}
	problems, kind := compareReports(j.json, found)
	c := a.excused("report", problems...)
	switch {
	case kind == verdictsDiffer:
		c.Message = strings.TrimSuffix("verdicts differ: "+c.Message, ": ")
	case kind == textDiffers:
		c.Message = strings.TrimSuffix("the verdicts are the same, the text differs: "+c.Message, ": ")
	default:
		c.Message = strings.TrimSuffix("the report says the same, its formatting differs: "+c.Message, ": ")
	}
	if a.other && kind != verdictsDiffer {
		c.Status = Unchecked
	}
	return c
}

func (a again) comparePage(j *judged) Check {
	const name = "page"
	found := a.Bundle[pageFile]
	if bytes.Equal(j.page, found) {
		return Check{Name: name, Status: Holds, Message: pageFile + " made again: identical"}
	}
	c := a.excused(name, Problem{File: pageFile, Problem: "is not the page of the report: differs " + firstDifference(j.page, found)})
	if a.other {
		c.Status = Unchecked
	}
	return c
}

func (a again) compareRecord(want []byte) Check {
	const name = "record"
	found := a.Bundle[StatementFile]
	if bytes.Equal(want, found) {
		return Check{Name: name, Status: Holds, Message: "the collection record is what the snapshots say"}
	}
	x, err := generic(want)
	y, failed := generic(found)
	if err != nil || failed != nil {
		return a.excused(name, Problem{File: StatementFile, Problem: "differs " + firstDifference(want, found)})
	}
	p, _ := difference(x, y, "")
	p.File = StatementFile
	c := a.excused(name, p)
	if a.other {
		c.Status = Unchecked
	}
	return c
}

func countOf(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
