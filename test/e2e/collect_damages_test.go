//go:build e2e

package e2e

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// calls are calls of the AWS CLI, to be made one after the other.
type calls [][]string

// damage breaks an account at one link of the chain, and mends it again.
type damage struct {
	name        string
	does, mends calls
	// hit are the controls that are then not met, at the link; every one that watches events if empty.
	hit     []string
	link    string // empty if the chain holds as before
	message string // a part of what the finding says
	// also are the other controls that are then not met.
	also []string
}

// subscriptionARN stands for the ARN of the subscription, which the emulator names anew each time.
const subscriptionARN = "SUBSCRIPTION"

// damages are the ways to break what build made of the caller's account.
func damages(t *testing.T, c caller) []damage {
	t.Helper()
	return slices.Concat(c.trailDamages(), c.selectorDamages(), c.groupDamages(), c.filterDamages(one(t, root)), c.alarmDamages(), c.topicDamages())
}

func (c caller) trailDamages() []damage {
	stop, start := []string{"cloudtrail", "stop-logging", "--name", trailName}, []string{"cloudtrail", "start-logging", "--name", trailName}
	update := func(flag string) []string { return []string{"cloudtrail", "update-trail", "--name", trailName, flag} }
	also := []string{"cloudtrail-multi-region", "s3-data-events-write", "s3-data-events-read"}
	return []damage{
		{"logging stopped", calls{stop}, calls{start}, nil, "trail", "is not logging", also},
		{"one region", calls{update("--no-is-multi-region-trail")}, calls{update("--is-multi-region-trail")}, nil, "trail", "home region us-east-1 only", also},
		{"no trail", calls{deleteTrail()}, c.trailCalls(), nil, "trail", "has no trail", append([]string{"cloudtrail-log-validation", "cloudtrail-kms"}, also...)},
	}
}

func deleteTrail() []string { return []string{"cloudtrail", "delete-trail", "--name", trailName} }

func (c caller) selectorDamages() []damage {
	// The emulator keeps advanced selectors beside classic ones, so that the trail is made anew.
	advanced := func(fields ...string) calls {
		return slices.Concat(calls{deleteTrail()}, c.bareTrailCalls(), calls{{"cloudtrail", "put-event-selectors", "--trail-name", trailName,
			"--advanced-event-selectors", `[{"FieldSelectors":[` + strings.Join(fields, ",") + `]}]`}})
	}
	classic := append(calls{deleteTrail()}, c.trailCalls()...)
	const management, writes = `{"Field":"eventCategory","Equals":["Management"]}`, `{"Field":"readOnly","Equals":["false"]}`
	objects := []string{"s3-data-events-write", "s3-data-events-read"}
	return []damage{
		{"writes only", calls{c.selectorsCall("WriteOnly")}, calls{c.selectorsCall("All")}, nil, "event_selectors", "read",
			[]string{"cloudtrail-multi-region", "s3-data-events-read"}},
		{"advanced selectors", advanced(management), classic, nil, "", "", objects},
		{"advanced selectors of writes", advanced(management, writes), classic, nil, "event_selectors", "read", append([]string{"cloudtrail-multi-region"}, objects...)},
	}
}

func (c caller) groupDamages() []damage {
	to := func(arn string) []string {
		return []string{"cloudtrail", "update-trail", "--name", trailName, "--cloud-watch-logs-log-group-arn", arn}
	}
	back := calls{to(c.groupARN(logGroup))}
	other := []string{"logs", "create-log-group", "--log-group-name", "other"}
	return []damage{
		{"another log group", calls{other, to(c.groupARN("other"))}, back, nil, "metric_filter", "no metric filter", nil},
		{"no such log group", calls{to(c.groupARN("gone"))}, back, nil, "log_group", "which does not exist", nil},
		{"no log group", calls{to("")}, back, nil, "log_group", "delivers to no", nil},
	}
}

func (c caller) filterDamages(f filter) []damage {
	// The emulator adds a filter beside the one of the same name.
	remove := []string{"logs", "delete-metric-filter", "--log-group-name", logGroup, "--filter-name", f.name}
	again := calls{remove, filterCall(f, f.name)}
	weak := filter{f.name, `{ $.userIdentity.type = "Root" && $.eventName = "ConsoleLogin" }`}
	hit := []string{f.name}
	return []damage{
		{"filter deleted", calls{remove}, calls{filterCall(f, f.name)}, hit, "metric_filter", "none of them feeds", nil},
		{"pattern weakened", calls{remove, filterCall(weak, f.name)}, again, hit, "pattern", "missed", nil},
		{"metric renamed", calls{remove, filterCall(f, "other")}, again, hit, "alarm", "watches metric " + f.name + ", the filter's name; the metric is other", nil},
	}
}

func (c caller) alarmDamages() []damage {
	whole := calls{alarmCall(root, c.topic())}
	changed := func(flags ...string) calls { return calls{alarmCall(root, c.topic(), flags...)} }
	abroad := []string{"--region", "eu-west-1"}
	remove := []string{"cloudwatch", "delete-alarms", "--alarm-names", root}
	hit := []string{root}
	return []damage{
		{"alarm deleted", calls{remove}, whole, hit, "alarm", "no alarm watches", nil},
		{"another namespace", changed("--namespace", "Other"), whole, hit, "alarm", "watches namespace Other while the metric is in " + namespace, nil},
		{"ten events", changed("--threshold", "10"), whole, hit, "alarm", "needs 10 events in 300 s", nil},
		{"alarm elsewhere", calls{remove, slices.Concat(alarmCall(root, c.topic()), abroad)}, append(calls{slices.Concat(remove, abroad)}, whole...), hit,
			"alarm", "is in eu-west-1 while the metric is in us-east-1", nil},
		{"actions disabled", changed("--no-actions-enabled"), whole, hit, "action", "ActionsEnabled", nil},
		{"no action", calls{alarmCall(root, "")}, whole, hit, "action", "no action for the ALARM state", nil},
		{"no such topic", changed("--alarm-actions", c.topic()+"-gone"), whole, hit, "topic", "does not exist", nil},
	}
}

func (c caller) topicDamages() []damage {
	create := []string{"sns", "create-topic", "--name", topicName}
	remove := []string{"sns", "delete-topic", "--topic-arn", c.topic()}
	unsubscribe := []string{"sns", "unsubscribe", "--subscription-arn", subscriptionARN}
	there := c
	there.region = "eu-west-1"
	abroad := func(call []string) []string { return slices.Concat(call, []string{"--region", there.region}) }
	return []damage{
		{"topic elsewhere", calls{abroad(create), abroad(there.subscribeCall()), alarmCall(root, there.topic())},
			calls{alarmCall(root, c.topic()), abroad([]string{"sns", "delete-topic", "--topic-arn", there.topic()})}, nil, "", "", nil},
		{"topic deleted", calls{remove}, calls{create, c.subscribeCall()}, nil, "topic", "does not exist", nil},
		{"nobody subscribed", calls{unsubscribe}, calls{c.subscribeCall()}, nil, "subscription", "nobody", nil},
	}
}

// expect holds a report against what the damage does to the verdicts of the account when nothing is broken.
func (d damage) expect(t *testing.T, before map[string]report.Status, r *report.Report) {
	t.Helper()
	want := maps.Clone(before)
	for _, control := range d.also {
		want[control] = report.Fail
	}
	for _, row := range r.Accounts[0].Results {
		hit := d.link != "" && watching(row) && (len(d.hit) == 0 || slices.Contains(d.hit, row.Control))
		if hit {
			want[row.Control] = report.Fail
		}
		if row.Status != want[row.Control] {
			t.Errorf("%s: got %s, want %s: %v", row.Control, row.Status, want[row.Control], row.Findings)
			continue
		}
		right := func(f report.Finding) bool { return f.Link == d.link && strings.Contains(f.Message, d.message) }
		if hit && !slices.ContainsFunc(row.Findings, right) {
			t.Errorf("%s: got %+v, want link %q and %q", row.Control, row.Findings, d.link, d.message)
		}
	}
}
