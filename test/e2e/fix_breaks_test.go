//go:build e2e

package e2e

import (
	"slices"
	"strings"
	"testing"
)

// breaks are the ways to break one link of the chain, and what cistern fix must do about it. Where all controls are hit by a link that one
// change mends, all are asked for; where each would need a change, one is.
//
// What the emulator lets pass, and AWS would not, is proven by the tests of evaluator/remediation alone: that the new role may write to the log
// group, that the bucket lets the trail deliver, that the KMS key may be used.
func breaks(f filter) []broken {
	return slices.Concat(trailBreaks(), selectorBreaks(), filterBreaks(f), alarmBreaks(), topicBreaks())
}

// always makes the same calls in every account.
func always(made ...[]string) func(caller) calls { return func(caller) calls { return made } }

// rootOnly asks for one control.
func rootOnly() []string { return []string{"--control", root} }

func trailBreaks() []broken {
	update := func(flags ...string) []string {
		return append([]string{"cloudtrail", "update-trail", "--name", trailName}, flags...)
	}
	group := func(name func(c caller) string) func(caller) calls {
		return func(c caller) calls { return calls{update("--cloud-watch-logs-log-group-arn", name(c))} }
	}
	return []broken{
		{name: "no trail", does: always(deleteTrail()), asks: rootOnly(), steps: []string{"Approve role"},
			// A log group that no trail delivers to is not read, so that there is a new one, here and below.
			kinds: []string{"bucket", "log_group", "role", "trail", "logging", "metric_filter"}},
		{name: "logging stopped", does: always([]string{"cloudtrail", "stop-logging", "--name", trailName}), kinds: []string{"logging"}, stranger: true},
		{name: "one region", does: always(update("--no-is-multi-region-trail")), kinds: []string{"trail"}},
		{name: "no log group", does: group(func(caller) string { return "" }), asks: rootOnly(), steps: []string{"Approve what role"},
			kinds: []string{"log_group", "role", "trail", "metric_filter"}},
		{name: "log group missing", does: group(func(c caller) string { return c.groupARN("gone") }), asks: rootOnly(), steps: []string{"Approve what role"},
			kinds: []string{"log_group", "role", "metric_filter"}},
	}
}

func selectorBreaks() []broken {
	const objects = `"DataResources":[{"Type":"AWS::S3::Object","Values":["arn:aws:s3"]}]`
	put := func(selectors string) func(caller) calls {
		return always([]string{"cloudtrail", "put-event-selectors", "--trail-name", trailName, "--event-selectors", "[{" + selectors + "," + objects + "}]"})
	}
	advanced := func(fields ...string) func(caller) calls {
		return always([]string{"cloudtrail", "put-event-selectors", "--trail-name", trailName,
			"--advanced-event-selectors", `[{"Name":"mine","FieldSelectors":[` + strings.Join(fields, ",") + `]}]`})
	}
	kinds := []string{"event_selectors"}
	return []broken{
		{name: "writes only", does: put(`"ReadWriteType":"WriteOnly","IncludeManagementEvents":true`), kinds: kinds},
		{name: "no management events", does: put(`"ReadWriteType":"All","IncludeManagementEvents":false`), kinds: kinds},
		{name: "without KMS", does: put(`"ReadWriteType":"All","IncludeManagementEvents":true,"ExcludeManagementEventSources":["kms.amazonaws.com"]`), kinds: kinds},
		{name: "advanced, writes only", does: advanced(`{"Field":"eventCategory","Equals":["Management"]}`, `{"Field":"readOnly","Equals":["false"]}`), kinds: kinds},
	}
}

func filterBreaks(f filter) []broken {
	remove := []string{"logs", "delete-metric-filter", "--log-group-name", logGroup, "--filter-name", f.name}
	with := func(pattern string) func(caller) calls { return always(filterCall(filter{f.name, pattern}, f.name)) }
	body := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(f.pattern), "{"), "}")
	zero := filterCall(f, f.name)
	zero[len(zero)-1] = strings.Replace(zero[len(zero)-1], "metricValue=1", "metricValue=0", 1)
	kinds := []string{"metric_filter"}
	return []broken{
		{name: "filter deleted", does: always(remove), kinds: kinds},
		{name: "pattern misses events", does: with(`{ $.userIdentity.type = "Root" && $.eventName = "ConsoleLogin" }`), kinds: kinds},
		{name: "pattern excludes too much", does: with(`{ (` + body + `) && $.userIdentity.sessionContext.sessionIssuer.arn != "*automation*" }`), kinds: kinds},
		{name: "filter counts 0", does: always(zero), kinds: kinds},
		{name: "metric renamed", does: always(filterCall(f, "other")), kinds: []string{"alarm"}},
	}
}

func alarmBreaks() []broken {
	changed := func(flags ...string) func(caller) calls {
		return func(c caller) calls { return calls{alarmCall(root, c.topic(), flags...)} }
	}
	remove := []string{"cloudwatch", "delete-alarms", "--alarm-names", root}
	kinds := []string{"alarm"}
	return []broken{
		{name: "alarm deleted", does: always(remove), kinds: kinds},
		{name: "another namespace", does: changed("--namespace", "Other"), kinds: kinds},
		{name: "another metric", does: changed("--metric-name", "Other"), kinds: kinds},
		{name: "ten events", does: changed("--threshold", "10"), kinds: kinds},
		{name: "three periods", does: changed("--evaluation-periods", "3"), kinds: kinds},
		{name: "less than", does: changed("--comparison-operator", "LessThanThreshold"), kinds: kinds},
		{name: "minimum of two", does: changed("--statistic", "Minimum", "--threshold", "2"), kinds: kinds},
		{name: "alarm elsewhere", does: func(c caller) calls {
			return calls{remove, alarmCall(root, c.topic(), "--region", "eu-west-1")}
		}, kinds: kinds},
		{name: "actions disabled", does: changed("--no-actions-enabled"), kinds: kinds},
		{name: "no action", does: always(alarmCall(root, "")), kinds: kinds},
		{name: "a topic that is not there", does: func(c caller) calls { return calls{alarmCall(root, c.topic()+"-gone")} }, kinds: kinds},
	}
}

func topicBreaks() []broken {
	unsubscribe := []string{"sns", "unsubscribe", "--subscription-arn", subscriptionARN}
	return []broken{
		{name: "topic deleted", does: func(c caller) calls { return calls{{"sns", "delete-topic", "--topic-arn", c.topic()}} },
			kinds: []string{"topic", "subscription"}, steps: []string{"Confirm the subscription"}},
		{name: "nobody subscribed", does: always(unsubscribe), kinds: []string{"subscription"}, steps: []string{"Confirm the subscription"}},
		{name: "subscription pending", does: func(c caller) calls { return calls{unsubscribe, c.subscribeCall()} },
			steps: []string{"Confirm the pending subscription"}},
	}
}

// hostile is a name that AWS takes for filters and alarms, and that a shell would read.
const hostile = "root \"use\" & $HOME `id` \\ 'caf\u00e9' \u6771\u4eac; exit 1"

// accounts are whole accounts: as they should be, broken in many ways, with names that shells read, and with nothing in them.
func accounts(t *testing.T) []broken {
	t.Helper()
	weak := filter{hostile, `{ $.userIdentity.type = "Root" && $.eventName = "ConsoleLogin" }`}
	remove := calls{
		{"logs", "delete-metric-filter", "--log-group-name", logGroup, "--filter-name", root},
		{"cloudwatch", "delete-alarms", "--alarm-names", root},
	}
	return []broken{
		{name: "nothing is broken", does: always()},
		{name: "hostile names", does: func(c caller) calls {
			return append(remove, filterCall(weak, "rootuse"), alarmCall(hostile, c.topic(), "--metric-name", "rootuse", "--threshold", "10"))
		}, kinds: []string{"metric_filter", "alarm"}},
		{name: "much at once", does: func(c caller) calls {
			return slices.Concat(remove, calls{
				{"cloudtrail", "stop-logging", "--name", trailName},
				{"cloudtrail", "update-trail", "--name", trailName, "--no-is-multi-region-trail", "--no-enable-log-file-validation"},
				c.selectorsCall("WriteOnly"),
				alarmCall("nacl-changes", c.topic(), "--no-actions-enabled"),
				alarmCall("vpc-changes", ""),
				{"sns", "unsubscribe", "--subscription-arn", subscriptionARN},
				{"securityhub", "disable-security-hub", "--region", "eu-west-1"},
			})
		}, kinds: []string{"trail", "event_selectors", "logging", "subscription", "metric_filter", "alarm", "security_hub"},
			steps: []string{"Confirm the subscription"}},
		{name: "nothing is there", bare: true, does: always(),
			asks:  []string{"--kms-key", "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"},
			kinds: []string{"bucket", "log_group", "role", "trail", "event_selectors", "logging", "topic", "subscription", "metric_filter", "alarm", "security_hub"},
			steps: []string{"Approve role", "Confirm the subscription"}},
	}
}
