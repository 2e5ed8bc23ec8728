package evidence

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// The types of the statement: in-toto's own, and that of our predicate, the collection record.
const (
	StatementType = "https://in-toto.io/Statement/v1"
	PredicateType = "https://github.com/cistern-audit/cistern/evidence/v1"
	PayloadType   = "application/vnd.in-toto+json"
)

type statement struct {
	Type          string           `json:"_type"`
	Subject       []subject        `json:"subject"`
	PredicateType string           `json:"predicateType"`
	Predicate     *json.RawMessage `json:"predicate"`
}

type subject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

// record is the predicate: who read what, when and how, what could not be read, and what judged it.
type record struct {
	Tool      Tool             `json:"tool"`
	AsOf      string           `json:"as_of"`
	Benchmark report.Benchmark `json:"benchmark"`
	Policies  report.Policies  `json:"policies"`
	Options   Options          `json:"options"`
	// The digests of the user's own files, where there are any.
	Edition    string `json:"edition,omitempty"`
	Waivers    string `json:"waivers,omitempty"`
	Parameters string `json:"parameters,omitempty"`

	Summary  report.Summary  `json:"summary"`
	Accounts []accountRecord `json:"accounts"`
}

type accountRecord struct {
	Account      any          `json:"account"` // as the snapshot has it
	Snapshot     snapshotID   `json:"snapshot"`
	Collection   any          `json:"collection"` // as the snapshot has it: caller, regions, endpoints, every call
	Completeness completeness `json:"completeness"`
	Redaction    redaction    `json:"redaction"`
}

type snapshotID struct {
	File        string `json:"file"`
	Digest      string `json:"digest"`
	CollectedAt string `json:"collected_at"`
	FirstCall   string `json:"first_call,omitempty"`
	LastCall    string `json:"last_call,omitempty"`
}

// completeness says what the snapshot does not know. A failure by absence is only sound where the list is complete.
type completeness struct {
	Complete       bool        `json:"complete"`
	Lists          []listState `json:"lists"`
	Gaps           any         `json:"gaps"` // as the snapshot has them
	RegionsLeftOut []string    `json:"regions_left_out"`
}

type listState struct {
	Pointer   string `json:"pointer"`
	Operation string `json:"operation"` // cloudtrail:describe-trails
	State     string `json:"state"`     // complete, partial or not_read
}

type redaction struct {
	// HashedEndpoints are subscribers' addresses that were replaced by a keyed hash when they were read.
	HashedEndpoints int `json:"hashed_endpoints"`
}

// statement makes the in-toto Statement about the bundle's files.
func (b Bundle) statement(m *Manifest, j *judged) ([]byte, error) {
	r := record{
		Tool: m.Tool, AsOf: j.report.AsOf, Benchmark: j.report.Benchmark, Policies: j.report.Policies,
		Options: m.Options, Summary: j.report.Summary, Accounts: []accountRecord{},
	}
	for name, digested := range map[string]*string{m.Edition: &r.Edition, m.Waivers: &r.Waivers, m.Parameters: &r.Parameters} {
		if name != "" {
			*digested = "sha256:" + digest(b[name])
		}
	}
	for i, s := range j.snapshots {
		account, err := recordOf(m.Snapshots[i], s, j.report)
		if err != nil {
			return nil, err
		}
		r.Accounts = append(r.Accounts, account)
	}
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	whole := statement{Type: StatementType, Subject: b.subjects(), PredicateType: PredicateType, Predicate: (*json.RawMessage)(&text)}
	return canonical(whole)
}

func (b Bundle) subjects() []subject {
	all := []subject{}
	for _, name := range b.names() {
		if isSubject(name) {
			all = append(all, subject{name, map[string]string{"sha256": digest(b[name])}})
		}
	}
	return all
}

func recordOf(file string, s *snapshots.Snapshot, r *report.Report) (accountRecord, error) {
	text, err := s.Canonical()
	if err != nil {
		return accountRecord{}, err
	}
	plain, err := generic(text)
	if err != nil {
		return accountRecord{}, err
	}
	document, _ := plain.(map[string]any)
	a := accountRecord{
		Account: document["account"], Collection: document["collection"],
		Snapshot:     snapshotID{File: file, Digest: "sha256:" + digest(text), CollectedAt: s.CollectedAt.String()},
		Completeness: completenessOf(s, document["gaps"]),
	}
	for _, call := range s.Collection.Calls {
		if call.StartedAt == nil {
			continue
		}
		at := call.StartedAt.String()
		if a.Snapshot.FirstCall == "" || earlier(at, a.Snapshot.FirstCall) {
			a.Snapshot.FirstCall = at
		}
		if a.Snapshot.LastCall == "" || earlier(a.Snapshot.LastCall, at) {
			a.Snapshot.LastCall = at
		}
	}
	for _, n := range s.SNS.Subscriptions {
		if strings.HasPrefix(n.Endpoint, "hmac-sha256:") {
			a.Redaction.HashedEndpoints++
		}
	}
	for _, account := range r.Accounts {
		if account.Account == s.Account.ID && len(account.RegionsLeftOut) > 0 {
			a.Completeness.RegionsLeftOut, a.Completeness.Complete = account.RegionsLeftOut, false
		}
	}
	return a, nil
}

func earlier(a, b string) bool {
	first, err := snapshots.ParseTime(a)
	second, failed := snapshots.ParseTime(b)
	return err == nil && failed == nil && first.Before(second.Time)
}

func completenessOf(s *snapshots.Snapshot, gaps any) completeness {
	c := completeness{Complete: len(s.Gaps) == 0, Gaps: gaps, RegionsLeftOut: []string{}}
	if gaps == nil {
		c.Gaps = []any{}
	}
	for _, list := range snapshots.Lists() {
		operations := []string{list.Operation}
		for _, detail := range snapshots.Details() {
			if detail.Pointer == list.Pointer {
				operations = append(operations, detail.Operation)
			}
		}
		state := listState{list.Pointer, list.Service + ":" + list.Operation, "complete"}
		switch {
		case !list.Read(s):
			state.State = "not_read"
		case slices.ContainsFunc(s.Gaps, func(g snapshots.Gap) bool {
			return g.Service == list.Service && slices.Contains(operations, g.Operation)
		}), lacksDetail(s, list.Pointer):
			state.State = "partial"
		}
		c.Complete = c.Complete && state.State == "complete"
		c.Lists = append(c.Lists, state)
	}
	return c
}

// lacksDetail tells whether some record of a list lacks what a call for it alone would show, gap or none.
func lacksDetail(s *snapshots.Snapshot, pointer string) bool {
	switch pointer {
	case "/cloudtrail/trails":
		return slices.ContainsFunc(s.CloudTrail.Trails, func(t snapshots.Trail) bool {
			return t.Status == nil || t.EventSelectors == nil && t.AdvancedEventSelectors == nil // a trail has the ones or the others
		})
	case "/sns/topics":
		return slices.ContainsFunc(s.SNS.Topics, func(t snapshots.Topic) bool { return t.Attributes == nil })
	}
	return false
}

// checkSubjects holds the statement's subjects against the files.
func (b Bundle) checkSubjects() Check {
	c := Check{Name: "statement", Status: Holds}
	text, ok := b[StatementFile]
	if !ok {
		return c.fail(Problem{File: StatementFile, Problem: "is not there"})
	}
	var s statement
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return c.fail(Problem{File: StatementFile, Problem: "read: " + err.Error()})
	}
	if again, err := canonicalAgain(text); err != nil || !bytes.Equal(again, text) {
		return c.fail(Problem{File: StatementFile, Problem: "is not in canonical form: differs " + firstDifference(again, text)})
	}
	if s.Type != StatementType || s.PredicateType != PredicateType {
		return c.fail(Problem{File: StatementFile, Problem: "is no statement of this kind", Expected: PredicateType, Found: s.PredicateType})
	}
	said := map[string]string{}
	for _, each := range s.Subject {
		if _, twice := said[each.Name]; twice || len(each.Digest) != 1 {
			c = c.fail(Problem{File: StatementFile, Problem: each.Name + ": is a subject twice, or not with one digest"})
		}
		said[each.Name] = each.Digest["sha256"]
	}
	c = c.compare(StatementFile, said, b, isSubject)
	if c.Status == Holds {
		c.Message = countOf(len(said), "subject") + ", all as they were"
	}
	return c
}

func canonicalAgain(text []byte) ([]byte, error) {
	value, err := generic(text)
	if err != nil {
		return nil, err
	}
	return appendCanonical(nil, value), nil
}
