// Package accounts makes up the accounts of an organisation, for measurements: as many as wanted, each another one, each always
// the same. Most pass, and every link of the chain from the trail to the subscriber is broken in some.
package accounts

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/cistern-audit/cistern/snapshots"
)

// Fleet is accounts that are all made up from one seed. The zero value is a fleet too.
type Fleet struct {
	// Seed makes another fleet of the same accounts.
	Seed uint64
	// Alarms is how many metric alarms each account has; as many as a typical one has if 0.
	Alarms int
	// Alone makes every account watch its own trail: none points to another.
	Alone bool
}

// kind is the part that an account plays in its organisation.
type kind int

const (
	manager kind = iota // owns the organisation's trail, and watches it where the central account does not
	central             // has the topic that others' alarms act on
	alone               // watches its own trail with its own alarms
	reports             // watches its own trail; its alarms act on the central topic
	member              // has only the organisation's trail, which others watch
)

// perOrganization is how many accounts an organisation has, the manager first and the central account second.
const perOrganization = 100

// Typical is account i of those that watch their own trail, about 65 KB of JSON.
func Typical(i int) *snapshots.Snapshot { return Fleet{Seed: 1}.build(i, alone, 0).snapshot }

// Large is an account that watches its own trail and has this many metric alarms: 5,000 are about 3.4 MB of JSON.
func Large(alarms int) *snapshots.Snapshot {
	f := Fleet{Seed: 1, Alarms: max(alarms, 1)}
	return f.build(2, alone, 0).snapshot
}

// ID is the number of account i: twelve digits, another one for every i.
func ID(i int) string {
	const step, accounts = 618033988749, 899999999981 // coprime
	return fmt.Sprint(100000000000 + (uint64(i)%accounts)*(step%accounts)%accounts)
}

// Account is account i as it was on a day, counted from 0. Accounts drift: what breaks on some day is mended on a later one.
func (f Fleet) Account(i, day int) *snapshots.Snapshot { return f.build(i, f.kindOf(i), day).snapshot }

// Day is the date of a day of the fleet's: 2026-01-05 is the first.
func Day(day int) string { return first().AddDate(0, 0, day).Format(time.DateOnly) }

func first() time.Time { return time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC) }

func (f Fleet) kindOf(i int) kind {
	switch {
	case f.Alone:
		return alone
	case i%perOrganization == 0:
		return manager
	case i%perOrganization == 1:
		return central
	}
	switch roll := f.random(i, "kind").IntN(100); {
	case roll < 60:
		return alone
	case roll < 75:
		return reports
	}
	return member
}

// random is the dice of one account for one purpose, so that a change of one purpose leaves the others as they are.
func (f Fleet) random(i int, purpose string) *rand.Rand {
	sum := f.Seed*0x9e3779b97f4a7c15 + 1
	for _, c := range []byte(purpose) {
		sum = (sum ^ uint64(c)) * 0x100000001b3
	}
	return rand.New(rand.NewPCG(sum, uint64(i)*0xbf58476d1ce4e5b9))
}

// draft is an account that is being made.
type draft struct {
	fleet    Fleet
	i        int
	kind     kind
	dice     *rand.Rand
	id, home string
	regions  []string // sorted
	moment   time.Time
	snapshot *snapshots.Snapshot
	// denied are the calls that the account refuses, and gone the topics that are not there.
	denied []refusal
	gone   []string
}

func (f Fleet) build(i int, k kind, day int) *draft {
	d := f.draft(i, k, day)
	d.addTrails()
	if d.watches() {
		d.addWatches()
	}
	d.addAlarms()
	d.addTopics()
	d.addHubs()
	for _, breaks := range f.defects(d, day) {
		breaks(d)
	}
	d.refuse()
	d.addLedger()
	return d
}

// watches tells whether metric filters are in this account.
func (d *draft) watches() bool {
	return d.kind == alone || d.kind == reports || d.id == d.watcher()
}

// organization is the number of the account's organisation, and its accounts.
func (d *draft) organization() int { return d.i / perOrganization }

func (d *draft) managerID() string { return ID(d.organization() * perOrganization) }
func (d *draft) centralID() string { return ID(d.organization()*perOrganization + 1) }

// watcher is the account whose log group the organisation's trail delivers to: the manager, or the central account.
func (d *draft) watcher() string {
	if d.organization()%2 == 1 {
		return d.centralID()
	}
	return d.managerID()
}

func (f Fleet) draft(i int, k kind, day int) *draft {
	d := &draft{fleet: f, i: i, kind: k, dice: f.random(i, "facts"), id: ID(i)}
	d.regions = [][]string{
		{"eu-west-1", "us-east-1"},
		{"eu-central-1", "eu-west-1", "us-east-1"},
		{"ap-southeast-2", "us-east-1", "us-west-2"},
		{"eu-west-1", "us-east-1", "us-east-2", "us-west-2"},
	}[d.organization()%4]
	d.home = "us-east-1"
	if d.kind == alone && d.dice.IntN(4) == 0 {
		d.home = d.regions[0]
	}
	clock := time.Duration(f.random(i, "clock").IntN(4*3600_000)) * time.Millisecond
	d.moment = first().AddDate(0, 0, day).Add(2*time.Hour + clock)
	organization := snapshots.Organization{ID: fmt.Sprintf("o-fleet%05d", d.organization()), MasterAccountID: d.managerID()}
	d.snapshot = &snapshots.Snapshot{
		Schema: snapshots.SchemaName,
		Account: snapshots.Account{
			ID: d.id, Partition: "aws", Alias: snapshots.Of(fmt.Sprintf("%s-%s-%05d", d.team(), d.stage(), i)), Organization: &organization,
		},
		CollectedAt: snapshots.At(d.moment),
		Collection: snapshots.Collection{
			Source: "aws",
			Caller: &snapshots.Caller{
				ARN:    "arn:aws:sts::" + d.id + ":assumed-role/cistern-audit/cistern",
				UserID: snapshots.Of("AROAFLEETAUDITROLE000:cistern"),
			},
			Regions: &snapshots.Regions{Enabled: d.regions},
		},
		CloudTrail: snapshots.CloudTrail{Trails: []snapshots.Trail{}},
		Logs:       snapshots.Logs{LogGroups: []snapshots.LogGroup{}, MetricFilters: []snapshots.MetricFilter{}},
		CloudWatch: snapshots.CloudWatch{
			Alarms: []snapshots.Alarm{}, CompositeAlarms: []snapshots.CompositeAlarm{}, LogAlarms: []snapshots.LogAlarm{}, MuteRules: []snapshots.MuteRule{},
		},
		SNS:         snapshots.SNS{Topics: []snapshots.Topic{}, Subscriptions: []snapshots.Subscription{}},
		SecurityHub: snapshots.SecurityHub{Hubs: []snapshots.Hub{}},
		Gaps:        []snapshots.Gap{},
	}
	return d
}

func (d *draft) team() string {
	return pick(d.fleet.random(d.i, "team"), "checkout", "billing", "search", "identity", "data", "mobile", "warehouse", "partners")
}

func (d *draft) stage() string { return pick(d.fleet.random(d.i, "stage"), "prod", "staging", "dev") }

// before is a moment before the snapshot, up to this long ago, but the same on every day.
func (d *draft) before(most time.Duration) snapshots.Time {
	ago := time.Duration(d.dice.Int64N(int64(most/time.Second))) * time.Second
	return snapshots.At(first().Add(-ago))
}

func (d *draft) arn(service, region, resource string) string {
	return "arn:aws:" + service + ":" + region + ":" + d.id + ":" + resource
}

// hex is random hexadecimal digits, as request ids and resources have them.
func hex(dice *rand.Rand, digits int) string {
	const alphabet = "0123456789abcdef"
	out := make([]byte, digits)
	for i := range out {
		out[i] = alphabet[dice.IntN(16)]
	}
	return string(out)
}

func uuid(dice *rand.Rand) string {
	h := hex(dice, 32)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:]
}

func pick[T any](dice *rand.Rand, choices ...T) T { return choices[dice.IntN(len(choices))] }
