package evaluator

import (
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/policies"
	"github.com/cistern-audit/cistern/snapshots"
)

func TestEvidenceThatIsNotThereIsUnknown(t *testing.T) {
	const deny = "package mine.c\n\nimport future.keywords.not\n\n"
	hubs := deny + `deny contains "no hub" if count(input.securityhub.hubs) == 0`
	status := deny + `deny contains trail.Name if {
	some trail in input.cloudtrail.trails
	not trail.Status.IsLogging
}`
	names := deny + `deny contains trail.Name if {
	some trail in input.cloudtrail.trails
	trail.Name == "forbidden"
}`
	careful := deny + `deny contains trail.Name if {
	some trail in input.cloudtrail.trails
	count(input.gaps) == 0
	not trail.Status.IsLogging
}`
	library := deny + `import data.policies.lib.trails

deny contains "x" if count(trails.listed) == 0`
	noHubs := func(s *snapshots.Snapshot) { s.SecurityHub.Hubs = nil }
	denied := func(s *snapshots.Snapshot) {
		s.CloudTrail.Trails[0].Status = nil
		s.Gaps = []snapshots.Gap{{Region: "us-east-1", Service: "cloudtrail", Operation: "get-trail-status", Kind: snapshots.Denied, Code: "AccessDenied", Message: "no"}}
	}
	whole := func(*snapshots.Snapshot) {}
	for _, test := range []struct {
		name, policy string
		change       func(*snapshots.Snapshot)
		want         report.Status
		message      string
	}{
		{"a list was read", hubs, whole, report.Pass, ""},
		{"a list was not read", hubs, noHubs, report.Unknown, "the snapshot has no securityhub.hubs (securityhub describe-hub)"},
		{"another list was not read", names, noHubs, report.Pass, ""},
		{"a field was not read", status, denied, report.Unknown, "cloudtrail get-trail-status could not be read in us-east-1 (denied)"},
		{"a field that nobody asks for was not read", names, denied, report.Pass, ""},
		{"the policy asks for gaps itself", careful, denied, report.Pass, ""},
		{"the library reads", library, denied, report.Pass, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			sources := []Source{{Name: "policies", FS: policies.FS, Catalogue: true}, {Name: "mine", FS: policyFS(map[string]string{"c.rego": test.policy})}}
			engine, err := Compile(t.Context(), sources)
			if err != nil {
				t.Fatal(err)
			}
			all, err := Benchmarks(sources)
			if err != nil {
				t.Fatal(err)
			}
			s := sample(t, "compliant")
			test.change(s)
			r, err := engine.Evaluate(t.Context(), []Input{{Name: "a.json", Snapshot: s}}, Options{Benchmark: all[0], Controls: []string{"c"}})
			if err != nil {
				t.Fatal(err)
			}
			result := r.Accounts[0].Results[0]
			if result.Status != test.want {
				t.Errorf("status: got %s, want %s; %+v", result.Status, test.want, result)
			}
			said := ""
			for _, f := range result.Findings {
				said += f.Message + "\n"
			}
			if !strings.Contains(said, test.message) {
				t.Errorf("findings: got %q, want %q", said, test.message)
			}
		})
	}
}
