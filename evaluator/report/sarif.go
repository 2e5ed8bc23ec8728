package report

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
)

// The parts of SARIF 2.1.0 that a report needs.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool struct {
			Driver sarifDriver `json:"driver"`
		} `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		Artifacts   []sarifArtifact   `json:"artifacts"`
		Results     []sarifResult     `json:"results"`
		Properties  map[string]any    `json:"properties"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		About   string      `json:"informationUri"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifRule struct {
		ID         string         `json:"id"`
		Short      sarifText      `json:"shortDescription"`
		Full       sarifText      `json:"fullDescription"`
		Help       sarifText      `json:"help"`
		Properties map[string]any `json:"properties"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications"`
	}
	sarifNotification struct {
		Rule       *sarifRef      `json:"associatedRule,omitempty"`
		Level      string         `json:"level"`
		Message    sarifText      `json:"message"`
		Properties map[string]any `json:"properties,omitempty"`
	}
	sarifRef struct {
		ID string `json:"id"`
	}
	sarifArtifact struct {
		Location    sarifURI          `json:"location"`
		Description sarifText         `json:"description"`
		Hashes      map[string]string `json:"hashes,omitempty"`
	}
	sarifURI struct {
		URI   string `json:"uri"`
		Index *int   `json:"index,omitempty"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"`
		Kind         string             `json:"kind"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Fingerprints map[string]string  `json:"partialFingerprints"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
		Properties   map[string]any     `json:"properties"`
	}
	sarifLocation struct {
		Physical struct {
			Artifact sarifURI       `json:"artifactLocation"`
			Region   map[string]int `json:"region"`
		} `json:"physicalLocation"`
		Logical []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Status        string `json:"status"`
		Justification string `json:"justification"`
	}
)

// sarifKinds are what a status is there. The level of all but a failure must be none.
var sarifKinds = map[Status]string{Pass: "pass", Fail: "fail", Waived: "fail", Unknown: "open", Manual: "review", NotApplicable: "notApplicable"}

// sarifSecurity are the numbers by which GitHub sorts: over 9 is critical, from 7 high, from 4 medium.
var sarifSecurity = map[string]string{"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0"}

// sarifIndent is where a result stands.
const sarifIndent = "        "

// sarifWriter puts a report together as one run.
type sarifWriter struct {
	run   sarifRun
	only  map[Status]bool // rows of other statuses have no result; all have one if nil
	rules map[string]int  // where the rule of a control stands
	seen  map[string]int  // how often a fingerprint was given, in the account
	added []sarifResult   // of the account
	about []sarifNotification
}

// writeSARIF writes one run with a rule for each control and a result for each finding that decided one.
func writeSARIF(w io.Writer, s *Stream, _ Style) error { return newSARIFWriter(nil).write(w, s) }

// writeSARIFAlerts is writeSARIF for consumers that show every result as an alert, whatever its kind, suppressed or not: GitHub's code
// scanning does.
func writeSARIFAlerts(w io.Writer, s *Stream, _ Style) error {
	return newSARIFWriter(map[Status]bool{Fail: true, Unknown: true}).write(w, s)
}

func newSARIFWriter(only map[Status]bool) *sarifWriter {
	return &sarifWriter{only: only, rules: map[string]int{}, seen: map[string]int{}}
}

// write goes over the accounts twice: what the results refer to stands before them.
func (s *sarifWriter) write(w io.Writer, of *Stream) error {
	r := of.Head
	s.run.Results, s.run.Artifacts = []sarifResult{}, []sarifArtifact{}
	s.run.Tool.Driver = sarifDriver{
		Name: plainOr(r.Tool.Name, "cistern"), Version: plain(r.Tool.Version), About: "https://github.com/cistern-audit/cistern", Rules: []sarifRule{},
	}
	s.run.Properties = map[string]any{
		"benchmark": r.Benchmark.ID, "benchmarkTitle": editionName(&r.Benchmark), "asOf": r.AsOf, "policiesDigest": r.Policies.Digest,
	}
	err := of.visit(func(_ int, a *Account) {
		s.run.Artifacts = append(s.run.Artifacts, sarifArtifactOf(a))
		for j := range a.Results {
			s.rule(r, &a.Results[j])
		}
		s.partial(a)
	})
	if err != nil {
		return err
	}
	s.run.Invocations = []sarifInvocation{s.invocation(r)}
	text, err := marshalIn("", sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{s.run}})
	if err != nil {
		return err
	}
	return writeHoles(w, append(text, '\n'), jsonHole{`"results"`, sarifIndent, func(add func([]byte) error) error {
		return of.each(func(i int, a *Account) error { return s.account(r, a, i, add) })
	}})
}

// account writes the results of one account.
func (s *sarifWriter) account(r *Report, a *Account, place int, add func([]byte) error) error {
	clear(s.seen) // the account is in each fingerprint
	s.added = s.added[:0]
	for i := range a.Results {
		s.result(r, a, &a.Results[i], place)
	}
	for i := range s.added {
		text, err := marshalIn(sarifIndent, &s.added[i])
		if err != nil {
			return err
		}
		if err := add(text); err != nil {
			return err
		}
	}
	return nil
}

// sarifArtifactOf is the account's snapshot in its canonical form, under a name that the next run gives it too.
func sarifArtifactOf(a *Account) sarifArtifact {
	text := "snapshot of account " + strings.Join(nonEmpty(a.Account, a.Alias), " ") + ", collected " + a.Snapshot.CollectedAt + ", in its canonical form"
	artifact := sarifArtifact{Location: sarifURI{URI: url.PathEscape(plainOr(a.Account, "account")) + ".json"}, Description: sarifText{sarifPlain(text)}}
	if hash, ok := strings.CutPrefix(a.Snapshot.Digest, "sha256:"); ok {
		artifact.Hashes = map[string]string{"sha-256": plain(hash)}
	}
	return artifact
}

// rule is the place of the control's rule; the first of its rows describes it.
func (s *sarifWriter) rule(r *Report, result *Result) int {
	id := plainOr(result.Control, plainOr(result.ID, "control"))
	if at, ok := s.rules[id]; ok {
		return at
	}
	severity := strings.ToLower(result.Severity)
	title := sarifText{sarifPlain(cmp.Or(result.Title, id))}
	rule := sarifRule{ID: id, Short: title, Full: sarifText{sarifPlain(editionName(&r.Benchmark) + ", " + heading(result))}, Help: title}
	rule.Properties = map[string]any{
		"id": result.ID, "section": result.Section, "tags": []string{"security", "aws", plainOr(r.Benchmark.ID, "benchmark")},
	}
	if result.Level > 0 {
		rule.Properties["level"] = result.Level
	}
	if severity != "" {
		rule.Properties["severity"] = severity
	}
	if number := sarifSecurity[severity]; number != "" {
		rule.Properties["security-severity"] = number
	}
	if result.Remediation != "" {
		rule.Help = sarifText{sarifPlain(result.Remediation)}
	}
	driver := &s.run.Tool.Driver
	s.rules[id] = len(driver.Rules)
	driver.Rules = append(driver.Rules, rule)
	return s.rules[id]
}

// result adds what one control concluded of one account: at least one result, of the row's status.
func (s *sarifWriter) result(r *Report, a *Account, row *Result, account int) {
	findings := deciding(row)
	if len(findings) == 0 || row.Status == Manual {
		findings = []Finding{{Message: reason(row)}}
	}
	at := s.rule(r, row)
	if s.only != nil && !s.only[row.Status] {
		return
	}
	for i := range findings {
		f := &findings[i]
		one := sarifResult{
			RuleID: s.run.Tool.Driver.Rules[at].ID, RuleIndex: at, Kind: cmp.Or(sarifKinds[row.Status], "open"), Level: "none",
			Message:      sarifText{sarifPlain(a.Account + ": " + sarifMessage(row, f))},
			Fingerprints: s.fingerprints(a.Account, row.Control, row.ID, f.Region, f.Resource, f.Link),
			Properties:   sarifProperties(a, row, f),
		}
		if one.Kind == "fail" {
			one.Level = "error"
		}
		if row.Status == Waived {
			one.Suppressions = []sarifSuppression{{"external", "accepted", "waived"}}
			if row.Waiver != nil {
				one.Suppressions[0].Justification = plain(waivedText(row.Waiver))
			}
		}
		one.Locations = []sarifLocation{s.location(f, account)}
		s.added = append(s.added, one)
	}
}

// sarifMessage is the finding, and who left events out of the question: a pass that rests on that says so where it is shown.
func sarifMessage(row *Result, f *Finding) string {
	parts := []string{cmp.Or(plain(f.Message), heading(row))}
	for i := range row.Exceptions {
		if text := exceptedText(&row.Exceptions[i]); !strings.Contains(f.Message, text) {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, "; ")
}

// sarifProperties are what SARIF has no place for.
func sarifProperties(a *Account, row *Result, f *Finding) map[string]any {
	all := map[string]any{"account": a.Account, "id": row.ID, "status": string(row.Status)}
	for name, text := range map[string]string{"region": f.Region, "link": f.Link} {
		if text != "" {
			all[name] = text
		}
	}
	if row.Status != Pass && row.Status != NotApplicable {
		if text := wayLine(&Result{Status: f.Status, Findings: []Finding{*f}, Remediation: row.Remediation}); text != "" {
			all["wayOut"] = text
		}
	}
	if len(f.Evidence) > 0 {
		all["evidence"] = f.Evidence
	}
	if len(row.Notes) > 0 {
		all["notes"] = row.Notes
	}
	if len(row.Exceptions) > 0 {
		all["exceptions"] = row.Exceptions
	}
	if row.Waiver != nil {
		all["waiver"] = row.Waiver
	}
	if row.Attestation != nil {
		all["attestation"] = row.Attestation
	}
	return all
}

// location is the snapshot, for consumers that take nothing but files, and in it the resource and the pointers.
func (s *sarifWriter) location(f *Finding, account int) sarifLocation {
	var l sarifLocation
	l.Physical.Artifact = sarifURI{URI: s.run.Artifacts[account].Location.URI, Index: &account}
	l.Physical.Region = map[string]int{"startLine": 1}
	if f.Resource != "" {
		l.Logical = append(l.Logical, sarifLogical{plain(f.Resource), "resource"})
	}
	for _, pointer := range f.Pointers {
		if value := (sarifLogical{plain(pointer), "value"}); !slices.Contains(l.Logical, value) { // each once, says the schema
			l.Logical = append(l.Logical, value)
		}
	}
	return l
}

// fingerprints are the same in each run for the same trouble in the same place; a further one there has others. The second name is the
// only one that GitHub knows.
func (s *sarifWriter) fingerprints(parts ...string) map[string]string {
	hash := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(hash, "%q", plain(part))
	}
	print := fmt.Sprintf("%x", hash.Sum(nil)[:16])
	s.seen[print]++
	print = fmt.Sprintf("%s:%d", print, s.seen[print])
	return map[string]string{"cistern/v1": print, "primaryLocationLineHash": print}
}

// invocation says what the results do not rest on: policies that could not judge, and what could not be read.
func (s *sarifWriter) invocation(r *Report) sarifInvocation {
	v := sarifInvocation{Successful: len(r.Policies.Errors)+len(r.Unread) == 0, Notifications: []sarifNotification{}}
	for i := range r.Policies.Errors {
		e := &r.Policies.Errors[i]
		n := sarifNotification{Level: "error", Message: sarifText{sarifPlain(policyErrorText(e))}}
		if _, ok := s.rules[plain(e.Control)]; ok {
			n.Rule = &sarifRef{plain(e.Control)}
		}
		v.Notifications = append(v.Notifications, n)
	}
	for i := range r.Unread {
		u := &r.Unread[i]
		n := sarifNotification{Level: "error", Message: sarifText{sarifPlain("snapshot not read: " + unreadText(u))}, Properties: map[string]any{"file": u.File}}
		v.Notifications = append(v.Notifications, n)
	}
	v.Notifications = append(v.Notifications, s.about...)
	for _, text := range sourceTexts(r) {
		v.Notifications = append(v.Notifications, sarifNotification{Level: "note", Message: sarifText{sarifPlain("policies of " + text)}})
	}
	for _, note := range r.Notes {
		v.Notifications = append(v.Notifications, sarifNotification{Level: "note", Message: sarifText{sarifPlain(note)}})
	}
	return v
}

// partial notes what an account's results do not rest on.
func (s *sarifWriter) partial(a *Account) {
	for j := range a.Gaps {
		text := a.Account + ": not read: " + gapText(&a.Gaps[j])
		s.about = append(s.about, sarifNotification{
			Level: "warning", Message: sarifText{sarifPlain(text)}, Properties: map[string]any{"account": a.Account, "gap": a.Gaps[j]},
		})
	}
	if text := notAWS(a); text != "" {
		s.about = append(s.about, sarifNotification{Level: "warning", Message: sarifText{sarifPlain(a.Account + ": " + text)}})
	}
	if len(a.RegionsLeftOut) > 0 {
		text := a.Account + ": regions not asked for: " + strings.Join(a.RegionsLeftOut, ", ")
		s.about = append(s.about, sarifNotification{Level: "warning", Message: sarifText{sarifPlain(text)}})
	}
}

// sarifPlain is a text as a message: braces hold the place of arguments there, and [text](address) is a link.
func sarifPlain(text string) string {
	return strings.NewReplacer("{", "{{", "}", "}}", "](", `\](`).Replace(plainOr(text, "-"))
}
