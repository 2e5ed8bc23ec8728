// Package remediation works out what to change in an account so that the controls that fail would pass, and proves it: each change is
// made on a copy of the snapshot first, and the same policies judge the copy. It never changes an account itself.
//
// A [Plan] is one account's: the changes in the order in which they must be made, the steps that need a human, and what each control
// says before and after. [Write] puts a plan into a format that makes the changes: a script of AWS CLI calls and others.
package remediation

import (
	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// SchemaName is the contract that a result as JSON keeps.
const SchemaName = "cistern/fix/v1"

// Options is how plans are made. Only Evaluate.Benchmark is needed.
type Options struct {
	Evaluate evaluator.Options // its Controls are those to mend; all others are judged, too, so that none is broken
	Unknown  bool              // mend what is unknown, too, where a change would decide it
	Waived   bool              // mend what is waived, too

	// What a plan takes where the account has nothing of the kind. They are the values of the plan's variables.
	Email     string // subscribed to the topic; asked for where none is given
	Namespace string // of new metrics; CISBenchmark if empty
	Topic     string // name of a new topic, or the name or ARN of one that is there and must be taken
	Key       string // the KMS key of trails; asked for where none is given
	Region    string // where a first trail is made; the partition's main region if empty
}

// Result is the plans of all accounts of a run.
type Result struct {
	Schema    string           `json:"schema"`
	Tool      report.Tool      `json:"tool"`
	Benchmark report.Benchmark `json:"benchmark"`
	Policies  report.Policies  `json:"policies"`
	Plans     []Plan           `json:"accounts"`
}

// Done tells whether the changes alone make everything pass that was to be mended.
func (r *Result) Done() bool {
	for i := range r.Plans {
		if len(r.Plans[i].Steps) > 0 {
			return false
		}
	}
	return true
}

// Plan is what one account needs. Every text of it may hold variables: see [Text].
type Plan struct {
	Account   string `json:"account"` // its 12 digits
	Alias     string `json:"alias,omitempty"`
	Partition string `json:"partition"`
	Digest    string `json:"snapshot"` // of the snapshot that the plan was made for
	// CollectedAt is the moment that the snapshot shows, RFC 3339: what was changed since, the plan does not know.
	CollectedAt string     `json:"collected_at"`
	Variables   []Variable `json:"variables"`
	Changes     []Change   `json:"changes"` // in the order in which they must be made
	Steps       []Step     `json:"steps"`   // for a human, in order
	// Permissions are the IAM actions that the changes take.
	Permissions []string  `json:"permissions"`
	Controls    []Control `json:"controls"`
	// Accounts are others of the run whose plans must be carried out, too, before this account's controls pass.
	Accounts []string `json:"needs_accounts"`
	// Assumptions are what the proof takes for granted: that a subscriber confirms, that a trail delivers.
	Assumptions []string `json:"assumptions"`
}

// Control is one control that was to be mended, or that a change mends, too.
type Control struct {
	ID      string        `json:"id"`
	Control string        `json:"control"`
	Title   string        `json:"title"`
	Before  report.Status `json:"before"`
	After   report.Status `json:"after"` // of the copy on which all changes are made, under the plan's assumptions
	Steps   bool          `json:"needs_steps"`
}

// Step is something that only a human can do, or should decide.
type Step struct {
	When     When     `json:"when"`
	Text     string   `json:"text"`
	Commands []string `json:"commands,omitempty"` // of the AWS CLI, where some help; to be run in Account
	Account  string   `json:"account"`
	Controls []string `json:"controls"` // by id, that need it
}

// When says how a step stands to the changes.
type When string

// The times of a step.
const (
	Before  When = "before"  // decide, or prepare, before the changes are made
	After   When = "after"   // the changes take effect only then
	Instead When = "instead" // no change was found that makes the control pass, and Text says why
)

// Kind is what a change changes.
type Kind string

// The kinds, in the order in which changes are made: what others rest on comes first.
const (
	BucketKind       Kind = "bucket"          // Bucket: S3 bucket for the log files of a new trail
	LogGroupKind     Kind = "log_group"       // LogGroup
	RoleKind         Kind = "role"            // Role: lets CloudTrail write to a log group
	TrailKind        Kind = "trail"           // Trail: created, or some fields of it updated
	SelectorsKind    Kind = "event_selectors" // Trail: its EventSelectors or AdvancedEventSelectors
	LoggingKind      Kind = "logging"         // Trail: is started
	TopicKind        Kind = "topic"           // Topic
	SubscriptionKind Kind = "subscription"    // Subscription: somebody must confirm it
	FilterKind       Kind = "metric_filter"   // Filter
	AlarmKind        Kind = "alarm"           // Alarm
	HubKind          Kind = "security_hub"    // Hub: Security Hub is switched on in a region
)

var kinds = []Kind{BucketKind, LogGroupKind, RoleKind, TrailKind, SelectorsKind, LoggingKind, TopicKind, SubscriptionKind, FilterKind, AlarmKind, HubKind}

// Change is one change of one resource, as it must be afterwards. Of the pointers the one that Kind names is set, and points to all
// that the resource shall be: what a change does not mean to touch is there as the snapshot has it.
type Change struct {
	Kind     Kind     `json:"kind"`
	Create   bool     `json:"create"` // the resource is not there yet
	Region   string   `json:"region"`
	Name     string   `json:"name"`
	Fields   []string `json:"fields,omitempty"` // of an update: those that differ from the snapshot
	Why      string   `json:"why"`              // one sentence
	Notes    []string `json:"notes,omitempty"`  // what to know of it: what it costs, what it leaves out
	Controls []string `json:"controls"`         // by id, that it serves
	Calls    []Call   `json:"calls"`            // of the AWS API that make it

	Bucket       *Bucket                 `json:"-"`
	LogGroup     *snapshots.LogGroup     `json:"-"`
	Role         *Role                   `json:"-"`
	Trail        *snapshots.Trail        `json:"-"`
	Topic        *snapshots.Topic        `json:"-"`
	Subscription *snapshots.Subscription `json:"-"`
	Filter       *snapshots.MetricFilter `json:"-"`
	Alarm        *snapshots.Alarm        `json:"-"`
	Hub          *snapshots.Hub          `json:"-"`

	was *Change // of a trail, a filter or an alarm: the record as the snapshot has it, nil in it if there is none
}

// Bucket is an S3 bucket that one trail may write to, and that nobody else can read who has no permission of the account's.
type Bucket struct {
	Name   string
	Region string
	Policy Document
}

// Role is an IAM role that CloudTrail assumes to write to one log group.
type Role struct {
	Name     string
	Trust    Document
	Inline   string // the name of its inline policy
	Policy   Document
	Existing bool // the role is there: only the inline policy is added
}

// Call is one call of the AWS API, by the AWS CLI's names.
type Call struct {
	Service    string `json:"service"`    // "logs"
	Operation  string `json:"operation"`  // "put-metric-filter"
	Parameters Object `json:"parameters"` // as --cli-input-json takes them
}
