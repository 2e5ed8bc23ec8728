package report

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// oscalVisit fills the result of one account.
type oscalVisit struct {
	*oscalWriter
	account   *Account
	snapshot  string // the resource that names what was judged
	collected string
	tool      string // the component that judged
	result    oscalResult
	inventory []oscalItem
	items     map[string]string // a resource and the item that stands for it
	controls  []oscalControl
}

// row adds what one control found: an observation for each finding, and the verdict on the objective. What only a person can judge
// is an observation without a verdict; what does not apply is not among the controls reviewed.
func (v *oscalVisit) row(row *Result) {
	observed := v.observations(row)
	if row.Status != NotApplicable {
		v.reviewedControl(row)
	}
	if row.Attestation != nil {
		v.attested(row)
	}
	state, judged := oscalStates[row.Status]
	if !judged {
		return
	}
	finding := oscalFinding{
		UUID:  v.ids.of(append(rowKey(v.report, v.account, row), "finding")...),
		Title: oscalText(heading(row)), Description: oscalText(reason(row)), Props: v.props(row, row.Status),
		Target: oscalTarget{"objective-id", v.controlID(row) + "_obj", state}, Observations: observed,
	}
	for _, note := range row.Notes {
		finding.Remarks = oscalParagraphs(finding.Remarks, note)
	}
	if row.Status == Fail || row.Status == Waived {
		finding.Risks = []oscalRelatedRisk{{v.risk(row, observed)}}
	}
	v.result.Findings = append(v.result.Findings, finding)
}

// oscalStates are the verdicts that OSCAL has. An unknown one is not satisfied for another reason than a failure.
var oscalStates = map[Status]oscalState{
	Pass: {"satisfied", "pass"}, Fail: {"not-satisfied", "fail"}, Waived: {"not-satisfied", "fail"}, Unknown: {"not-satisfied", "other"},
}

func (v *oscalVisit) controlID(row *Result) string {
	return oscalToken(v.report.Benchmark.ID + "_" + row.ID)
}

func (v *oscalVisit) reviewedControl(row *Result) {
	control := oscalControl{v.controlID(row)}
	if !slices.Contains(v.controls, control) {
		v.controls = append(v.controls, control)
	}
}

func (v *oscalVisit) reviewed() {
	selection := oscalSelection{Description: "No control applies to this account."}
	if len(v.controls) > 0 {
		selection = oscalSelection{"The rows of the edition that apply to this account.", v.controls}
	}
	v.result.ReviewedControls = oscalReviewed{Selections: []oscalSelection{selection}}
}

func (v *oscalVisit) props(row *Result, status Status) []oscalProp {
	level := ""
	if row.Level > 0 {
		level = fmt.Sprint(row.Level)
	}
	return oscalProps("verdict", string(status), "control", row.Control, "id", row.ID, "section", row.Section, "level", level,
		"assessment", row.Assessment, "severity", row.Severity)
}

// observations are what was seen, one for each finding, or one that says why there is none.
func (v *oscalVisit) observations(row *Result) []oscalObservedBy {
	var observed []oscalObservedBy
	findings := row.Findings
	if len(findings) == 0 {
		findings = []Finding{{Status: row.Status, Message: reason(row)}}
	}
	for i := range findings {
		f := &findings[i]
		o := oscalObservation{
			UUID:  v.ids.of(append(rowKey(v.report, v.account, row), "observation", v.account.Snapshot.Digest, v.report.Policies.Digest, fmt.Sprint(i))...),
			Title: oscalText(heading(row)), Description: oscalText(plainOr(f.Message, reason(row))),
			Props:   append(v.props(row, f.Status), oscalProps("link", f.Link, "region", f.Region)...),
			Methods: []string{"TEST"}, Types: []string{"finding"}, Origins: v.origins(),
			Subjects: []oscalSubject{v.subject(f.Resource)}, Collected: v.collected,
		}
		if row.Status == Manual {
			o.Methods = []string{"EXAMINE"}
			o.Props = v.props(row, Manual)
			if row.Attestation != nil {
				o.Props = append(o.Props, oscalProps("verdict-by-data", string(row.Attestation.Status), "link", f.Link, "region", f.Region)...)
			}
		}
		v.remark(&o, row, f)
		v.evidence(&o, f)
		v.result.Observations = append(v.result.Observations, o)
		observed = append(observed, oscalObservedBy{o.UUID})
	}
	return observed
}

// remark adds the event that nobody would have heard of, and what people said.
func (v *oscalVisit) remark(o *oscalObservation, row *Result, f *Finding) {
	if event := f.Evidence["missed_event"]; event != nil {
		o.Remarks = oscalParagraphs(o.Remarks, "An event that nobody would hear of: "+eventText(event, ""))
	}
	if row.Status == Manual || row.Status == NotApplicable { // these have no finding, where notes stand else
		for _, note := range row.Notes {
			o.Remarks = oscalParagraphs(o.Remarks, note)
		}
	}
	if row.Attestation != nil {
		o.Remarks = oscalParagraphs(o.Remarks, attestedText(row.Attestation))
	}
	for i := range row.Exceptions {
		o.Remarks = oscalParagraphs(o.Remarks, exceptedText(&row.Exceptions[i]))
	}
}

// evidence points to the records of the snapshot that a finding rests on.
func (v *oscalVisit) evidence(o *oscalObservation, f *Finding) {
	for _, pointer := range f.Pointers {
		account, at, resource := v.account.Account, plain(pointer), v.snapshot
		if other, rest, ok := strings.Cut(at, "#"); ok && !strings.HasPrefix(at, "/") {
			account, at, resource = other, rest, v.snapshots[other]
		}
		if at == "" {
			continue
		}
		e := oscalEvidence{
			Description: oscalText("The record at " + at + " of the snapshot of account " + account), Props: oscalProps("json-pointer", at),
		}
		if resource != "" {
			e.Href = "#" + resource
			e.Links = []oscalLink{{Href: e.Href, Rel: "reference", Fragment: oscalFragment(at)}}
		}
		o.Evidence = append(o.Evidence, e)
	}
}

func (v *oscalVisit) origins() []oscalOrigin {
	return []oscalOrigin{{[]oscalActor{{"tool", v.tool}}}}
}

// subject is the resource that a finding is about, or else the account.
func (v *oscalVisit) subject(resource string) oscalSubject {
	name := plain(resource)
	if name == "" {
		name = plainOr("account "+v.account.Account, "account")
	}
	id, known := v.items[name]
	if !known {
		id = v.ids.of("item", v.account.Account, v.account.Snapshot.Digest, name)
		v.items[name] = id
		v.inventory = append(v.inventory, oscalItem{id, oscalText(name), []oscalProp{{Name: "asset-id", Value: name}}})
	}
	return oscalSubject{id, "inventory-item", oscalText(name)}
}

// risk is the risk of a failure: open, or accepted until a day by the owner of a waiver.
func (v *oscalVisit) risk(row *Result, observed []oscalObservedBy) string {
	key := append(rowKey(v.report, v.account, row), "risk")
	risk := oscalRisk{
		UUID: v.ids.of(key...), Title: oscalText(heading(row)), Description: oscalText(reason(row)),
		Statement: oscalText("What the control asks for does not hold: " + plainOr(row.Title, row.Control)), Props: oscalProps("severity", row.Severity),
		Status: "open", Observations: observed,
	}
	if text := oscalText(wayLine(row)); text != "" {
		risk.Remediations = []oscalResponse{{v.ids.of(append(key, "remediation")...), "recommendation", "The way out", text}}
	}
	if row.Status == Waived {
		v.accepted(&risk, row, key)
	}
	v.result.Risks = append(v.result.Risks, risk)
	return risk.UUID
}

func (v *oscalVisit) accepted(risk *oscalRisk, row *Result, key []string) {
	risk.Status = "deviation-approved"
	entry := oscalRiskEntry{
		UUID: v.ids.of(append(key, "waiver")...), Title: "Waived", Description: "Waived; the report does not say by whom.", Start: v.time(v.at), Change: risk.Status,
	}
	if w := row.Waiver; w != nil {
		entry.Description = oscalText(waivedText(w))
		risk.Props = append(risk.Props, oscalProps("waiver-owner", w.Owner, "waiver-reason", w.Reason, "waiver-ticket", w.Ticket, "waiver-expires", w.Expires)...)
		if day, err := time.Parse(time.DateOnly, w.Expires); err == nil && day.Year() >= 1970 {
			risk.Deadline = v.time(day.AddDate(0, 0, 1).Add(-time.Second)) // the last second of the last day
		}
	}
	risk.Log = &oscalRiskLog{[]oscalRiskEntry{entry}}
}

// attested adds somebody's word that the control is met by other means.
func (v *oscalVisit) attested(row *Result) {
	a := row.Attestation
	v.result.Attestations = append(v.result.Attestations, oscalAttestation{[]oscalPart{{
		UUID: v.ids.of(append(rowKey(v.report, v.account, row), "attestation")...),
		Name: "attestation", NS: oscalNS, Title: oscalText(heading(row)),
		Props: append(v.props(row, Manual), oscalProps("verdict-by-data", string(a.Status), "attestation-owner", a.Owner, "attestation-evidence", a.Evidence,
			"attestation-reason", a.Reason, "attestation-ticket", a.Ticket, "attestation-expires", a.Expires)...),
		Prose: oscalText(attestedText(a)),
	}}})
}

// gaps says what the verdicts do not rest on.
func (v *oscalVisit) gaps() {
	for i := range v.account.Gaps {
		v.result.Remarks = oscalParagraphs(v.result.Remarks, "Not read: "+gapText(&v.account.Gaps[i]))
	}
	if text := notAWS(v.account); text != "" {
		v.result.Remarks = oscalParagraphs(v.result.Remarks, "This account was "+text)
	}
	if left := v.account.RegionsLeftOut; len(left) > 0 {
		v.result.Remarks = oscalParagraphs(v.result.Remarks, "Not asked for: "+strings.Join(left, ", "))
	}
}

// assets say what judged.
func (v *oscalVisit) assets() *oscalAssets {
	tool := &v.report.Tool
	return &oscalAssets{
		Components: []oscalComponent{{
			UUID: v.tool, Type: "software", Title: oscalText(plainOr(tool.Name, "cistern")), Description: "Judges snapshots of AWS accounts with the policies of an edition.",
			Props: oscalProps("version", tool.Version, "policies-digest", v.report.Policies.Digest), Status: oscalState{State: "operational"},
		}},
		Platforms: []oscalPlatform{{
			UUID: v.ids.of("platform", v.account.Account, v.account.Snapshot.Digest), Title: "Where the snapshot was judged",
			Uses: []oscalUses{{v.tool}},
		}},
	}
}
