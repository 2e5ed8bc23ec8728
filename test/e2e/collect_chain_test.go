//go:build e2e

package e2e

import (
	"slices"
	"testing"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// apply makes the calls of a damage, one after the other.
func (c caller) apply(t *testing.T, calls calls) {
	t.Helper()
	for _, call := range calls {
		if i := slices.Index(call, subscriptionARN); i >= 0 {
			call = slices.Clone(call)
			call[i] = c.aws(t, "sns", "list-subscriptions-by-topic", "--topic-arn", c.topic(), "--query", "Subscriptions[0].SubscriptionArn")
		}
		c.aws(t, call...)
	}
}

// statuses are the verdicts of a report's first account, by control.
func statuses(r *report.Report) map[string]report.Status {
	all := map[string]report.Status{}
	for _, row := range r.Accounts[0].Results {
		all[row.Control] = row.Status
	}
	return all
}

// testChain breaks one link at a time.
func testChain(t *testing.T, program string, c caller) {
	r, _ := evaluate(t, program, collect(t, program, c).file)
	before := statuses(r)
	for _, d := range damages(t, c) {
		t.Run(d.name, func(t *testing.T) {
			c.apply(t, d.does)
			r, code := evaluate(t, program, collect(t, program, c).file)
			d.expect(t, before, r)
			if breaks := d.link != "" || len(d.also) > 0; breaks && code != 3 || !breaks && code != 0 {
				t.Errorf("cistern evaluate: got exit code %d, want 3 if something fails, else 0", code)
			}
			c.apply(t, d.mends)
		})
	}
}
