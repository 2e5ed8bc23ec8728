package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"unicode/utf8"
)

// batchesOf are the calls that a report is imported with.
func batchesOf(t *testing.T, r *Report) [][]asffFinding {
	t.Helper()
	var batches [][]asffFinding
	for line := range bytes.Lines(written(t, "asff", r, Style{})) {
		var batch []asffFinding
		if err := json.Unmarshal(line, &batch); err != nil {
			t.Fatal(err)
		}
		batches = append(batches, batch)
	}
	return batches
}

func TestASFFStatuses(t *testing.T) {
	batches := batchesOf(t, verdicts())
	if len(batches) != 2 {
		t.Fatalf("got %d batches, want one an account", len(batches))
	}
	got := map[string]string{}
	for _, f := range batches[0] {
		said := f.Compliance.Status + " " + f.Severity.Label
		if f.Workflow != nil {
			said += " " + f.Workflow.Status
		}
		if len(f.Compliance.StatusReasons) > 0 {
			said += " " + f.Compliance.StatusReasons[0].ReasonCode
		}
		got[f.ProductFields["cistern/Control"]] = said
	}
	want := map[string]string{
		"passes": "PASSED INFORMATIONAL", "fails": "FAILED CRITICAL", "attested": "FAILED MEDIUM SUPPRESSED", "waived": "FAILED MEDIUM SUPPRESSED",
		"unknown": "WARNING LOW CISTERN_EVIDENCE_MISSING", "not-applicable": "NOT_AVAILABLE INFORMATIONAL",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestASFFBatches(t *testing.T) {
	r := verdicts()
	fails := r.Accounts[1].Results[0]
	r.Accounts[1].Results = nil
	for i := range 2*asffBatch + 1 {
		fails.ID = fmt.Sprint(i)
		r.Accounts[1].Results = append(r.Accounts[1].Results, fails)
	}
	var sizes []int
	ids := map[string]bool{}
	for _, batch := range batchesOf(t, r) {
		sizes = append(sizes, len(batch))
		for _, f := range batch {
			ids[f.Id] = true
			if f.AwsAccountId != batch[0].AwsAccountId || f.ProductArn != batch[0].ProductArn {
				t.Errorf("got findings of %s and %s in one call", f.ProductArn, batch[0].ProductArn)
			}
		}
	}
	if want := []int{6, 100, 100, 1}; fmt.Sprint(sizes) != fmt.Sprint(want) || len(ids) != 207 {
		t.Errorf("got calls of %v and %d ids, want %v and 207", sizes, len(ids), want)
	}
	if got := written(t, "asff", &Report{Schema: SchemaName, AsOf: r.AsOf}, Style{}); len(got) > 0 {
		t.Errorf("got %q of no account, want no call", got)
	}
}

func TestASFFHome(t *testing.T) {
	find := func(resource, region string) *Account {
		return &Account{Results: []Result{{Findings: []Finding{{Resource: resource, Region: region}}}}}
	}
	for _, c := range []struct {
		name string
		a    *Account
		want home
	}{
		{"nothing is known", &Account{}, home{"aws", "us-east-1"}},
		{"a region of China", find("", "cn-northwest-1"), home{"aws-cn", "cn-northwest-1"}},
		{"a region of GovCloud", find("", "us-gov-east-1"), home{"aws-us-gov", "us-gov-east-1"}},
		{"an ARN alone", find("arn:aws-us-gov:iam::1:root", ""), home{"aws-us-gov", "us-gov-west-1"}},
		{"an ARN of China", find("arn:aws-cn:iam::1:root", ""), home{"aws-cn", "cn-north-1"}},
		{"both", find("arn:aws:sns:eu-west-1:1:x", "eu-west-1"), home{"aws", "eu-west-1"}},
		{"no names", find("arn:a\nb:sns:x:1:y", "a b:c"), home{"aws", "us-east-1"}},
	} {
		if got := homeOf(c.a); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestASFFResources(t *testing.T) {
	for _, c := range []struct{ resource, kind, partition, region string }{
		{"arn:aws:cloudtrail:us-east-1:1:trail/main", "AwsCloudTrailTrail", "aws", "us-east-1"},
		{"arn:aws-cn:cloudwatch:cn-north-1:1:alarm:a:b", "AwsCloudWatchAlarm", "aws-cn", "cn-north-1"},
		{"arn:aws-us-gov:sns:us-gov-west-1:1:ops", "AwsSnsTopic", "aws-us-gov", "us-gov-west-1"},
		{"arn:aws:s3:::bucket", "AwsS3Bucket", "aws", "eu-west-1"},
		{"arn:aws:kms:us-east-1:1:key/2", "AwsKmsKey", "aws", "us-east-1"},
		{"arn:aws:iam::1:root", "AwsAccount", "aws", "eu-west-1"},
		{"arn:aws:logs:us-east-1:1:log-group:x:*", "Other", "aws", "us-east-1"},
		{"arn:aws-iso:sns:us-iso-east-1:1:ops", "AwsSnsTopic", "", "us-iso-east-1"},
		{"metric Space/Name", "Other", "aws", "eu-west-1"},
	} {
		want := asffResource{c.kind, c.resource, c.partition, c.region}
		if got := asffResourceOf(c.resource, "eu-west-1", home{partition: "aws"}); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

// Security Hub refuses a finding with an empty or too long field.
func TestASFFLimits(t *testing.T) {
	for name, text := range hostileTexts {
		for _, batch := range batchesOf(t, hostile(t, text)) {
			for _, f := range batch {
				fields := []struct {
					name, value string
					least, most int
				}{
					{"Id", f.Id, 1, 512}, {"GeneratorId", f.GeneratorId, 1, 512}, {"Title", f.Title, 1, 256}, {"Description", f.Description, 1, 1024},
					{"AwsAccountName", f.AwsAccountName, 0, 50}, {"Resources.Id", f.Resources[0].Id, 1, 512}, {"Resources.Region", f.Resources[0].Region, 0, 16},
					{"RelatedRequirements", f.Compliance.RelatedRequirements[0], 1, 256}, {"StandardsId", f.Compliance.AssociatedStandards[0].StandardsId, 1, 256},
				}
				if f.Note != nil {
					fields = append(fields, []struct {
						name, value string
						least, most int
					}{{"Note.Text", f.Note.Text, 1, 512}, {"Note.UpdatedBy", f.Note.UpdatedBy, 1, 512}}...)
				}
				if f.Remediation != nil {
					fields = append(fields, struct {
						name, value string
						least, most int
					}{"Recommendation", f.Remediation.Recommendation.Text, 1, 512})
				}
				for _, field := range fields {
					if n := utf8.RuneCountInString(field.value); n < field.least || n > field.most {
						t.Errorf("%s: %s: got %d characters, want %d to %d", name, field.name, n, field.least, field.most)
					}
				}
				for key, value := range f.ProductFields {
					if n := utf8.RuneCountInString(value); n == 0 || n > 2048 || len(f.ProductFields) > 50 {
						t.Errorf("%s: %s: got %d characters of %d fields", name, key, n, len(f.ProductFields))
					}
				}
			}
		}
	}
}
