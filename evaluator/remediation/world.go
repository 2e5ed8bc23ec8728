package remediation

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// ref names a resource that is changed.
type ref struct {
	kind                  Kind
	account, region, name string
}

// touch is what is known of a change besides what it makes of the resource.
type touch struct {
	create   bool
	why      string
	notes    []string
	controls []string // ids
	home     string   // the account whose controls it serves first
	data     bool     // of a trail's selectors: of data events only, which no alarm is about
	bucket   *Bucket
	role     *Role
}

// promise is something that the proof takes for granted, and the human step that makes it so, if there is one.
type promise struct {
	assumes string
	account string // whose plan says so
	about   ref    // the resource that the step is about
	step    *Step
}

// world is the accounts as they would be with some changes made. A world is never changed: drafts are made of it.
type world struct {
	accounts []*place
	touched  map[ref]touch
	promises []promise
}

// place is one account of a world.
type place struct {
	name     string // of the snapshot, in errors
	snapshot *snapshots.Snapshot
	text     []byte // the snapshot in canonical form
}

// newWorld is the accounts as they are, in canonical form, whose pointers findings speak.
func newWorld(inputs []evaluator.Input) (*world, error) {
	w := &world{touched: map[ref]touch{}}
	for _, in := range inputs {
		text, err := unmarked(in.Snapshot)
		if err != nil {
			return nil, fmt.Errorf("%s: write in canonical form: %w", in.Name, err)
		}
		p, err := placeOf(in.Name, text)
		if err != nil {
			return nil, err
		}
		w.accounts = append(w.accounts, p)
	}
	return w, nil
}

func placeOf(name string, text []byte) (*place, error) {
	s, err := snapshots.Read(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &place{name: name, snapshot: s, text: text}, nil
}

// at is the snapshot of an account, nil if it is none of the run.
func (w *world) at(account string) *snapshots.Snapshot {
	for _, p := range w.accounts {
		if p.snapshot.Account.ID == account {
			return p.snapshot
		}
	}
	return nil
}

// around are the snapshots that the verdicts on one account can depend on: its own, those that it names, and those whose alarms name it.
func (w *world) around(account string) []evaluator.Input {
	own := slices.IndexFunc(w.accounts, func(p *place) bool { return p.snapshot.Account.ID == account })
	if own < 0 {
		return nil
	}
	var inputs []evaluator.Input
	for i, p := range w.accounts {
		id := p.snapshot.Account.ID
		if i == own || bytes.Contains(w.accounts[own].text, []byte(id)) || bytes.Contains(p.text, []byte(`"AccountId": "`+account)) {
			inputs = append(inputs, evaluator.Input{Name: p.name, Snapshot: p.snapshot})
		}
	}
	return inputs
}

// neighbours are the accounts whose verdicts a change in these accounts may change.
func (w *world) neighbours(changed map[string]bool) []string {
	var ids []string
	for _, p := range w.accounts {
		id := p.snapshot.Account.ID
		near := changed[id]
		for other := range changed {
			near = near || bytes.Contains(p.text, []byte(other))
		}
		if near {
			ids = append(ids, id)
		}
	}
	return ids
}

// draft is a world in the making. The snapshots that it changes are copies.
type draft struct {
	world
	control string // the id of the control that the changes are for
	account string // whose control it is
	copied  map[string]bool
	err     error
}

func (w *world) draft(g goal) *draft {
	return &draft{
		world: world{
			accounts: slices.Clone(w.accounts),
			touched:  maps.Clone(w.touched),
			promises: slices.Clone(w.promises),
		},
		control: g.row.ID,
		account: g.account,
		copied:  map[string]bool{},
	}
}

// edit is an account's snapshot that may be changed; nil if the account is none of the run.
func (d *draft) edit(account string) *snapshots.Snapshot {
	for i, p := range d.accounts {
		if p.snapshot.Account.ID != account {
			continue
		}
		if !d.copied[account] {
			fresh, err := placeOf(p.name, p.text)
			if err != nil {
				d.err = err
				return p.snapshot
			}
			d.accounts[i], d.copied[account] = fresh, true
			p = fresh
		}
		return p.snapshot
	}
	return nil
}

// settled is the world that the draft has become.
func (d *draft) settled() (*world, error) {
	for i, p := range d.accounts {
		if d.err != nil {
			return nil, d.err
		}
		if !d.copied[p.snapshot.Account.ID] {
			continue
		}
		text, err := p.snapshot.Canonical()
		if err != nil {
			return nil, fmt.Errorf("%s: write the changed copy: %w", p.name, err)
		}
		if d.accounts[i], err = placeOf(p.name, text); err != nil {
			return nil, err
		}
	}
	return &world{d.accounts, d.touched, d.promises}, nil
}

// same tells whether two worlds hold the same snapshots.
func (w *world) same(other *world) bool {
	for i, p := range w.accounts {
		if q := other.accounts[i]; p != q && !bytes.Equal(p.text, q.text) {
			return false
		}
	}
	return true
}

// touch notes that a resource is changed for the control at hand, and why. What was created stays created.
func (d *draft) touch(r ref, t touch) {
	was, again := d.touched[r]
	t.home = d.account
	if again {
		t.home = was.home
		t.create = was.create
		t.why = was.why
		t.controls = was.controls
		t.data = t.data && was.data
		for _, note := range was.notes {
			if !slices.Contains(t.notes, note) {
				t.notes = append(t.notes, note)
			}
		}
		if t.role == nil {
			t.role = was.role
		}
		if t.bucket == nil {
			t.bucket = was.bucket
		}
	}
	if !slices.Contains(t.controls, d.control) {
		t.controls = append(slices.Clone(t.controls), d.control)
	}
	d.touched[r] = t
}

// promise notes what the proof rests on.
func (d *draft) promise(p promise) {
	p.account = cmp.Or(p.about.account, d.account)
	if d.at(p.account) == nil { // none of the run: whoever needs it is told
		p.account = d.account
	}
	if slices.ContainsFunc(d.promises, func(known promise) bool { return known.assumes == p.assumes && known.account == p.account }) {
		return
	}
	if p.step != nil {
		p.step.Controls = []string{d.control}
	}
	d.promises = append(slices.Clip(d.promises), p)
}

// judge is what the controls say of one account in a world; all of them if none is named.
func (s *search) judge(ctx context.Context, w *world, account string, controls ...string) ([]report.Result, error) {
	o := s.options.Evaluate
	o.Controls = controls
	o.NoRecords = true
	rep, err := s.engine.Evaluate(ctx, w.around(account), o)
	if err == nil {
		err = evaluator.Unjudged(rep)
	}
	if err != nil {
		return nil, err
	}
	for i := range rep.Accounts {
		if rep.Accounts[i].Account == account {
			return rep.Accounts[i].Results, nil
		}
	}
	return nil, fmt.Errorf("account %s: judge the changed copy: it is not in the report", account)
}

// record is the place of a record that a finding's pointer means: its account, its list and its index there.
func pointed(pointer, home string) (account, list string, index int) {
	account = home
	if id, rest, other := strings.Cut(pointer, "#"); other {
		account, pointer = id, rest
	}
	cut := strings.LastIndexByte(pointer, '/')
	if cut < 0 {
		return account, "", -1
	}
	if _, err := fmt.Sscanf(pointer[cut+1:], "%d", &index); err != nil {
		return account, "", -1
	}
	return account, pointer[:cut], index
}
