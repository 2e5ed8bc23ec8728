package report

import (
	"cmp"
	"io"
	"time"
)

// ocsfEvent is a compliance finding, class 2003 of the Open Cybersecurity Schema Framework 1.2.
type ocsfEvent struct {
	ActivityID   int              `json:"activity_id"`
	ActivityName string           `json:"activity_name"`
	CategoryUID  int              `json:"category_uid"`
	CategoryName string           `json:"category_name"`
	ClassUID     int              `json:"class_uid"`
	ClassName    string           `json:"class_name"`
	TypeUID      int              `json:"type_uid"`
	TypeName     string           `json:"type_name"`
	Time         int64            `json:"time"` // milliseconds
	SeverityID   int              `json:"severity_id"`
	Severity     string           `json:"severity"`
	StatusID     int              `json:"status_id"`
	Status       string           `json:"status"`
	StatusDetail string           `json:"status_detail,omitempty"`
	Message      string           `json:"message"`
	Metadata     ocsfMetadata     `json:"metadata"`
	Cloud        ocsfCloud        `json:"cloud"`
	FindingInfo  ocsfFindingInfo  `json:"finding_info"`
	Compliance   ocsfCompliance   `json:"compliance"`
	Resource     *ocsfResource    `json:"resource,omitempty"`
	Remediation  *ocsfRemediation `json:"remediation,omitempty"`
	Unmapped     ocsfUnmapped     `json:"unmapped"`
}

type ocsfMetadata struct {
	Version  string      `json:"version"`
	UID      string      `json:"uid"`
	Product  ocsfProduct `json:"product"`
	Profiles []string    `json:"profiles"`
}

type ocsfProduct struct {
	Name    string `json:"name"`
	Vendor  string `json:"vendor_name"`
	Version string `json:"version,omitempty"`
}

type ocsfCloud struct {
	Provider string      `json:"provider"`
	Region   string      `json:"region,omitempty"`
	Account  ocsfAccount `json:"account"`
}

type ocsfAccount struct {
	UID    string `json:"uid"`
	Name   string `json:"name,omitempty"`
	TypeID int    `json:"type_id"`
	Type   string `json:"type"`
}

type ocsfFindingInfo struct {
	UID         string   `json:"uid"`
	Title       string   `json:"title"`
	Desc        string   `json:"desc"`
	Types       []string `json:"types"`
	DataSources []string `json:"data_sources"`
	LastSeen    int64    `json:"last_seen_time"`
}

type ocsfCompliance struct {
	Control      string   `json:"control"`
	Requirements []string `json:"requirements"`
	Standards    []string `json:"standards"`
	StatusID     int      `json:"status_id"`
	Status       string   `json:"status"`
	StatusCode   string   `json:"status_code"` // our own word
	StatusDetail string   `json:"status_detail"`
}

type ocsfResource struct {
	UID       string `json:"uid"`
	Region    string `json:"region,omitempty"`
	Partition string `json:"cloud_partition,omitempty"`
}

type ocsfRemediation struct {
	Desc string `json:"desc"`
}

// ocsfUnmapped is what OCSF has no attribute for.
type ocsfUnmapped struct {
	Verdict        Status       `json:"verdict"`
	Edition        string       `json:"edition"`
	Section        string       `json:"section,omitempty"`
	Level          int          `json:"level,omitempty"`
	Assessment     string       `json:"assessment,omitempty"`
	Snapshot       Snapshot     `json:"snapshot"`
	PoliciesDigest string       `json:"policies_digest"`
	Findings       []ocsfSeen   `json:"findings,omitempty"`
	Notes          []string     `json:"notes,omitempty"`
	Waiver         *Waiver      `json:"waiver,omitempty"`
	Attestation    *Attestation `json:"attestation,omitempty"`
	Exceptions     []Exception  `json:"exceptions,omitempty"`
	NotRead        []Gap        `json:"not_read,omitempty"`
	RegionsLeftOut []string     `json:"regions_left_out,omitempty"`
	RunNotes       []string     `json:"run_notes,omitempty"`
	PolicySources  []string     `json:"policy_sources,omitempty"`
	PolicyErrors   []string     `json:"policy_errors,omitempty"`
	Unread         []string     `json:"unread,omitempty"` // other snapshots, of the run
}

// ocsfSeen is a finding without its evidence, which the report has.
type ocsfSeen struct {
	Status      Status   `json:"status"`
	Message     string   `json:"message"`
	Region      string   `json:"region,omitempty"`
	Resource    string   `json:"resource,omitempty"`
	Link        string   `json:"link,omitempty"`
	MissedEvent string   `json:"missed_event,omitempty"`
	Pointers    []string `json:"pointers,omitempty"`
}

// ocsfCode is a number of OCSF and its caption.
type ocsfCode struct {
	id      int
	caption string
}

// ocsfOther is the number for which the caption is the source's own.
const ocsfOther = 99

// ocsfVerdicts are the statuses of a compliance object. Warning is OCSF's word for a check "that did not yield a result due to missing
// information". What is not there is Other.
var ocsfVerdicts = map[Status]ocsfCode{
	Pass: {1, "Pass"}, Unknown: {2, "Warning"}, Fail: {3, "Fail"}, Waived: {3, "Fail"},
	Manual: {ocsfOther, string(Manual)}, NotApplicable: {ocsfOther, string(NotApplicable)},
}

var ocsfSeverities = map[string]ocsfCode{"low": {2, "Low"}, "medium": {3, "Medium"}, "high": {4, "High"}, "critical": {5, "Critical"}}

// writeOCSF writes one event a line, as what collects events reads them.
func writeOCSF(w io.Writer, s *Stream, _ Style) error {
	r := s.Head
	at, err := reportTime(r)
	if err != nil {
		return err
	}
	return s.each(func(_ int, a *Account) error {
		ids := &uuids{} // each name has the account in it
		for j := range a.Results {
			event := ocsfOf(s, a, &a.Results[j], at)
			event.Metadata.UID = ids.of(append(rowKey(r, a, &a.Results[j]), "event", a.Snapshot.Digest, r.Policies.Digest, r.AsOf)...)
			if err := encode(w, event, ""); err != nil {
				return err
			}
		}
		return nil
	})
}

func ocsfOf(s *Stream, a *Account, row *Result, at time.Time) *ocsfEvent {
	r := s.Head
	verdict, known := ocsfVerdicts[row.Status]
	if !known {
		verdict = ocsfCode{ocsfOther, plainOr(string(row.Status), "other")}
	}
	severity := ocsfSeverityOf(row)
	why := reason(row)
	event := &ocsfEvent{
		ActivityID: 1, ActivityName: "Create", CategoryUID: 2, CategoryName: "Findings", ClassUID: 2003, ClassName: "Compliance Finding",
		TypeUID: 200301, TypeName: "Compliance Finding: Create",
		Time: at.UnixMilli(), SeverityID: severity.id, Severity: severity.caption, StatusID: 1, Status: "New", Message: why,
		Metadata: ocsfMetadata{Version: "1.2.0", Product: ocsfProduct{plainOr(r.Tool.Name, "cistern"), "cistern", plain(r.Tool.Version)}, Profiles: []string{"cloud"}},
		Cloud:    ocsfCloud{"AWS", "", ocsfAccount{plain(a.Account), plain(a.Alias), 10, "AWS Account"}},
		FindingInfo: ocsfFindingInfo{
			UID: stableID(r, a, row), Title: heading(row), Desc: why, Types: []string{"Compliance"},
			DataSources: []string{plainOr("snapshot "+a.Snapshot.Digest, "snapshot")}, LastSeen: collectedAt(a, at).UnixMilli(),
		},
		Compliance: ocsfCompliance{
			Control: plain(row.Control), Requirements: []string{plain(row.ID)}, Standards: []string{editionName(&r.Benchmark)},
			StatusID: verdict.id, Status: verdict.caption, StatusCode: plain(string(row.Status)), StatusDetail: why,
		},
		Unmapped: ocsfUnmapped{
			Verdict: row.Status, Edition: r.Benchmark.ID, Section: plain(row.Section), Level: row.Level, Assessment: plain(row.Assessment),
			Snapshot: a.Snapshot, PoliciesDigest: r.Policies.Digest,
			Waiver: row.Waiver, Attestation: row.Attestation, Exceptions: row.Exceptions,
			NotRead: a.Gaps, RegionsLeftOut: a.RegionsLeftOut, RunNotes: r.Notes, PolicySources: sourceTexts(r), PolicyErrors: unusableFor(s, a), Unread: someUnread(r),
		},
	}
	if row.Status == Waived {
		event.StatusID, event.Status = 3, "Suppressed"
		if row.Waiver != nil {
			event.StatusDetail = plain(waivedText(row.Waiver))
		}
	}
	if text := wayLine(row); text != "" {
		event.Remediation = &ocsfRemediation{text}
	}
	event.saw(row)
	return event
}

// saw adds the resource that the verdict rests on, and what each finding says.
func (e *ocsfEvent) saw(row *Result) {
	if resources := resourcesOf(row); len(resources) > 0 {
		first := asffResourceOf(resources[0].Resource, resources[0].Region, home{})
		e.Resource = &ocsfResource{plain(resources[0].Resource), first.Region, first.Partition}
		e.Cloud.Region = first.Region
	}
	for _, f := range row.Findings {
		seen := ocsfSeen{Status: f.Status, Message: plain(f.Message), Region: plain(f.Region), Resource: plain(f.Resource), Link: plain(f.Link), Pointers: f.Pointers}
		if event := f.Evidence["missed_event"]; event != nil {
			seen.MissedEvent = plain(eventText(event, ""))
		}
		e.Unmapped.Findings = append(e.Unmapped.Findings, seen)
	}
	for _, note := range row.Notes {
		e.Unmapped.Notes = append(e.Unmapped.Notes, plain(note))
	}
}

// ocsfSeverityOf is how much it matters: what passes is informational, a control without a severity has an unknown one.
func ocsfSeverityOf(row *Result) ocsfCode {
	if row.Status == Pass || row.Status == NotApplicable {
		return ocsfCode{1, "Informational"}
	}
	return cmp.Or(ocsfSeverities[row.Severity], ocsfCode{0, "Unknown"})
}
