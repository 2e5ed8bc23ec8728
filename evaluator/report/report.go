// Package report holds what an evaluation found and writes it in several formats; it knows nothing of OPA.
package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// SchemaName is the contract that a report keeps.
const SchemaName = "cistern/report/v1"

// Report is what was concluded about one or more accounts.
type Report struct {
	Schema    string    `json:"schema"`
	Tool      Tool      `json:"tool"`
	AsOf      string    `json:"as_of"` // RFC 3339. Where none was asked for: the latest collected_at
	Benchmark Benchmark `json:"benchmark"`
	Policies  Policies  `json:"policies"`
	Summary   Summary   `json:"summary"`
	Notes     []string  `json:"notes"` // of the run as a whole: expired and unused waivers
	// Unread are the snapshots that could not be read, and so were not judged.
	Unread []Unread `json:"unread,omitempty"`
	// Shard says that this is a part of a report, and what the other parts need to know.
	Shard    *Shard    `json:"shard,omitempty"`
	Accounts []Account `json:"accounts"`
}

// Tool is the program that evaluated.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Benchmark is the edition that was asked for.
type Benchmark struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Version string `json:"version"`
}

// Policies identifies the rules that were applied: sha256 over all policy files and the edition.
type Policies struct {
	Digest string `json:"digest"`
	// Sources are the folders and bundles besides the shipped policies, and what each changed.
	Sources []PolicySource `json:"sources,omitempty"`
	// Errors are the policies that could not judge: each is a row of status unknown, too, where it is a control's.
	Errors []PolicyError `json:"errors,omitempty"`
}

// PolicySource is one folder or bundle of policies that the user gave.
type PolicySource struct {
	Name     string   `json:"name"`
	Kind     string   `json:"kind"` // "folder" or "bundle"
	Revision string   `json:"revision,omitempty"`
	Signed   string   `json:"signed,omitempty"` // the algorithm of the signature that was verified
	Digest   string   `json:"digest"`
	Adds     []string `json:"adds,omitempty"`     // controls that no earlier source has
	Replaces []string `json:"replaces,omitempty"` // controls and packages of an earlier source
}

// PolicyError is a policy that could not judge, and why.
type PolicyError struct {
	Control string `json:"control,omitempty"` // none for a library
	Account string `json:"account,omitempty"` // none where it failed before any was judged
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Problem string `json:"problem"`
	Hint    string `json:"hint,omitempty"`
}

// Unread is a snapshot that could not be read.
type Unread struct {
	File    string `json:"file"`
	Account string `json:"account,omitempty"` // none where not even that could be read
	Line    int    `json:"line,omitempty"`
	Pointer string `json:"pointer,omitempty"`
	Problem string `json:"problem"`
	Hint    string `json:"hint,omitempty"`
}

// Shard is one of the parts in which many snapshots were judged.
type Shard struct {
	Index int `json:"index"` // from 1
	Of    int `json:"of"`
	// Snapshots names all that the shards have between them: sha256 over their names, accounts and times.
	Snapshots string `json:"snapshots"`
	// Accounts is how many are in this part, and Digest a sha256 over all that it holds: Seal writes them.
	Accounts int    `json:"accounts"`
	Digest   string `json:"digest"`
	// Options are those by which the verdicts may differ.
	Options map[string]string `json:"options"`
	// Barren are the sources of policies of which no policy was asked anything.
	Barren []string `json:"barren,omitempty"`
	// Decisions are what came of the waivers file in this part.
	Decisions []Decision `json:"decisions,omitempty"`
}

// Decision is an entry of a waivers file, and what came of it.
type Decision struct {
	Kind    string `json:"kind"` // waiver, exception or attestation
	File    string `json:"file"`
	Line    int    `json:"line"`
	Control string `json:"control"`
	Owner   string `json:"owner"`
	Expires string `json:"expires"`
	Absent  string `json:"absent,omitempty"`  // why no row is of its control
	Refused string `json:"refused,omitempty"` // why it was not applied
	Asked   bool   `json:"asked,omitempty"`   // its control was judged
	Used    bool   `json:"used,omitempty"`
	Expired bool   `json:"expired,omitempty"` // where it would have served
}

// Status is the verdict of a control or a finding.
type Status string

// The statuses. Waived is a fail under a live waiver, never a pass. Manual asks for a human: no data in a snapshot decides.
const (
	Pass          Status = "pass"
	Fail          Status = "fail"
	Unknown       Status = "unknown"
	NotApplicable Status = "not_applicable"
	Waived        Status = "waived"
	Manual        Status = "manual"
)

// Statuses are all of them, in the order of summaries.
var Statuses = [...]Status{Pass, Fail, Unknown, NotApplicable, Waived, Manual}

// Summary counts results by status.
type Summary struct {
	Pass          int `json:"pass"`
	Fail          int `json:"fail"`
	Unknown       int `json:"unknown"`
	NotApplicable int `json:"not_applicable"`
	Waived        int `json:"waived"`
	Manual        int `json:"manual"`
}

// Count is the number of results with that status.
func (s Summary) Count(status Status) int {
	if n := s.of(status); n != nil {
		return *n
	}
	return 0
}

// Add counts one result more.
func (s *Summary) Add(status Status) { s.AddN(status, 1) }

// AddN counts so many results more.
func (s *Summary) AddN(status Status, more int) {
	if n := s.of(status); n != nil {
		*n += more
	}
}

func (s *Summary) of(status Status) *int {
	switch status {
	case Pass:
		return &s.Pass
	case Fail:
		return &s.Fail
	case Unknown:
		return &s.Unknown
	case NotApplicable:
		return &s.NotApplicable
	case Waived:
		return &s.Waived
	case Manual:
		return &s.Manual
	}
	return nil
}

// Account is one account's results: a row for each control of the edition, in the edition's order.
type Account struct {
	Account  string   `json:"account"` // its 12 digits
	Alias    string   `json:"alias,omitempty"`
	Snapshot Snapshot `json:"snapshot"`
	Summary  Summary  `json:"summary"`
	Gaps     []Gap    `json:"gaps"` // what the snapshot says could not be read
	// RegionsLeftOut are regions that the account can use and that nobody asked to be read.
	RegionsLeftOut []string `json:"regions_left_out,omitempty"`
	Results        []Result `json:"results"`
	// Records are what the snapshot says at the pointers of the findings, so that a report can be read without it.
	Records map[string]any `json:"records,omitempty"`
}

// Snapshot identifies the evidence.
type Snapshot struct {
	Digest      string `json:"digest"` // of its canonical form
	CollectedAt string `json:"collected_at"`
	Source      string `json:"source"`
	// CollectedBy is the ARN of who read the account, CollectedWith the version of cistern that wrote the snapshot.
	CollectedBy   string `json:"collected_by,omitempty"`
	CollectedWith string `json:"collected_with,omitempty"`
	// Regions are those that were read; Endpoints, where they were not AWS's own: an emulated account is unmistakable.
	Regions   []string   `json:"regions,omitempty"`
	Endpoints []Endpoint `json:"endpoints,omitempty"`
	Calls     int        `json:"calls,omitempty"` // that were made
}

// Endpoint is where the calls of a service went that did not go to AWS.
type Endpoint struct {
	Service string `json:"service"`
	URL     string `json:"url"`
}

// Gap is something that the collector could not read.
type Gap struct {
	Region    string `json:"region,omitempty"`
	Service   string `json:"service"`
	Operation string `json:"operation"`
	Resource  string `json:"resource,omitempty"`
	Kind      string `json:"kind"`
	Code      string `json:"code,omitempty"`
	Message   string `json:"message,omitempty"`
	// Action is the IAM permission that a denied call lacked.
	Action string `json:"action,omitempty"`
}

// Result is what one control found in one account.
type Result struct {
	ID         string    `json:"id"`
	Control    string    `json:"control"`
	Title      string    `json:"title"`
	Section    string    `json:"section"`
	Level      int       `json:"level,omitempty"`
	Assessment string    `json:"assessment,omitempty"`
	Severity   string    `json:"severity,omitempty"`
	Status     Status    `json:"status"`
	Findings   []Finding `json:"findings"`
	Notes      []string  `json:"notes"`
	Waiver     *Waiver   `json:"waiver,omitempty"`
	// Exceptions are events that were left out of the question, where the answer rests on it.
	Exceptions []Exception `json:"exceptions,omitempty"`
	// Attestation is how the control is met otherwise: the status then is manual, and what the data says is in it.
	Attestation *Attestation `json:"attestation,omitempty"`
	Remediation string       `json:"remediation,omitempty"`
}

// Finding is one thing that a control saw.
type Finding struct {
	Status   Status         `json:"status"`
	Message  string         `json:"message"`
	Region   string         `json:"region,omitempty"`
	Resource string         `json:"resource,omitempty"`
	Link     string         `json:"link,omitempty"` // where the chain broke
	Evidence map[string]any `json:"evidence,omitempty"`
	Pointers []string       `json:"pointers,omitempty"` // JSON pointers into the canonical snapshot
}

// Waiver is the decision to live with a failure until a day.
type Waiver struct {
	Owner   string `json:"owner"`
	Reason  string `json:"reason"`
	Ticket  string `json:"ticket,omitempty"`
	Expires string `json:"expires"`
}

// Exception is the decision not to be told of some events until a day.
type Exception struct {
	Except  string `json:"except"` // a filter pattern of the events
	Owner   string `json:"owner"`
	Reason  string `json:"reason"`
	Ticket  string `json:"ticket,omitempty"`
	Expires string `json:"expires"`
}

// Attestation is somebody's word that a control is met by other means until a day.
type Attestation struct {
	Status   Status `json:"status"` // by the data: fail or unknown; manual where no data decides
	Evidence string `json:"evidence"`
	Owner    string `json:"owner"`
	Reason   string `json:"reason,omitempty"`
	Ticket   string `json:"ticket,omitempty"`
	Expires  string `json:"expires"`
}

// Chain is the way of an event from the trail to a person, in order; a finding's Link names the part that broke.
var Chain = [...]string{"trail", "event_selectors", "log_group", "metric_filter", "pattern", "alarm", "action", "topic", "subscription"}

// Style is how a format for people may look. The zero value is plain text, 80 columns wide.
type Style struct {
	Color   bool
	Width   int
	Quiet   bool // only what needs somebody
	Verbose bool // the evidence of what passes, too
}

// Format is one way to write a report.
type Format struct {
	Name    string
	About   string
	Endings []string // of files that are written so unless another format is asked for: ".json"
	write   func(io.Writer, *Stream, Style) error
}

// Formats are all of them.
func Formats() []Format {
	return []Format{
		{"text", "for a person at a terminal", []string{".txt", ".text"}, writeText},
		{"json", "for programs and for keeping; every other format is made from it", []string{".json"}, writeJSON},
		{"html", "for an auditor's browser: one page that needs no network", []string{".html", ".htm"}, writeHTML},
		{"jsonl", "for streams: a line of JSON a result", []string{".jsonl", ".ndjson"}, writeJSONL},
		{"csv", "for spreadsheets: a row a finding", []string{".csv"}, writeCSV},
		{"markdown", "for pull requests", []string{".md", ".markdown"}, writeMarkdown},
		{"junit", "for the test pages of Jenkins, GitLab and others", []string{".xml"}, writeJUnit},
		{"sarif", "for code scanning", []string{".sarif", ".sarif.json"}, writeSARIF},
		{"sarif-alerts", "for GitHub code scanning: of SARIF what fails or is unknown", nil, writeSARIFAlerts},
		{"github", "annotations of a GitHub Actions run", nil, writeGitHub},
		{"oscal", "for governance tools: OSCAL assessment results", []string{".oscal.json"}, writeOSCAL},
		{"asff", "for AWS Security Hub: a line a call of batch-import-findings", []string{".asff.json", ".asff"}, writeASFF},
		{"ocsf", "for event stores: a line a compliance finding of OCSF", []string{".ocsf.json", ".ocsf.jsonl", ".ocsf"}, writeOCSF},
	}
}

// FormatNames are the names of all formats, "text, json".
func FormatNames() string {
	var names []string
	for _, f := range Formats() {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// FormatOf is the name of the format that a file of that name is written in; none if its ending means none. Of two endings the longer
// means more: a.sarif.json is SARIF.
func FormatOf(file string) string {
	name, longest := "", 0
	for _, f := range Formats() {
		for _, ending := range f.Endings {
			if strings.HasSuffix(strings.ToLower(file), ending) && len(ending) > longest {
				name, longest = f.Name, len(ending)
			}
		}
	}
	return name
}

// Write writes the report in the format of that name.
func Write(w io.Writer, name string, r *Report, style Style) error {
	return WriteStream(w, name, r.Stream(), style)
}

// SchemaError is a document that is JSON, but no report of this version.
type SchemaError struct{ Schema string }

func (e *SchemaError) Error() string {
	if e.Schema == "" {
		return "read report: has no schema; is this a report?"
	}
	if e.Newer() {
		return fmt.Sprintf("read report: schema %q is newer than this program knows", e.Schema)
	}
	return fmt.Sprintf("read report: schema is %q, not %q", e.Schema, SchemaName)
}

// Newer reports whether the document is a report of a version to come.
func (e *SchemaError) Newer() bool {
	return strings.HasPrefix(e.Schema, "cistern/report/v") && e.Schema != SchemaName
}

// IsSnapshot reports whether the document is what a report is made from.
func (e *SchemaError) IsSnapshot() bool { return strings.HasPrefix(e.Schema, "cistern/snapshot/") }

// Read reads a report that Write wrote as json. What this version does not know of it is left aside; what is not as the contract says is refused
// as an InvalidError, so that every format shows what was concluded.
func Read(in io.Reader) (*Report, error) {
	decoder := json.NewDecoder(in)
	decoder.UseNumber()
	r := &Report{}
	if err := decoder.Decode(r); err != nil {
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF):
			return nil, errors.New("read report: the file ends in the middle")
		case errors.Is(err, io.EOF):
			return nil, errors.New("read report: the file is empty")
		}
		if r.Schema != "" && r.Schema != SchemaName { // it comes first, as a rule
			return nil, &SchemaError{r.Schema}
		}
		return nil, misread(err)
	}
	if r.Schema != SchemaName {
		return nil, &SchemaError{r.Schema}
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read report: something follows the report")
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	r.normalize()
	return r, nil
}

// normalize makes absent lists empty ones, so that what was read is written as it was.
func (r *Report) normalize() {
	notNil(&r.Notes)
	notNil(&r.Accounts)
	for i := range r.Accounts {
		r.Accounts[i].normalize()
	}
}

func (a *Account) normalize() {
	notNil(&a.Gaps)
	notNil(&a.Results)
	for i := range a.Results {
		notNil(&a.Results[i].Findings)
		notNil(&a.Results[i].Notes)
	}
}

func notNil[T any](list *[]T) {
	if *list == nil {
		*list = []T{}
	}
}
