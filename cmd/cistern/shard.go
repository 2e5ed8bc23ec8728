package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
)

// part is one of the parts in which a fleet is judged.
type part struct {
	index, of int               // from 1
	options   map[string]string // by which verdicts may differ
}

// jobIndex is where Kubernetes tells a pod of an Indexed Job which one it is, from 0.
const jobIndex = "JOB_COMPLETION_INDEX"

// parsePart reads I/N, or job/N in a pod of an Indexed Job.
func parsePart(text string, environment func(string) string) (*part, error) {
	wrong := func(why, hint string) error {
		return usageError(fmt.Errorf("--shard %s: %s", cmp.Or(text, `""`), why), hint)
	}
	const way = "such as 3/8, the third of eight; job/8 in a Kubernetes Indexed Job"
	first, second, ok := strings.Cut(text, "/")
	of, err := strconv.Atoi(second)
	if !ok || err != nil || of < 1 {
		return nil, wrong("is not a part of a number of parts", way)
	}
	p := &part{of: of}
	if first == "job" {
		given := environment(jobIndex)
		index, err := strconv.Atoi(given)
		switch {
		case given == "":
			return nil, wrong(jobIndex+" is not set", "the pods of a Job with completionMode: Indexed have it")
		case err != nil || index < 0 || index >= of:
			return nil, wrong(fmt.Sprintf("%s is %s, and not from 0 to %d", jobIndex, given, of-1), "the Job's completions are the number of parts")
		}
		p.index = index + 1
		return p, nil
	}
	if p.index, err = strconv.Atoi(first); err != nil || p.index < 1 || p.index > of {
		return nil, wrong(fmt.Sprintf("is not from 1/%d to %d/%d", of, of, of), way)
	}
	return p, nil
}

// has tells whether an account, or a file that nobody knows the account of, is of the part: the same for good, so that parts can be
// judged anew one by one.
func (p *part) has(name string) bool {
	return int(crc32.ChecksumIEEE([]byte(name))%uint32(p.of)) == p.index-1
}

// own is what of all is the part's: all, if it is nil.
func (p *part) own(cards []evaluator.Card, unread []report.Unread) ([]evaluator.Card, []report.Unread) {
	if p == nil {
		return cards, unread
	}
	cards = slices.DeleteFunc(slices.Clone(cards), func(c evaluator.Card) bool { return !p.has(c.Account) })
	unread = slices.DeleteFunc(slices.Clone(unread), func(u report.Unread) bool { return !p.has(u.File) })
	return cards, unread
}

// shards makes the run one of a part, if it is asked for.
func (f *evaluateFlags) shards(o *evaluator.Options) (*part, error) {
	if f.shard == "" {
		return nil, nil
	}
	p, err := parsePart(f.shard, os.Getenv)
	if err != nil {
		return nil, err
	}
	p.options = map[string]string{}
	note := func(name, value string) {
		if value != "" {
			p.options[name] = value
		}
	}
	note("control", strings.Join(o.Controls, ","))
	if o.Level > 0 {
		note("level", strconv.Itoa(o.Level))
	}
	if !o.AsOf.IsZero() {
		note("as-of", o.AsOf.UTC().Format(time.RFC3339Nano))
	}
	if o.NoRecords {
		note("no-records", "true")
	}
	if len(o.Parameters) > 0 {
		text, err := json.Marshal(o.Parameters)
		if err != nil {
			return nil, err
		}
		note("parameters", shortSum(text))
	}
	if f.waivers != "" {
		text, err := os.ReadFile(f.waivers)
		if err != nil {
			return nil, err
		}
		note("waivers", shortSum(text))
	}
	note("timeout", o.Timeout.String())
	note("memory", strconv.FormatInt(o.Memory, 10))
	return p, nil
}

func shortSum(text []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(text)) }

// checkShard refuses a part that cannot be named or kept: only JSON has what merging needs.
func (f *evaluateFlags) checkShard() error {
	if f.shard == "" && !f.given("shard") {
		return nil
	}
	if _, err := parsePart(f.shard, os.Getenv); err != nil {
		return err
	}
	if len(f.explain.controls) > 0 {
		return usageError(errors.New("--shard and --explain: a part of a report is explained once it is merged"), "cistern report FILE --explain CONTROL explains a saved report")
	}
	outputs, err := f.all()
	if err != nil {
		return err
	}
	for _, out := range outputs {
		if out.format != "json" {
			return usageError(fmt.Errorf("--shard %s: a part is written as json, not %s", f.shard, out.format), "-o part.json; cistern merge writes the whole in any format")
		}
	}
	return nil
}
