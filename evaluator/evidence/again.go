package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"strings"

	"github.com/cistern-audit/cistern/evaluator"
)

// again judges a bundle's evidence again.
type again struct {
	Bundle
	manifest *Manifest
	other    bool // it says that another version made it, which nothing proves
	tool     Tool
}

// maker is the program that the bundle says made it.
func (a again) maker() string { return a.manifest.Tool.Name + " " + a.manifest.Tool.Version }

// program is this one.
func (a again) program() string { return a.tool.Name + " " + a.tool.Version }

// check compares the shipped policies, makes the report, its page and the record again, and compares those.
func (a again) check(ctx context.Context, v *Verification, embedded fs.FS) error {
	own := Bundle{}
	if err := own.addTree(embeddedFolder, embedded, a.wanted()); err != nil {
		return err
	}
	shipped := a.compareShipped(own)
	v.add(shipped)
	if len(shipped.Problems) > 0 {
		c, err := a.judgeWith(ctx, own)
		if err != nil {
			return err
		}
		v.add(c)
	}
	judged, err := a.judge(ctx, a.manifest)
	if err := unjudged(ctx, err); err != nil {
		return err
	}
	if err != nil {
		v.add(a.refuted("report", Problem{File: reportFile, Problem: "cannot be made again: " + err.Error()}))
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

// unjudged is the error of judging that ends the check: the process must end, or nobody waits for it any more.
func unjudged(ctx context.Context, err error) error {
	var stuck *evaluator.StuckError
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.As(err, &stuck) {
		return err
	}
	return nil
}

// wanted tells which of the shipped files lie in the bundle.
func (a again) wanted() func(name string) bool {
	if a.manifest.Options.NoEmbedded {
		return isEdition
	}
	return judges
}

// refuted is a check that does not hold, whatever the version: that another one would confirm it is only what the bundle claims.
func (a again) refuted(name string, problems ...Problem) Check {
	c := Check{Name: name, Status: Fails, Problems: problems}
	if a.other {
		c.Message = fmt.Sprintf("this program (%s) finds otherwise; if %s made it honestly, that version would confirm it, and nothing here shows that it would", a.program(), a.maker())
	}
	return c
}

// compareShipped holds the shipped policies in the bundle against those of this program.
func (a again) compareShipped(own Bundle) Check {
	c, said := Check{Name: "policies", Status: Holds}, map[string]string{}
	for name, text := range own {
		said[name] = digest(text)
	}
	c = c.compare(a.program(), said, a.Bundle, isShipped)
	besides := ""
	if n := len(a.manifest.Policies); n > 0 {
		besides = fmt.Sprintf("; besides them, %s of the user's own, for which nobody but who signs vouches", countOf(n, "source"))
	}
	switch {
	case c.Status == Holds:
		c.Message = "the shipped ones are those of " + a.program() + besides
	case a.other:
		c.Status = Unchecked
		c.Message = fmt.Sprintf("%s from those of %s, and nobody vouches for them: whether %s shipped them so cannot be checked here%s",
			differ(len(c.Problems), "file"), a.program(), a.maker(), besides)
	default:
		c.Message = fmt.Sprintf("%s from those of %s: they were changed, or another build of it made the bundle%s", differ(len(c.Problems), "file"), a.program(), besides)
	}
	return c
}

func isShipped(name string) bool { return strings.HasPrefix(name, embeddedFolder+"/") }

// judgeWith judges the bundle's snapshots with the policies that this program ships, in place of the changed ones: which verdicts hang on
// the change. An honest older version may have judged otherwise, so that a difference is no failure.
func (a again) judgeWith(ctx context.Context, own Bundle) (Check, error) {
	c := Check{Name: "verdicts", Status: Unchecked}
	b := maps.Clone(a.Bundle)
	maps.DeleteFunc(b, func(name string, _ []byte) bool { return isShipped(name) })
	maps.Copy(b, own)
	judged, err := b.judge(ctx, a.manifest)
	if err := unjudged(ctx, err); err != nil {
		return c, err
	}
	if err != nil {
		c.Message = fmt.Sprintf("the policies of %s cannot judge this evidence: %v", a.program(), err)
		return c, nil
	}
	want, err := generic(judged.json)
	if err != nil {
		return c, err
	}
	found, err := generic(a.Bundle[reportFile])
	if err != nil {
		c.Message = reportFile + ": read: " + err.Error()
		return c, nil
	}
	c.Problems = compareRows(want, found)
	if len(c.Problems) == 0 {
		c.Status, c.Message = Holds, fmt.Sprintf("the policies of %s give every verdict of the report, too", a.program())
		return c, nil
	}
	c.Message = fmt.Sprintf("the policies of %s give %s: those are only as good as the changed policies", a.program(), countOf(len(c.Problems), "other verdict"))
	return c, nil
}

func (a again) compareReport(j *judged) Check {
	found := a.Bundle[reportFile]
	if bytes.Equal(j.json, found) {
		c := Check{Name: "report", Status: Holds, Message: reportFile + " made again from the evidence: identical"}
		if a.other {
			c.Message += fmt.Sprintf(", though the bundle names %s and this is %s", a.maker(), a.program())
		}
		return c
	}
	problems, kind := compareReports(j.json, found)
	if kind == verdictsDiffer {
		return a.disputed(problems)
	}
	c := Check{Name: "report", Status: Fails, Problems: problems, Message: "the verdicts are the same, the text differs"}
	if kind == formatDiffers {
		c.Message = "the report says the same, its formatting differs"
	}
	if a.other {
		c.Status = Unchecked
		c.Message += fmt.Sprintf(": the bundle names %s and this is %s; nobody has checked what differs", a.maker(), a.program())
	}
	return c
}

// disputed is a report whose verdicts are not those that the evidence gives here.
func (a again) disputed(problems []Problem) Check {
	c := Check{Name: "report", Status: Fails, Problems: problems, Message: "verdicts differ"}
	if a.other {
		n := 0
		for _, p := range problems {
			if strings.Contains(p.Problem, ", control ") { // the others are counts
				n++
			}
		}
		c.Message = fmt.Sprintf("this program judges otherwise: %s; if %s made it honestly, that version would confirm it, and nothing here shows that it would",
			countOf(n, "verdict"), a.maker())
	}
	return c
}

func (a again) comparePage(j *judged) Check {
	const name = "page"
	found := a.Bundle[pageFile]
	if bytes.Equal(j.page, found) {
		return Check{Name: name, Status: Holds, Message: pageFile + " made again: identical"}
	}
	problem := Problem{File: pageFile, Problem: fmt.Sprintf("is not the page of the report: %s, the first %s",
		differ(linesApart(j.page, found), "line"), firstDifference(j.page, found))}
	if a.other {
		return Check{Name: name, Status: Unchecked, Problems: []Problem{problem}, Message: fmt.Sprintf(
			"NOT CHECKED: it may say anything, also other verdicts than %s; read the page that cistern report makes of %[1]s instead", reportFile)}
	}
	return Check{Name: name, Status: Fails, Problems: []Problem{problem}}
}

// linesApart is how many lines of two texts differ, held against each other in their order.
func linesApart(want, found []byte) int {
	w, f := bytes.Split(want, []byte("\n")), bytes.Split(found, []byte("\n"))
	n := max(len(w), len(f)) - min(len(w), len(f))
	for i := range min(len(w), len(f)) {
		if !bytes.Equal(w[i], f[i]) {
			n++
		}
	}
	return n
}

// laterFields are those of the record that not every version wrote.
var laterFields = []string{"waivers", "parameters", "edition"}

// compareRecord holds the record against the snapshots, from which it follows whatever version wrote it.
func (a again) compareRecord(want []byte) Check {
	const name = "record"
	found := a.Bundle[StatementFile]
	if bytes.Equal(want, found) {
		return Check{Name: name, Status: Holds, Message: "the collection record is what the snapshots say"}
	}
	x, err := generic(want)
	y, failed := generic(found)
	if err != nil || failed != nil {
		return a.refuted(name, Problem{File: StatementFile, Problem: "differs " + firstDifference(want, found)})
	}
	if said, ok := field(y, "predicate").(map[string]any); a.other && ok {
		wanted, _ := field(x, "predicate").(map[string]any)
		for _, later := range laterFields {
			if _, there := said[later]; !there {
				delete(wanted, later)
			}
		}
	}
	problems := inFile(StatementFile, differences(x, y, ""))
	if len(problems) == 0 {
		return Check{Name: name, Status: Holds, Message: "the collection record is what the snapshots say; " + a.maker() + " recorded fewer fields"}
	}
	return a.refuted(name, problems...)
}
