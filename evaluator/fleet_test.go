package evaluator

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

// fleetOf is snapshots as a fleet has them: texts that are read when they are asked for.
type fleetOf struct {
	texts map[string][]byte
	cards []Card
	mu    sync.Mutex
	opens map[string]int
}

func newFleetOf(t *testing.T, inputs []Input) *fleetOf {
	t.Helper()
	f := &fleetOf{texts: map[string][]byte{}, opens: map[string]int{}}
	for _, in := range inputs {
		text, err := in.Snapshot.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		f.texts[in.Name] = text
		card, err := ReadCard(in.Name, text)
		if err != nil {
			t.Fatal(err)
		}
		f.cards = append(f.cards, card)
	}
	return f
}

func (f *fleetOf) open(_ context.Context, c Card) (*snapshots.Snapshot, error) {
	f.mu.Lock()
	f.opens[c.Name]++
	f.mu.Unlock()
	return snapshots.Read(bytes.NewReader(f.texts[c.Name]))
}

// judged is the report of the fleet, its accounts judged all at once.
func (f *fleetOf) judged(t *testing.T, e *Engine, o Options) *report.Report {
	t.Helper()
	fleet, err := e.Fleet(o, f.open)
	if err != nil {
		t.Fatal(err)
	}
	roster, err := NewRoster(f.cards)
	if err != nil {
		t.Fatal(err)
	}
	cards := roster.Cards()
	all, tally := make([]*Judged, len(cards)), &Tally{}
	var wg sync.WaitGroup
	for i := range cards {
		wg.Go(func() {
			j, err := fleet.Judge(t.Context(), cards[i], roster)
			if err != nil {
				t.Error(err)
				return
			}
			all[i] = j
		})
	}
	wg.Wait()
	var accounts []report.Account
	for i := len(all) - 1; i >= 0; i-- {
		if all[i] != nil {
			tally.Add(all[i])
			accounts = append(accounts, all[i].Account)
		}
	}
	slices.Reverse(accounts)
	rep := fleet.Head(tally, roster.Latest())
	rep.Accounts = accounts
	return rep
}

// everySample is all samples and the members of an organisation, each an account of its own.
func everySample(t *testing.T) []Input {
	all := organisation(t)
	for i, name := range samples.Names() {
		text, err := sample(t, name).Canonical()
		if err != nil {
			t.Fatal(err)
		}
		s, err := snapshots.Read(strings.NewReader(strings.ReplaceAll(string(text), member, "9000000000"+string(rune('0'+i/10))+string(rune('0'+i%10)))))
		if err != nil {
			t.Fatal(err)
		}
		s.CollectedAt = snapshots.At(s.CollectedAt.Add(time.Duration(i) * time.Hour))
		all = append(all, Input{name, s})
	}
	return all
}

// watched is a member whose metrics another account's alarms watch.
func watched(t *testing.T) []Input {
	watcher := in(t, alerts)
	watcher.CloudWatch.Alarms = []snapshots.Alarm{{
		Region: "us-east-1", AlarmName: "Watch", AlarmArn: "arn:aws:cloudwatch:us-east-1:" + alerts + ":alarm:Watch",
		Metrics: []snapshots.MetricDataQuery{{
			Id: "m", AccountId: snapshots.Of(member),
			MetricStat: &snapshots.MetricStat{Metric: &snapshots.Metric{Namespace: snapshots.Of("CISBenchmark"), MetricName: snapshots.Of("AwsConfigChanges")}},
		}},
	}}
	return []Input{{"watcher.json", watcher}, {"member.json", in(t, member)}}
}

const fleetWaivers = `
waivers:
  - {control: root-usage, accounts: ["111122223333"], owner: a@example.com, reason: r, expires: 2026-12-31}
  - {control: console-signin-no-mfa, owner: b@example.com, reason: r, expires: 2026-12-31}
  - {control: iam-policy-changes, accounts: ["999999999999"], owner: c@example.com, reason: r, expires: 2026-12-31}
attestations:
  - {control: root-usage, evidence: SIEM, owner: d@example.com, expires: 2026-02-01}
  - {control: cmk-disable-delete, accounts: ["444455556666"], evidence: SIEM, owner: d@example.com, expires: 2020-02-01}
`

// TestAFleetSaysWhatEvaluateSays is the same bytes whether the snapshots are in memory together or come one by one, all at once.
func TestAFleetSaysWhatEvaluateSays(t *testing.T) {
	e := shipped(t)
	waivers, err := ParseWaivers("w.yaml", []byte(fleetWaivers))
	if err != nil {
		t.Fatal(err)
	}
	for name, inputs := range map[string][]Input{"samples": everySample(t), "organisation": organisation(t), "watched": watched(t)} {
		for decided, ws := range map[string]*Waivers{"": nil, " under waivers": waivers} {
			o := Options{Benchmark: allControls(t, e), Waivers: ws}
			whole, err := e.Evaluate(t.Context(), inputs, o)
			if err != nil {
				t.Fatal(err)
			}
			want, got := jsonOf(t, whole), jsonOf(t, newFleetOf(t, inputs).judged(t, e, o))
			if got != want {
				t.Errorf("%s%s: got another report of the fleet, first at byte %d", name, decided, differAt(got, want))
			}
		}
	}
}

func jsonOf(t *testing.T, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Write(&b, "json", r, report.Style{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func differAt(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

func TestAFleetReadsACentralAccountOnce(t *testing.T) {
	inputs := organisation(t)
	f := newFleetOf(t, inputs)
	f.judged(t, shipped(t), Options{Benchmark: allControls(t, shipped(t))})
	for name, times := range f.opens {
		if times > 2 { // itself, and for all others
			t.Errorf("%s: got it read %d times, want it read for itself and once for all others", name, times)
		}
	}
}

func TestAShelfForgetsWhatIsNotAskedFor(t *testing.T) {
	f := newFleetOf(t, organisation(t))
	h := newShelf(f.open, 1)
	for range 2 {
		for _, c := range f.cards {
			if s, err := h.take(t.Context(), c); err != nil || s == nil {
				t.Fatalf("%s: got %v, %v, want the account", c.Name, s, err)
			}
		}
	}
	if len(h.byName) != 1 || h.held <= 0 {
		t.Errorf("got %d accounts of %d bytes on the shelf, want the last one", len(h.byName), h.held)
	}
	if f.opens[f.cards[0].Name] != 2 {
		t.Errorf("got %d readings, want 2: it was forgotten", f.opens[f.cards[0].Name])
	}
	called, off := context.WithCancel(t.Context())
	off()
	h = newShelf(func(ctx context.Context, c Card) (*snapshots.Snapshot, error) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return f.open(ctx, c)
	}, shelfBytes)
	if _, err := h.take(called, f.cards[0]); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want it called off", err)
	}
	if s, err := h.take(t.Context(), f.cards[0]); err != nil || s == nil {
		t.Errorf("got %v, %v, want the account: another was called off, not this one", s, err)
	}
}

func TestABrokenSnapshotIsNobodysNeighbour(t *testing.T) {
	inputs := organisation(t)
	f := newFleetOf(t, inputs)
	f.texts["central.json"] = []byte(strings.Replace(string(f.texts["central.json"]), `"alarms": [`, `"alarms": [1, `, 1))
	e := shipped(t)
	o := Options{Benchmark: allControls(t, e)}
	fleet, err := e.Fleet(o, f.open)
	if err != nil {
		t.Fatal(err)
	}
	roster, err := NewRoster(f.cards)
	if err != nil {
		t.Fatal(err)
	}
	central, _ := roster.Card(logs)
	_, err = fleet.Judge(t.Context(), central, roster)
	var unread *UnreadError
	if !errors.As(err, &unread) || unread.Unread.Account != logs || unread.Unread.File != "central.json" || unread.Unread.Pointer != "/cloudwatch/alarms/0" {
		t.Fatalf("got %v, want where central.json is broken", err)
	}
	c, _ := roster.Card(member)
	got, err := fleet.Judge(t.Context(), c, roster)
	if err != nil {
		t.Fatal(err)
	}
	without, err := e.Evaluate(t.Context(), []Input{inputs[0], inputs[1], inputs[3]}, o)
	if err != nil {
		t.Fatal(err)
	}
	want := *without
	want.Accounts = []report.Account{got.Account}
	i := slices.IndexFunc(without.Accounts, func(a report.Account) bool { return a.Account == member })
	one := want
	one.Accounts = without.Accounts[i : i+1]
	if a, b := jsonOf(t, &want), jsonOf(t, &one); a != b {
		t.Errorf("got other verdicts than without the broken snapshot, first at byte %d", differAt(a, b))
	}
	failing := func(context.Context, Card) (*snapshots.Snapshot, error) { return nil, errors.New("the disk is gone") }
	if fleet, err = e.Fleet(o, failing); err != nil {
		t.Fatal(err)
	}
	if _, err := fleet.Judge(t.Context(), c, roster); err == nil || errors.As(err, &unread) {
		t.Errorf("got %v, want an error that ends the judging", err)
	}
}

// TestNobodyIsJudgedBesideWhatChanged makes the account to which others point another one's meanwhile.
func TestNobodyIsJudgedBesideWhatChanged(t *testing.T) {
	f := newFleetOf(t, organisation(t))
	f.texts["central.json"] = f.texts[f.cards[0].Name]
	e := shipped(t)
	fleet, err := e.Fleet(Options{Benchmark: allControls(t, e)}, f.open)
	if err != nil {
		t.Fatal(err)
	}
	roster, err := NewRoster(f.cards)
	if err != nil {
		t.Fatal(err)
	}
	for _, account := range []string{member, logs} {
		card, _ := roster.Card(account)
		var unread *UnreadError
		if _, err := fleet.Judge(t.Context(), card, roster); !errors.As(err, &unread) || !strings.Contains(unread.Unread.Problem, "central.json: it changed while it was judged") &&
			!strings.HasPrefix(unread.Unread.Problem, "it changed while it was judged: it is of account") {
			t.Errorf("%s: got %v, want a row that says what changed", account, err)
		}
	}
}

func TestTwinsAreRefused(t *testing.T) {
	f := newFleetOf(t, organisation(t))
	again := f.cards[0]
	again.Name = "again.json"
	_, err := NewRoster(append(slices.Clone(f.cards), again))
	var input *InputError
	if !errors.As(err, &input) || input.File != "again.json" || !strings.Contains(input.Problem, f.cards[0].Name) {
		t.Errorf("got %v, want again.json refused", err)
	}
}

// TestWhoTakesTooLongIsAskedAgainAlone judges accounts beside each other of which one never ends: the others say what they say alone.
func TestWhoTakesTooLongIsAskedAgainAlone(t *testing.T) {
	const sometimes = `# METADATA
# title: Never ends in some account
# custom: {control: log-validation, severity: low}
package policies.sometimes

verdict := {"status": "pass", "findings": [], "notes": [$"{count(slow)}"]}

slow := [1 | input.account.id == "444455556666"; some a in n; some b in n; some c in n; a + b + c < 0]

n := numbers.range(1, 5000)
`
	e, o := testRun(t, map[string]string{"x.rego": sometimes}, testEdition)
	o.Timeout = 2 * time.Second
	inputs := organisation(t)
	whole, err := e.Evaluate(t.Context(), inputs, o)
	if err != nil {
		t.Fatal(err)
	}
	if whole.Summary.Unknown != 1 || whole.Summary.Pass != 3 {
		t.Fatalf("got %+v, want one that did not end", whole.Summary)
	}
	if got, want := jsonOf(t, newFleetOf(t, inputs).judged(t, e, o)), jsonOf(t, whole); got != want {
		t.Errorf("got another report of the fleet, first at byte %d", differAt(got, want))
	}
}

// TestPrintsAreTheCallers keeps what an account prints together.
func TestPrintsAreTheCallers(t *testing.T) {
	const speaks = `# METADATA
# title: Speaks
# custom: {control: log-validation, severity: low}
package policies.speaks

verdict := {"status": "pass", "findings": [], "notes": []} if print(input.account.id)
`
	e, o := testRun(t, map[string]string{"x.rego": speaks}, testEdition)
	o.Print = func(string, int, string) { t.Error("got it printed, want it kept") }
	f := newFleetOf(t, organisation(t)[1:2])
	fleet, err := e.Fleet(o, f.open)
	if err != nil {
		t.Fatal(err)
	}
	j, err := fleet.Judge(t.Context(), f.cards[0], nil)
	if err != nil || len(j.Printed) != 1 || j.Printed[0].Text != member {
		t.Errorf("got %+v (%v), want what the policy printed", j, err)
	}
}
