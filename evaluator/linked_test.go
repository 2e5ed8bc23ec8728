package evaluator

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/snapshots"
)

// The accounts of a small organisation: management owns the trail, logs the log group and the alarms, alerts the topic.
const (
	member, management, logs, alerts = "111122223333", "222233334444", "333344445555", "444455556666"
)

const echoPolicy = `# METADATA
# title: What is linked
# custom: {control: log-validation, severity: low}
package policies.echo

verdict := {"status": "pass", "notes": [], "findings": [{"status": "pass", "message": "linked", "evidence": {"linked": input.linked}, "pointers": pointers}]}

pointers := [$"{fragment.account.id}#/sns/topics/{i}/TopicArn" | some fragment in input.linked; some i, _ in fragment.sns.topics]
`

// in is the compliant account as if it were another one.
func in(t *testing.T, account string) *snapshots.Snapshot {
	t.Helper()
	text, err := sample(t, "compliant").Canonical()
	if err != nil {
		t.Fatal(err)
	}
	s, err := snapshots.Read(strings.NewReader(strings.ReplaceAll(string(text), member, account)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// organisation is four accounts, each of which holds one piece of the member's chain, and more that is no part of it.
func organisation(t *testing.T) []Input {
	trail := "arn:aws:cloudtrail:us-east-1:" + management + ":trail/management-events"
	group := "arn:aws:logs:us-east-1:" + logs + ":log-group:cloudtrail/management-events:*"
	topic := "arn:aws:sns:us-east-1:" + alerts + ":security-alarms"

	m := in(t, member)
	m.CloudTrail.Trails[0].TrailARN = trail
	m.CloudTrail.Trails[0].CloudWatchLogsLogGroupArn = &group
	m.CloudTrail.Trails[0].Status, m.CloudTrail.Trails[0].EventSelectors = nil, nil
	m.CloudWatch.Alarms, m.Logs.MetricFilters = snapshots.Listed[snapshots.Alarm](nil), nil

	owner := in(t, management)
	owner.CloudTrail.Trails[0].CloudWatchLogsLogGroupArn = &group

	central := in(t, logs)
	for i := range central.CloudWatch.Alarms {
		central.CloudWatch.Alarms[i].AlarmActions = []string{topic}
	}
	central.Logs.MetricFilters = append(central.Logs.MetricFilters, snapshots.MetricFilter{Region: "us-east-1", LogGroupName: "other", FilterName: "Other"})
	central.CloudWatch.Alarms = append(central.CloudWatch.Alarms, snapshots.Alarm{Region: "us-east-1", AlarmName: "Other", MetricName: snapshots.Of("Other"), Namespace: snapshots.Of("x")})
	central.CloudWatch.CompositeAlarms = append(central.CloudWatch.CompositeAlarms,
		snapshots.CompositeAlarm{Region: "us-east-1", AlarmName: "Any", AlarmRule: snapshots.Of(`ALARM("RootAccountUsage") OR ALARM(AwsConfigChanges)`)},
		snapshots.CompositeAlarm{Region: "us-east-1", AlarmName: "Above", AlarmRule: snapshots.Of(`ALARM("arn:aws:cloudwatch:us-east-1:` + logs + `:alarm:Any")`)},
		snapshots.CompositeAlarm{Region: "us-east-1", AlarmName: "Else", AlarmRule: snapshots.Of(`ALARM("Nothing")`)})
	central.Gaps = append(central.Gaps,
		snapshots.Gap{Region: "us-east-1", Service: "logs", Operation: "describe-log-groups", Kind: snapshots.Denied},
		snapshots.Gap{Region: "eu-west-1", Service: "logs", Operation: "describe-log-groups", Kind: snapshots.Denied},
		snapshots.Gap{Region: "us-east-1", Service: "securityhub", Operation: "describe-hub", Kind: snapshots.Denied})

	people := in(t, alerts)
	people.SNS.Topics = append(people.SNS.Topics, snapshots.Topic{Region: "us-east-1", TopicArn: "arn:aws:sns:us-east-1:" + alerts + ":a-first-one"})
	people.CloudWatch = snapshots.CloudWatch{}
	return []Input{{"people.json", people}, {"member.json", m}, {"central.json", central}, {"owner.json", owner}}
}

// linkedTo is what the account's policy saw of the others, and its pointers.
func linkedTo(t *testing.T, account string, inputs []Input) (fragments map[string]map[string]any, pointers []string) {
	t.Helper()
	e, o := testRun(t, map[string]string{"x.rego": echoPolicy}, testEdition)
	rep, err := e.Evaluate(t.Context(), inputs, o)
	if err != nil {
		t.Fatal(err)
	}
	fragments = map[string]map[string]any{}
	for _, a := range rep.Accounts {
		if a.Account != account {
			continue
		}
		finding := a.Results[0].Findings[0]
		for _, each := range finding.Evidence["linked"].([]any) {
			fragment := each.(map[string]any)
			fragments[fragment["account"].(map[string]any)["id"].(string)] = fragment
		}
		pointers = finding.Pointers
	}
	return fragments, pointers
}

// names is the value of one field of each record of a list; nil if the list is not there.
func names(fragment map[string]any, section, list, field string) []string {
	records, ok := fragment[section].(map[string]any)
	if !ok {
		return nil
	}
	members, ok := records[list].([]any)
	if !ok {
		return nil
	}
	found := []string{}
	for _, each := range members {
		name, _ := each.(map[string]any)[field].(string)
		found = append(found, name)
	}
	return found
}

func TestLinkedHoldsWhatIsPointedTo(t *testing.T) {
	fragments, pointers := linkedTo(t, member, organisation(t))
	if len(fragments) != 3 {
		t.Fatalf("got fragments of %d accounts, want 3", len(fragments))
	}
	if got := names(fragments[management], "cloudtrail", "trails", "Name"); !reflect.DeepEqual(got, []string{"management-events"}) {
		t.Errorf("got trails %q, want the organisation trail as its owner sees it", got)
	}
	if got := names(fragments[management], "logs", "metric_filters", "filterName"); len(got) != 0 || got == nil {
		t.Errorf("got filters %q of the owner, want an empty list: none is pointed to", got)
	}
	central := fragments[logs]
	if got := names(central, "logs", "metric_filters", "filterName"); len(got) != 15 {
		t.Errorf("got filters %q, want the 15 of the trail's log group", got)
	}
	if got := names(central, "cloudwatch", "alarms", "AlarmName"); len(got) != 15 {
		t.Errorf("got alarms %q, want the 15 on the filters' metrics", got)
	}
	if got := names(central, "cloudwatch", "composite_alarms", "AlarmName"); !reflect.DeepEqual(got, []string{"Above", "Any"}) {
		t.Errorf("got composite alarms %q, want Above and Any", got)
	}
	if got := central["gaps"].([]any); len(got) != 1 {
		t.Errorf("got gaps %v, want the one of that region and chain", got)
	}
	if got := names(fragments[alerts], "sns", "topics", "TopicArn"); len(got) != 1 || !strings.HasSuffix(got[0], ":security-alarms") {
		t.Errorf("got topics %q, want security-alarms", got)
	}
	if _, ok := fragments[alerts]["cloudwatch"]; ok {
		t.Error("got a list of alarms that the other snapshot does not have, want it absent")
	}
	want := []string{alerts + "#/sns/topics/1/TopicArn"}
	if !reflect.DeepEqual(pointers, want) {
		t.Errorf("got pointers %q, want %q: the index in the whole snapshot", pointers, want)
	}
}

func TestLinkedIsEmptyOfItself(t *testing.T) {
	for _, account := range []string{logs, alerts} {
		fragments, _ := linkedTo(t, account, organisation(t))
		if _, ok := fragments[account]; ok {
			t.Errorf("%s: got a fragment of itself, want only others", account)
		}
	}
	fragments, _ := linkedTo(t, member, organisation(t)[1:2])
	if len(fragments) != 0 {
		t.Errorf("got %v for one account, want no fragments", fragments)
	}
}

func TestLinkedFollowsAMonitoringAccount(t *testing.T) {
	watcher := in(t, alerts)
	watcher.CloudWatch.Alarms = []snapshots.Alarm{{
		Region: "us-east-1", AlarmName: "Watch", AlarmArn: "arn:aws:cloudwatch:us-east-1:" + alerts + ":alarm:Watch",
		Metrics: []snapshots.MetricDataQuery{{
			Id: "m", AccountId: snapshots.Of(member),
			MetricStat: &snapshots.MetricStat{Metric: &snapshots.Metric{Namespace: snapshots.Of("CISBenchmark"), MetricName: snapshots.Of("AwsConfigChanges")}},
		}},
	}}
	fragments, _ := linkedTo(t, member, []Input{{"watcher.json", watcher}, {"member.json", in(t, member)}})
	if got := names(fragments[alerts], "cloudwatch", "alarms", "AlarmName"); !reflect.DeepEqual(got, []string{"Watch"}) {
		t.Errorf("got %q, want the alarm that watches the member's metric", got)
	}
}

func TestAlarmsIn(t *testing.T) {
	cases := map[string]string{
		`ALARM("a b") OR NOT OK(c)`: "a b,c",
		`ALARM(arn:aws:cloudwatch:us-east-1:111122223333:alarm:x) AND (ALARM( "y" ) OR FALSE)`: "x,y",
		`ALARM('a b') OR ALARM(a b)`: "a b,a b",
		`TRUE`:                       "",
	}
	for rule, want := range cases {
		if got := strings.Join(alarmsIn(rule), ","); got != want {
			t.Errorf("%s: got %s, want %s", rule, got, want)
		}
	}
}

func TestParseARN(t *testing.T) {
	got, err := json.Marshal(parseARN("arn:aws-us-gov:logs:us-gov-west-1:111122223333:log-group:a/b:*").logGroup())
	if err != nil || string(got) != `"a/b"` {
		t.Errorf("got %s, want the group's name", got)
	}
	if (parseARN("PendingConfirmation") != arn{}) {
		t.Error("got an ARN of a text that is none")
	}
}
