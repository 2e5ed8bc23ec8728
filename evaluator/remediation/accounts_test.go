package remediation

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/snapshots"
)

// organization is a management account that owns the trail of all, and a member that has nothing but the sight of it.
func organization(t *testing.T) (management, member *snapshots.Snapshot) {
	management, member = sample(t, "compliant"), sample(t, "compliant")
	trailIn(management).IsOrganizationTrail = snapshots.Of(true)
	member.Account.ID = "444455556666"
	member.CloudTrail.Trails = []snapshots.Trail{*trailIn(management)}
	member.Logs = snapshots.Logs{LogGroups: []snapshots.LogGroup{}, MetricFilters: []snapshots.MetricFilter{}}
	member.CloudWatch.Alarms = []snapshots.Alarm{}
	member.SNS = snapshots.SNS{Topics: []snapshots.Topic{}, Subscriptions: []snapshots.Subscription{}}
	for i := range member.SecurityHub.Hubs {
		h := &member.SecurityHub.Hubs[i]
		h.HubArn = strings.Replace(h.HubArn, "111122223333", member.Account.ID, 1)
	}
	return management, member
}

// TestGoldenAccounts breaks an organisation in several ways, with and without the management account's snapshot.
func TestGoldenAccounts(t *testing.T) {
	engine, o := shipped(t)
	var all strings.Builder
	for _, c := range []struct {
		name  string
		alone bool // without the snapshot of the management account
		is    func(management, member *snapshots.Snapshot)
	}{
		{"the management account's alarm", false, func(m, _ *snapshots.Snapshot) { alarmIn(m, "RootUsage").Threshold = snapshots.Of(9.0) }},
		{"the organisation's trail is stopped", false, func(m, n *snapshots.Snapshot) {
			trailIn(m).Status.IsLogging, trailIn(n).Status.IsLogging = snapshots.Of(false), snapshots.Of(false)
		}},
		{"the organisation's trail is stopped, says a member", true, func(_, n *snapshots.Snapshot) {
			trailIn(n).Status.IsLogging, trailIn(n).LogFileValidationEnabled = snapshots.Of(false), nil
		}},
		{"nobody hears the central topic", false, func(m, _ *snapshots.Snapshot) {
			m.SNS.Subscriptions = []snapshots.Subscription{}
			m.SNS.Topics[0].Attributes.SubscriptionsConfirmed = said("0")
		}},
		{"nothing is broken, and nobody knows", true, func(_, _ *snapshots.Snapshot) {}},
	} {
		t.Run(c.name, func(t *testing.T) {
			management, member := organization(t)
			c.is(management, member)
			accounts := []*snapshots.Snapshot{management, member}
			if c.alone {
				accounts = accounts[1:]
			}
			r := propose(t, engine, o, accounts...)
			fmt.Fprintf(&all, "# %s\n", c.name)
			for i := range r.Plans {
				p := &r.Plans[i]
				fmt.Fprintf(&all, "## %s\n%s", p.Account, summary(p))
				if len(p.Accounts) > 0 {
					fmt.Fprintf(&all, "needs %s\n", strings.Join(p.Accounts, ", "))
				}
				for _, s := range p.Steps {
					for _, command := range s.Commands {
						fmt.Fprintf(&all, "  %s: %s\n", s.Account, command)
					}
				}
				if !c.alone {
					made := &cloud{t, accounts[i]}
					made.make(p)
				}
			}
			all.WriteString("\n")
			if c.alone {
				return
			}
			member.CloudTrail.Trails[0] = management.CloudTrail.Trails[0] // as the next collection shows it
			again := propose(t, engine, o, accounts...)
			for i := range again.Plans {
				if left := summary(&again.Plans[i]); left != "" {
					t.Errorf("account %s: after all changes got:\n%s\nwant nothing left", again.Plans[i].Account, left)
				}
			}
		})
	}
	golden(t, "accounts", all.String())
}
