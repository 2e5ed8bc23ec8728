package snapshots_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

func TestSamplesAreValid(t *testing.T) {
	for _, name := range samples.Names() {
		s, err := samples.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range snapshots.Validate([]byte(canonical(t, s))) {
			t.Errorf("%s: got %s %s, want no problem", name, p.Severity, p)
		}
	}
}

// TestValidate breaks one thing in the compliant sample and expects that one problem.
func TestValidate(t *testing.T) {
	trail := func(s *snapshots.Snapshot) *snapshots.Trail { return &s.CloudTrail.Trails[0] }
	tests := []struct {
		name  string
		spoil func(*snapshots.Snapshot)
		want  string
	}{
		{"account id", func(s *snapshots.Snapshot) { s.Account.ID = "12" }, `error /account/id: expected twelve digits, got "12"`},
		{"partition", func(s *snapshots.Snapshot) { s.Account.Partition = "azure" }, `error /account/partition`},
		{"organisation", func(s *snapshots.Snapshot) { s.Account.Organization = &snapshots.Organization{ID: "o-1"} },
			`error /account/organization/master_account_id: expected twelve digits, got none`},
		{"source", func(s *snapshots.Snapshot) { s.Collection.Source = "" }, `warning /collection/source`},
		{"no region", func(s *snapshots.Snapshot) { s.Logs.LogGroups[0].Region = "" }, `error /logs/log_groups/0/region: expected a region (us-east-1), got none`},
		{"a region that is not enabled", func(s *snapshots.Snapshot) { s.Logs.MetricFilters[14].Region = "sa-east-1" }, `warning /logs/metric_filters/0/region`},
		{"a region twice", func(s *snapshots.Snapshot) { s.Collection.Regions.Enabled[0] = "us-east-1" }, `warning /collection/regions/enabled/1`},
		{"alarm of another account", func(s *snapshots.Snapshot) {
			s.CloudWatch.Alarms[0].AlarmArn = strings.Replace(s.CloudWatch.Alarms[0].AlarmArn, "111122223333", "444455556666", 1)
		}, `error /cloudwatch/alarms/14/AlarmArn: expected the account 111122223333, got "444455556666"`},
		{"topic of another region", func(s *snapshots.Snapshot) { s.SNS.Topics[0].Region = "eu-west-1" },
			`error /sns/topics/0/TopicArn: expected the record's region, "eu-west-1", got "us-east-1"`},
		{"wrong service", func(s *snapshots.Snapshot) {
			s.Logs.LogGroups[0].Arn = snapshots.Of("arn:aws:cloudwatch:us-east-1:111122223333:log-group:x:*")
		},
			`error /logs/log_groups/0/arn: expected an ARN of logs`},
		{"no ARN", func(s *snapshots.Snapshot) { s.SecurityHub.Hubs[0].HubArn = "hub" }, `error /securityhub/hubs/0/HubArn: expected an ARN, got "hub"`},
		{"a record twice", func(s *snapshots.Snapshot) { s.SNS.Topics = append(s.SNS.Topics, s.SNS.Topics[0]) },
			`error /sns/topics/1: expected each record once, got the same "arn:aws:sns:us-east-1:111122223333:security-alarms" as /sns/topics/0`},
		{"home region", func(s *snapshots.Snapshot) { trail(s).HomeRegion = snapshots.Of("eu-west-1") },
			`error /cloudtrail/trails/0/HomeRegion: expected the region of the ARN, "us-east-1", got "eu-west-1"`},
		{"foreign trail", func(s *snapshots.Snapshot) { trail(s).TrailARN = "arn:aws:cloudtrail:us-east-1:444455556666:trail/x" },
			`warning /cloudtrail/trails/0/TrailARN: expected account 111122223333, or an organisation trail`},
		{"no status", func(s *snapshots.Snapshot) { trail(s).Status = nil }, `warning /cloudtrail/trails/0/Status`},
		{"no selectors", func(s *snapshots.Snapshot) { trail(s).EventSelectors = nil }, `warning /cloudtrail/trails/0/EventSelectors`},
		{"list without a gap", func(s *snapshots.Snapshot) { s.SNS.Subscriptions = nil },
			`error /sns/subscriptions: expected a list, or a gap of sns list-subscriptions-by-topic, got neither`},
		{"kind of gap", func(s *snapshots.Snapshot) {
			s.Gaps = []snapshots.Gap{{Service: "sns", Operation: "list-topics", Kind: "lost"}}
		},
			`error /gaps/0/kind: expected denied, error, not_attempted or throttled, got "lost"`},
		{"spelling of a gap", func(s *snapshots.Snapshot) {
			s.Gaps = []snapshots.Gap{{Service: "sns", Operation: "ListTopics", Kind: snapshots.Denied}}
		}, `error /gaps/0/operation`},
		{"region of a gap", func(s *snapshots.Snapshot) {
			s.Gaps = []snapshots.Gap{{Region: "all", Service: "sns", Operation: "list-topics", Kind: snapshots.Denied}}
		}, `error /gaps/0/region`},
		{"digest of a call", func(s *snapshots.Snapshot) {
			s.Collection.Calls = []snapshots.Call{{Service: "sns", Operation: "list-topics", Status: "ok", SHA256: snapshots.Of("abc")}}
		}, `error /collection/calls/0/sha256`},
		{"status of a call", func(s *snapshots.Snapshot) {
			s.Collection.Calls = []snapshots.Call{{Service: "sns", Operation: "list-topics", Status: "fine"}}
		}, `warning /collection/calls/0/status`},
		{"unknown field", func(s *snapshots.Snapshot) {
			s.Logs.LogGroups[0].Extra = snapshots.Extra{"logGroupARN": json.RawMessage("1")}
		},
			`warning /logs/log_groups/0/logGroupARN`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := samples.Read("compliant")
			if err != nil {
				t.Fatal(err)
			}
			tt.spoil(s)
			found := []string{}
			for _, p := range snapshots.Validate([]byte(canonical(t, s))) {
				p.Offset = -1
				found = append(found, p.Severity.String()+" "+p.String())
			}
			if len(found) == 0 || !strings.HasPrefix(found[0], tt.want) && !strings.Contains(strings.Join(found, "\n"), tt.want) {
				t.Errorf("got problems %q, want %q", found, tt.want)
			}
		})
	}
}

func TestValidateText(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"not JSON", `{"schema": }`, `/schema (byte 11): expected JSON, got a value should stand here, not '}'`},
		{"other schema", `{"schema": "x"}`, `/schema: expected "cistern/snapshot/v1", got "x"`},
		{"no schema", `{}`, `/schema: expected "cistern/snapshot/v1", got none`},
	}
	for _, tt := range tests {
		problems := snapshots.Validate([]byte(tt.text))
		if len(problems) != 1 || problems[0].String() != tt.want {
			t.Errorf("%s: got %v, want only %q", tt.name, problems, tt.want)
		}
	}
	fine := minimal(`"gaps": null, "collected_at": "2026-01-05T11:00:00+01:00"`)
	fine = strings.Replace(fine, `"collected_at": "2026-01-05T10:00:00Z", `, "", 1)
	doubts := 0
	for _, p := range snapshots.Validate([]byte(fine)) {
		if p.Severity == snapshots.Doubtful && (p.Pointer == "/gaps" || p.Pointer == "/collected_at") {
			doubts++
		}
	}
	if doubts != 2 {
		t.Errorf("got %d warnings for a null list and a time that is not in UTC, want 2", doubts)
	}
}

// TestSchema checks the derived schema with an independent validator.
func TestSchema(t *testing.T) {
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(snapshots.Schema())))
	if err != nil {
		t.Fatal(err)
	}
	for _, draft := range []*jsonschema.Draft{jsonschema.Draft2020, jsonschema.Draft7} {
		plain := document.(map[string]any)
		if draft == jsonschema.Draft7 {
			plain["$schema"] = "http://json-schema.org/draft-07/schema#"
		}
		compiler := jsonschema.NewCompiler()
		if err := compiler.AddResource("snapshot.json", plain); err != nil {
			t.Fatal(err)
		}
		schema, err := compiler.Compile("snapshot.json")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range samples.Names() {
			s, err := samples.Read(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(instance(t, canonical(t, s))); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, bad := range []string{
			minimal(`"cloudtrail": {"trails": [{"region": "us-east-1", "TrailARN": "a", "IsMultiRegionTrail": "true"}]}`),
			minimal(`"cloudtrail": {"trails": [{"TrailARN": "a"}]}`),
			minimal(`"gaps": [{"service": "sns", "operation": "list-topics", "kind": "lost"}]`),
			minimal(`"gaps": {}`),
			`{}`,
		} {
			if err := schema.Validate(instance(t, bad)); err == nil {
				t.Errorf("%s: got no error from the schema", bad)
			}
		}
	}
}

func instance(t *testing.T, text string) any {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestRegionAndARN(t *testing.T) {
	for text, want := range map[string]bool{"us-east-1": true, "us-gov-west-1": true, "ap-southeast-3": true, "us-isob-east-1": true,
		"cn-north-1": true, "mx-central-1": true, "": false, "us-east": false, "us-east-1a": false, "all": false, "US-EAST-1": false,
		"cloudtrail-describe-trails": false, "111122223333": false} {
		if got := snapshots.IsRegion(text); got != want {
			t.Errorf("region %q: got %v, want %v", text, got, want)
		}
	}
	arn, ok := snapshots.ParseARN("arn:aws-cn:logs:cn-north-1:111122223333:log-group:a/b:*")
	if want := (snapshots.ARN{Partition: "aws-cn", Service: "logs", Region: "cn-north-1", Account: "111122223333", Resource: "log-group:a/b:*"}); !ok || arn != want {
		t.Errorf("got %+v, want %+v", arn, want)
	}
	for _, text := range []string{"PendingConfirmation", "Deleted", "", "arn:aws:sns", "arn::sns:::x"} {
		if _, ok := snapshots.ParseARN(text); ok {
			t.Errorf("%q: got an ARN, want none", text)
		}
	}
}
