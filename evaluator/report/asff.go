package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// What Security Hub takes: findings in a call, and characters in a field.
const (
	asffBatch       = 100
	asffID          = 512
	asffTitle       = 256
	asffDescription = 1024
	asffText        = 512 // of a note and of a recommendation
	asffField       = 2048
	asffName        = 50 // of an account
	asffRegion      = 16
	asffResources   = 32
)

// asffFinding is a finding of the AWS Security Finding Format, 2018-10-08.
type asffFinding struct {
	SchemaVersion  string
	Id             string
	ProductArn     string
	ProductName    string
	CompanyName    string
	GeneratorId    string
	AwsAccountId   string
	AwsAccountName string `json:",omitempty"`
	Types          []string
	CreatedAt      string
	UpdatedAt      string
	Severity       asffSeverity
	Title          string
	Description    string
	Remediation    *asffRemediation `json:",omitempty"`
	ProductFields  map[string]string
	Resources      []asffResource
	Compliance     asffCompliance
	Workflow       *asffWorkflow `json:",omitempty"`
	Note           *asffNote     `json:",omitempty"`
	RecordState    string
}

type asffSeverity struct {
	Label    string
	Original string `json:",omitempty"`
}

type asffRemediation struct{ Recommendation struct{ Text string } }

type asffResource struct {
	Type      string
	Id        string
	Partition string `json:",omitempty"`
	Region    string `json:",omitempty"`
}

type asffCompliance struct {
	Status              string
	RelatedRequirements []string
	AssociatedStandards []asffStandard
	StatusReasons       []asffReason `json:",omitempty"`
}

type asffStandard struct{ StandardsId string }

type asffReason struct{ ReasonCode, Description string }

type asffWorkflow struct{ Status string }

type asffNote struct{ Text, UpdatedBy, UpdatedAt string }

// asffStatuses are the statuses of Security Hub. It has none for what only a person can judge, so that is left out.
var asffStatuses = map[Status]string{
	Pass: "PASSED", Fail: "FAILED", Waived: "FAILED", Unknown: "WARNING", NotApplicable: "NOT_AVAILABLE",
}

var asffSeverities = map[string]string{"critical": "CRITICAL", "high": "HIGH", "medium": "MEDIUM", "low": "LOW"}

// asffTypes are the resources that Security Hub has a type for, by the service in the ARN and how the rest begins.
var asffTypes = [...]struct{ service, prefix, kind string }{
	{"cloudtrail", "trail/", "AwsCloudTrailTrail"},
	{"cloudwatch", "alarm:", "AwsCloudWatchAlarm"},
	{"sns", "", "AwsSnsTopic"},
	{"sqs", "", "AwsSqsQueue"},
	{"s3", "", "AwsS3Bucket"},
	{"kms", "key/", "AwsKmsKey"},
	{"lambda", "function:", "AwsLambdaFunction"},
	{"iam", "root", "AwsAccount"},
	{"iam", "role/", "AwsIamRole"},
	{"iam", "user/", "AwsIamUser"},
}

// writeASFF writes one line for each call of BatchImportFindings: an array of at most 100 findings of one account. Security Hub takes
// findings of the caller's own account and region only, so that no line has those of two.
func writeASFF(w io.Writer, s *Stream, _ Style) error {
	at, err := reportTime(s.Head)
	if err != nil {
		return err
	}
	return s.each(func(_ int, a *Account) error {
		for batch := range slices.Chunk(asffFindings(s, a, at), asffBatch) {
			if err := encode(w, batch, ""); err != nil {
				return err
			}
		}
		return nil
	})
}

func asffFindings(s *Stream, a *Account, at time.Time) []asffFinding {
	r := s.Head
	home := homeOf(a)
	var all []asffFinding
	for i := range a.Results {
		row := &a.Results[i]
		status, known := asffStatuses[asffVerdict(row)]
		if !known {
			continue
		}
		f := asffFinding{
			SchemaVersion: "2018-10-08",
			Id:            stableID(r, a, row),
			ProductArn:    fmt.Sprintf("arn:%s:securityhub:%s:%s:product/%s/default", home.partition, home.region, plain(a.Account), plain(a.Account)),
			// Security Hub keeps these two of a product of the user's own.
			ProductName: "cistern", CompanyName: "cistern",
			GeneratorId:    cut(plain("cistern/"+r.Benchmark.ID+"/"+row.Control), asffID),
			AwsAccountId:   plain(a.Account),
			AwsAccountName: cut(plain(a.Alias), asffName),
			Types:          []string{asffType(&r.Benchmark)},
			CreatedAt:      earlier(collectedAt(a, at), at).Format(time.RFC3339), UpdatedAt: at.Format(time.RFC3339),
			Severity:    asffSeverityOf(row),
			Title:       cut(heading(row), asffTitle),
			Description: cut(reason(row), asffDescription),
			Resources:   asffResourcesOf(a, row, home),
			Compliance: asffCompliance{
				Status:              status,
				RelatedRequirements: []string{cut(plain(r.Benchmark.ID+"/"+row.ID), asffTitle)},
				AssociatedStandards: []asffStandard{{cut(plainOr(r.Benchmark.ID, "none"), asffTitle)}},
			},
			RecordState: "ACTIVE",
		}
		f.explain(s, a, row, at)
		all = append(all, f)
	}
	return all
}

// asffVerdict is what a finding says: of a row that somebody answers for what the data says, so that the finding of an earlier run does not
// stay as it was.
func asffVerdict(row *Result) Status {
	if row.Status == Manual && row.Attestation != nil {
		return row.Attestation.Status
	}
	return row.Status
}

// asffGaps is what of the account could not be read, as far as a field holds it.
func asffGaps(a *Account) string {
	var all []string
	for i := range a.Gaps {
		all = append(all, gapText(&a.Gaps[i]))
	}
	if len(all) == 0 {
		return ""
	}
	return fmt.Sprintf("%d: %s", len(all), strings.Join(all, "; "))
}

// explain adds what depends on the status: why it is not known, who answers for it, the way out.
func (f *asffFinding) explain(s *Stream, a *Account, row *Result, at time.Time) {
	r := s.Head
	fields := map[string]string{
		"cistern/Verdict": string(row.Status), "cistern/Control": row.Control, "cistern/Edition": r.Benchmark.ID, "cistern/Id": row.ID,
		"cistern/Assessment": row.Assessment, "cistern/SnapshotDigest": a.Snapshot.Digest, "cistern/PoliciesDigest": r.Policies.Digest,
		"cistern/Version": r.Tool.Version,
	}
	for i := range row.Exceptions {
		fields["cistern/Exceptions"] += exceptedText(&row.Exceptions[i]) + " "
	}
	fields["cistern/Endpoints"] = strings.Join(endpointTexts(a), " ") // not AWS itself
	fields["cistern/NotRead"] = asffGaps(a)
	fields["cistern/RegionsLeftOut"] = strings.Join(a.RegionsLeftOut, " ")
	fields["cistern/Notes"] = strings.Join(row.Notes, "; ")
	fields["cistern/RunNotes"] = strings.Join(r.Notes, "; ")
	fields["cistern/PolicySources"] = strings.Join(sourceTexts(r), "; ")
	fields["cistern/PolicyErrors"] = strings.Join(unusableFor(s, a), "; ")
	fields["cistern/Unread"] = strings.Join(someUnread(r), "; ")
	if decided := deciding(row); len(decided) > 0 {
		fields["cistern/Link"] = decided[0].Link
		fields["cistern/Pointers"] = strings.Join(decided[0].Pointers, " ")
		if event, told := decided[0].Evidence["missed_event"]; told && event != nil {
			fields["cistern/MissedEvent"] = eventText(event, "")
		}
	}
	if asffVerdict(row) == Unknown {
		f.Compliance.StatusReasons = []asffReason{{"CISTERN_EVIDENCE_MISSING", cut(reason(row), asffDescription)}}
	}
	if waiver := row.Waiver; row.Status == Waived {
		f.Workflow = &asffWorkflow{"SUPPRESSED"}
		if waiver != nil {
			f.Note = &asffNote{cut(plain(waivedText(waiver)), asffText), cut(plainOr(waiver.Owner, "cistern"), asffText), at.Format(time.RFC3339)}
			fields["cistern/WaiverOwner"], fields["cistern/WaiverExpires"], fields["cistern/WaiverTicket"] = waiver.Owner, waiver.Expires, waiver.Ticket
		}
	}
	if attested := row.Attestation; attested != nil {
		f.Workflow = &asffWorkflow{"SUPPRESSED"}
		f.Note = &asffNote{cut(plain(attestedText(attested)), asffText), cut(plainOr(attested.Owner, "cistern"), asffText), at.Format(time.RFC3339)}
		fields["cistern/AttestationOwner"], fields["cistern/AttestationExpires"], fields["cistern/AttestationEvidence"] = attested.Owner, attested.Expires, attested.Evidence
	}
	if text := wayLine(row); text != "" && row.Status != Pass && row.Status != NotApplicable {
		f.Remediation = &asffRemediation{}
		f.Remediation.Recommendation.Text = cut(text, asffText)
	}
	f.ProductFields = map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if text := plain(fields[name]); text != "" {
			f.ProductFields[name] = cut(text, asffField)
		}
	}
}

// asffType is the kind of the finding in Security Hub's own words.
func asffType(b *Benchmark) string {
	if strings.HasPrefix(b.ID, "cis-") {
		return "Software and Configuration Checks/Industry and Regulatory Standards/CIS AWS Foundations Benchmark"
	}
	return "Software and Configuration Checks/AWS Security Best Practices"
}

func asffSeverityOf(row *Result) asffSeverity {
	if row.Status == Pass || row.Status == NotApplicable {
		return asffSeverity{"INFORMATIONAL", plain(row.Severity)} // Security Hub's own word for no issue
	}
	return asffSeverity{cmp.Or(asffSeverities[row.Severity], "MEDIUM"), plain(row.Severity)}
}

// asffResourcesOf are the resources that the verdict rests on, or else the account.
func asffResourcesOf(a *Account, row *Result, home home) []asffResource {
	var all []asffResource
	for _, f := range resourcesOf(row) {
		if len(all) == asffResources {
			break
		}
		all = append(all, asffResourceOf(f.Resource, f.Region, home))
	}
	if len(all) == 0 {
		all = append(all, asffResource{"AwsAccount", cut("AWS::::Account:"+plain(a.Account), asffID), asffPartition(home.partition), ""})
	}
	return all
}

func asffResourceOf(resource, region string, home home) asffResource {
	found := asffResource{"Other", cut(plain(resource), asffID), asffPartition(home.partition), ""}
	if arn := strings.SplitN(resource, ":", 6); len(arn) == 6 && arn[0] == "arn" {
		found.Partition = asffPartition(arn[1])
		region = cmp.Or(arn[3], region)
		for _, t := range asffTypes {
			if arn[2] == t.service && strings.HasPrefix(arn[5], t.prefix) {
				found.Type = t.kind
				break
			}
		}
	}
	if region = plain(region); len(region) <= asffRegion {
		found.Region = region
	}
	return found
}

// asffPartition is the partition if Security Hub knows it as one of a resource.
func asffPartition(name string) string {
	if name == "aws" || name == "aws-cn" || name == "aws-us-gov" {
		return name
	}
	return ""
}

// home is where an account's findings are sent.
type home struct{ partition, region string }

// homeOf is the region that most findings of an account are about, the first by name of several. Where none is named, it is the first
// region of the partition that the findings' ARNs are of.
func homeOf(a *Account) home {
	regions, partitions := map[string]int{}, map[string]int{}
	for i := range a.Results {
		for _, f := range a.Results[i].Findings {
			arn := strings.SplitN(f.Resource, ":", 6)
			if len(arn) == 6 && arn[0] == "arn" && isName(arn[1]) {
				partitions[arn[1]]++
			}
			if isName(f.Region) {
				regions[f.Region]++
			}
		}
	}
	h := home{most(partitions), most(regions)}
	if h.partition == "" {
		h.partition = partitionOf(h.region)
	}
	if h.region == "" {
		h.region = map[string]string{"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}[h.partition]
	}
	h.region = cmp.Or(h.region, "us-east-1")
	return h
}

func partitionOf(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// most is the name that was counted most often, the first by name of several; none if nothing was counted.
func most(counted map[string]int) string {
	best := ""
	for _, name := range slices.Sorted(maps.Keys(counted)) {
		if best == "" || counted[name] > counted[best] {
			best = name
		}
	}
	return best
}

// isName reports whether a text can be the name of a region or partition, so that it can stand in an ARN.
func isName(text string) bool {
	const longest = 32
	return text != "" && len(text) <= longest && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}
