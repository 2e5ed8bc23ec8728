package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// version is set by the linker for released builds.
var version = "devel"

// given are the flags of the command line that are not Beam's own.
type given struct {
	inputs, policies, controls []string
	output, benchmark          string
	noEmbedded, noRecords      bool
	parameters, waivers        string
	asOf, key                  string
	memory                     string
	shares                     int
	brief                      brief
}

// usage is printed above the flags.
const usage = `cistern-beam judges archives of snapshots: a report a day, counts per day and control, as cistern evaluate judges the snapshots of one day.

  cistern-beam --input 'archive/*/*.json.gz' --output judged
  cistern-beam --input 'gs://audit/snapshots/2026-*/*.json.gz' --output gs://audit/judged --policies mine \
      --runner dataflow --project P --region R --staging_location gs://audit/staging

Exit codes: 0 the pipeline ran, whatever it found; 2 wrong usage; 1 it failed.

`

// define adds the flags to those of Beam.
func (g *given) define(flags *flag.FlagSet) []string {
	beams := map[string]bool{}
	flags.VisitAll(func(f *flag.Flag) { beams[f.Name] = true })
	list := func(name, about string, into *[]string) {
		flags.Func(name, about+" (repeatable)", func(text string) error { *into = append(*into, text); return nil })
	}
	v := &g.brief.Verification
	list("input", "the snapshots: a `PATTERN` of files (.json, .json.gz) in any of Beam's filesystems", &g.inputs)
	flags.StringVar(&g.output, "output", "", "write to this `FOLDER` of any of Beam's filesystems")
	flags.StringVar(&g.benchmark, "benchmark", "", "the edition: an `ID` (cis-7.0.0, 7.0.0) or a YAML file (default: the newest of CIS)")
	list("policies", "policies in this `DIR`, or OPA bundle (.tar.gz), too", &g.policies)
	flags.BoolVar(&g.noEmbedded, "no-embedded", false, "only the policies of --policies")
	flags.StringVar(&g.key, "verification-key", "", "each of --policies must be a bundle signed with the key to this `FILE`")
	flags.StringVar(&v.KeyID, "verification-key-id", "default", "the key's `NAME`")
	flags.StringVar(&v.Algorithm, "signing-alg", "RS256", "`NAME` of the signature's algorithm")
	flags.StringVar(&v.Scope, "scope", "", "`NAME` of the scope that the signature must have")
	flags.StringVar(&g.parameters, "parameters", "", "YAML or JSON `FILE` of what the policies may know")
	flags.StringVar(&g.waivers, "waivers", "", "YAML `FILE` of failures that someone answers for until a day")
	flags.StringVar(&g.asOf, "as-of", "", "judge as of this `TIME`, RFC 3339 or a day (default: when each snapshot was collected)")
	list("control", "only this control, by `SLUG` or by the edition's id", &g.controls)
	flags.IntVar(&g.brief.Level, "level", 0, "only controls up to this level, 1 or 2 (default: all)")
	flags.IntVar(&g.brief.MaxEvents, "max-events", 0, "accept alarms that ring after up to `N` events (default 1)")
	flags.BoolVar(&g.noRecords, "no-records", false, "leave out of the reports what the snapshots say where findings point")
	flags.IntVar(&g.shares, "shares", 4, "judge each day in `N` parts, which as many workers may take; the results are the same")
	flags.DurationVar(&g.brief.Timeout, "timeout", time.Minute, "a control that takes longer than this `TIME` in an account is unknown")
	flags.StringVar(&g.memory, "memory", "2GiB", "a control that takes more than this `SIZE` of memory is unknown")
	var own []string
	flags.VisitAll(func(f *flag.Flag) {
		if !beams[f.Name] {
			own = append(own, f.Name)
		}
	})
	return own
}

// help prints the flags, ours before Beam's.
func help(to io.Writer, flags *flag.FlagSet, own []string) {
	ours, beams := flag.NewFlagSet("", flag.ContinueOnError), flag.NewFlagSet("", flag.ContinueOnError)
	flags.VisitAll(func(f *flag.Flag) {
		into := beams
		if slices.Contains(own, f.Name) {
			into = ours
		}
		into.Var(f.Value, f.Name, f.Usage)
	})
	for _, part := range []struct {
		title string
		flags *flag.FlagSet
	}{{usage + "Flags:\n", ours}, {"\nFlags of Apache Beam and of its runners:\n", beams}} {
		fmt.Fprint(to, part.title)
		part.flags.SetOutput(to)
		part.flags.PrintDefaults()
	}
}

// usageError is wrong usage, with a way out where one is known.
type usageError struct {
	err  error
	hint string
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func wrong(hint, format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...), hint}
}

// job is what the flags ask for, with all files that they name read.
func (g *given) job(rest []string) (*job, error) {
	if err := g.check(rest); err != nil {
		return nil, err
	}
	b := g.brief
	b.Version, b.Benchmark, b.Embedded, b.Controls, b.NoRecords = version, g.benchmark, !g.noEmbedded, g.controls, g.noRecords
	var err error
	if b.AsOf, err = parseTime(g.asOf); err != nil {
		return nil, err
	}
	if b.Memory, err = parseSize(g.memory); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, name := range g.policies {
		if seen[filepath.Clean(name)] {
			return nil, wrong("name each folder and bundle once", "%s: read policies: is given twice", name)
		}
		seen[filepath.Clean(name)] = true
		p, err := readParcel(name)
		if err != nil {
			return nil, err
		}
		b.Policies = append(b.Policies, p)
	}
	key, err := readPaper(g.key)
	if err != nil {
		return nil, err
	}
	if key != nil {
		if b.Verification.Key = string(key.Text); b.Verification.Key == "" {
			return nil, wrong("", "%s: read verification key: is empty", g.key)
		}
	}
	if b.Waivers, err = readPaper(g.waivers); err != nil {
		return nil, err
	}
	if b.Parameters, err = readPaper(g.parameters); err != nil {
		return nil, err
	}
	return &job{inputs: g.inputs, output: g.output, shares: g.shares, brief: b}, b.addEdition()
}

// check is what can be refused before anything is read.
func (g *given) check(rest []string) error {
	switch b := g.brief; {
	case len(rest) > 0:
		return wrong("--input PATTERN names the snapshots", "unexpected argument %q", rest[0])
	case len(g.inputs) == 0:
		return wrong("--input 'archive/*.json.gz' --output judged", "no snapshots: --input is missing")
	case g.output == "":
		return wrong("name a folder", "nowhere to write: --output is missing")
	case g.noEmbedded && len(g.policies) == 0:
		return wrong("add --policies DIR", "--no-embedded: leaves no policies")
	case g.key != "" && len(g.policies) == 0:
		return wrong("add --policies BUNDLE", "--verification-key: there is nothing to verify")
	case g.key != "" && strings.HasPrefix(b.Verification.Algorithm, "HS"):
		return wrong("sign with a key pair, such as RS256", "signing-alg %s: its key is a secret, and would travel to every worker", b.Verification.Algorithm)
	case b.Level < 0 || b.Level > 2:
		return wrong("CIS has levels 1 and 2", "level %d: there is none", b.Level)
	case b.MaxEvents < 0:
		return wrong("1 is what the benchmark means", "max-events %d: is less than one event", b.MaxEvents)
	case g.shares < 1 || g.shares > 10_000:
		return wrong("such as 1 or 16", "shares %d: is no number of parts", g.shares)
	case b.Timeout <= 0:
		return wrong("such as 30s or 5m", "timeout %v: is no time", b.Timeout)
	}
	return nil
}

// parseTime reads RFC 3339, or a day, which means its first moment in UTC; zero if text is empty.
func parseTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t, err = time.Parse(time.DateOnly, text)
	}
	if err != nil {
		return t, wrong("write 2026-01-05T10:00:00Z or 2026-01-05", "as-of %s: read: not a time", text)
	}
	return t.UTC(), nil
}

// parseSize reads a whole number of KiB, MiB, GiB or TiB.
func parseSize(text string) (int64, error) {
	units := map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
	for _, unit := range slices.Sorted(maps.Keys(units)) {
		digits, ok := strings.CutSuffix(text, unit)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err == nil && (n < 1 || n > math.MaxInt64/units[unit]) {
			err = errors.New("more or less than there can be")
		}
		if err == nil {
			return n * units[unit], nil
		}
	}
	return 0, wrong("such as 512MiB or 2GiB", "memory %s: read: is no size", cmp.Or(text, `""`))
}
