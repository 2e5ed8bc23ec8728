package report

import (
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
	"unicode"
)

// oscalNS is the namespace of what OSCAL has no name for.
const oscalNS = "https://github.com/cistern-audit/cistern/ns/oscal"

// oscalVersion is the version of the model that the document keeps.
const oscalVersion = "1.1.3"

// oscalWriter makes OSCAL's assessment results of a report.
type oscalWriter struct {
	report    *Report
	accounts  []Brief
	at        time.Time
	ids       uuids
	snapshots map[string]string // the resource that names an account's snapshot
	resources []oscalResource
}

// writeOSCAL writes assessment results. An account is a result of its own: it has its own evidence, collected at its own time, and
// its findings are about the same objectives as those of the next account.
func writeOSCAL(w io.Writer, s *Stream, _ Style) error {
	r := s.Head
	at, err := reportTime(r)
	if err != nil {
		return err
	}
	o := &oscalWriter{report: r, accounts: s.Briefs, at: at, snapshots: map[string]string{}}
	document, evidence := o.document()
	if len(s.Briefs) == 0 {
		return encode(w, document, "  ")
	}
	text, err := marshalIn("", document)
	if err != nil {
		return err
	}
	const indent = "      "
	return writeHoles(w, append(text, '\n'), jsonHole{`"results"`, indent, func(add func([]byte) error) error {
		return s.each(func(i int, a *Account) error {
			text, err := marshalIn(indent, o.account(a, evidence[i]))
			if err != nil {
				return err
			}
			return add(text)
		})
	}})
}

// document is everything but the results of accounts, and the resources that name their evidence.
func (o *oscalWriter) document() (document *oscalDocument, evidence []string) {
	r := o.report
	whole := []string{"document", r.Benchmark.ID, r.Policies.Digest, r.AsOf}
	for i := range o.accounts {
		whole = append(whole, o.accounts[i].Account, o.accounts[i].Snapshot.Digest)
	}
	a := oscalAssessment{
		UUID: o.ids.of(whole...),
		Metadata: oscalMetadata{
			Title: "Assessment of AWS accounts by " + oscalText(editionName(&r.Benchmark)), LastModified: o.time(o.at), Version: o.time(o.at), OSCALVersion: oscalVersion,
			Props: oscalProps("tool", r.Tool.Name, "tool-version", r.Tool.Version, "edition", r.Benchmark.ID, "policies-digest", r.Policies.Digest),
		},
	}
	a.Metadata.Remarks = oscalRemarks(r)
	a.ImportAP = oscalImport{"#" + o.plan(), "The plan of an assessment is the edition: its rows, and the policies that judge them."}
	for i := range o.accounts {
		evidence = append(evidence, o.snapshot(&o.accounts[i]))
	}
	a.Results = []oscalResult{}
	if len(o.accounts) == 0 { // OSCAL wants one
		a.Results = []oscalResult{{
			UUID: o.ids.of(append(whole, "none")...), Title: "No account was assessed", Description: "The report holds no account.", Start: o.time(o.at),
			ReviewedControls: oscalReviewed{Selections: []oscalSelection{{Description: "No control was assessed."}}},
		}}
	}
	a.BackMatter.Resources = o.resources
	return &oscalDocument{a}, evidence
}

// oscalRemarks say what holds for the run as a whole.
func oscalRemarks(r *Report) string {
	remarks := ""
	for _, text := range sourceTexts(r) {
		remarks = oscalParagraphs(remarks, "Policies of "+text)
	}
	for i := range r.Policies.Errors {
		remarks = oscalParagraphs(remarks, "A policy could not judge: "+policyErrorText(&r.Policies.Errors[i]))
	}
	for i := range r.Unread {
		remarks = oscalParagraphs(remarks, "A snapshot could not be read: "+unreadText(&r.Unread[i]))
	}
	for _, note := range r.Notes {
		remarks = oscalParagraphs(remarks, note)
	}
	return remarks
}

// plan is the resource that stands for an assessment plan.
func (o *oscalWriter) plan() string {
	b := &o.report.Benchmark
	id := o.ids.of("plan", b.ID, b.Version, o.report.Policies.Digest)
	o.resources = append(o.resources, oscalResource{
		UUID: id, Title: oscalText(editionName(b)),
		Description: "The edition of the benchmark whose rows were assessed. This is no OSCAL assessment plan: cistern controls shows the rows.",
		Props:       oscalProps("edition", b.ID, "policies-digest", o.report.Policies.Digest),
	})
	return id
}

// snapshot is the resource that stands for an account's evidence, known by its digest.
func (o *oscalWriter) snapshot(a *Brief) string {
	id := o.ids.of("snapshot", a.Account, a.Snapshot.Digest)
	o.snapshots[a.Account] = id
	resource := oscalResource{
		UUID: id, Title: "Snapshot of account " + oscalText(plainOr(a.Account, "without a number")),
		Description: "What the account looked like when it was collected. The hash is that of its canonical form, which cistern snapshot canonical writes.",
		Props: oscalProps("account", a.Account, "snapshot-digest", a.Snapshot.Digest, "collected-at", a.Snapshot.CollectedAt,
			"source", a.Snapshot.Source, "collected-by", a.Snapshot.CollectedBy, "collected-with", a.Snapshot.CollectedWith),
	}
	for _, e := range a.Snapshot.Endpoints { // not AWS itself
		resource.Props = append(resource.Props, oscalProps("endpoint", e.Service+" "+e.URL)...)
	}
	if sum, ok := strings.CutPrefix(a.Snapshot.Digest, "sha256:"); ok && isSHA256(sum) {
		resource.Rlinks = []oscalRlink{{"urn:sha256:" + sum, "application/json", []oscalHash{{"SHA-256", sum}}}}
	}
	o.resources = append(o.resources, resource)
	return id
}

func isSHA256(text string) bool {
	return len(text) == 64 && strings.Trim(text, "0123456789abcdef") == ""
}

// account is the result of one account; evidence is the resource that names its snapshot.
func (o *oscalWriter) account(a *Account, evidence string) oscalResult {
	o.ids = uuids{} // each name has the account in it
	collected := collectedAt(a, o.at)
	name := plainOr(a.Account, "without a number")
	if a.Alias != "" {
		name += " (" + plain(a.Alias) + ")"
	}
	v := &oscalVisit{
		oscalWriter: o, account: a, snapshot: evidence, collected: o.time(collected), items: map[string]string{},
		tool: o.ids.of("tool", a.Account, a.Snapshot.Digest, o.report.Tool.Name, o.report.Tool.Version, o.report.Policies.Digest),
		result: oscalResult{
			UUID:  o.ids.of("result", a.Account, a.Snapshot.Digest, o.report.Benchmark.ID, o.report.Policies.Digest, o.report.AsOf),
			Title: oscalText("Account " + name), Start: o.time(collected),
			Description: oscalText(fmt.Sprintf("Account %s against %s, by the snapshot of %s.", name, editionName(&o.report.Benchmark), o.time(collected))),
			Props:       oscalProps("account", a.Account, "alias", a.Alias, "snapshot-digest", a.Snapshot.Digest),
			Links:       []oscalLink{{Href: "#" + evidence, Rel: "snapshot"}},
		},
	}
	if !o.at.Before(collected) {
		v.result.End = o.time(o.at)
	}
	for _, status := range Statuses {
		v.result.Props = append(v.result.Props, oscalProps("count-"+strings.ReplaceAll(string(status), "_", "-"), fmt.Sprint(a.Summary.Count(status)))...)
	}
	for i := range a.Results {
		v.row(&a.Results[i])
	}
	v.gaps()
	v.reviewed()
	v.result.LocalDefinitions = &oscalLocal{Inventory: v.inventory, Assets: v.assets()}
	return v.result
}

func (o *oscalWriter) time(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// oscalProps are properties in our namespace, of names and values by turns; one without a value is left out.
func oscalProps(pairs ...string) []oscalProp {
	var props []oscalProp
	for i := 0; i+1 < len(pairs); i += 2 {
		if value := plain(pairs[i+1]); value != "" {
			props = append(props, oscalProp{pairs[i], oscalNS, value})
		}
	}
	return props
}

// oscalMarks are the characters that Markdown would take for more than text: titles, descriptions and remarks are Markdown in OSCAL.
var oscalMarks = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "[", `\[`, "]", `\]`, "<", `\<`, "~", `\~`, "^", `\^`, "{{", `\{\{`)

// oscalText is a text as Markdown that shows it as it is, in one line.
func oscalText(text string) string { return oscalMarks.Replace(plain(text)) }

// oscalParagraphs adds a paragraph to remarks.
func oscalParagraphs(before, text string) string {
	return strings.Join(nonEmpty(before, oscalText(text)), "\n\n")
}

// oscalToken is a text as a name that XML allows: other characters become an underscore.
func oscalToken(text string) string {
	token := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) || strings.ContainsRune("._-", r) {
			return r
		}
		return '_'
	}, plain(text))
	if first := []rune(token + "_")[0]; first == '_' || unicode.IsLetter(first) {
		return token
	}
	return "_" + token
}

// oscalFragment is a JSON pointer as the fragment of a URI.
func oscalFragment(pointer string) string {
	return (&url.URL{Fragment: pointer}).EscapedFragment()
}
