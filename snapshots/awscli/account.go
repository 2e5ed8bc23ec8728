package awscli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cistern-audit/cistern/snapshots"
)

// builder makes the snapshot of one account out of its files.
type builder struct {
	id      string
	files   []*file
	known   []*call
	options Options
	result  *Result

	s       *snapshots.Snapshot
	regions map[string]bool // that the files are of
	enabled []string        // nil if nobody asked
	actions *directory      // the topics that the alarms act on
}

func (b *builder) build() (*snapshots.Snapshot, error) {
	b.s = &snapshots.Snapshot{
		Schema:  snapshots.SchemaName,
		Account: snapshots.Account{ID: b.id, Partition: b.partition()},
		Gaps:    []snapshots.Gap{},
	}
	b.s.Collection.Source = "aws-cli"
	if b.options.ToolVersion != "" {
		b.s.Collection.ToolVersion = &b.options.ToolVersion
	}
	b.s.CollectedAt = b.collectedAt()
	b.regions = map[string]bool{}
	for _, f := range b.files {
		if f.call != nil && f.call.scope != global {
			b.regions[f.region] = true
		}
	}
	for _, read := range []func() error{
		b.identity, b.readRegions, b.trails, b.logs, b.alarms, b.muteRules, b.topics, b.subscriptions, b.hubs,
	} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	b.calls()
	return b.s, nil
}

// partition is the one that the ARNs of the account name.
func (b *builder) partition() string {
	for _, f := range b.files {
		if f.call == nil {
			continue
		}
		for _, field := range f.ownFields() {
			if found := ownARN().FindStringSubmatch(field); found != nil {
				arn, _ := snapshots.ParseARN(found[1])
				return arn.Partition
			}
		}
	}
	return "aws"
}

func (b *builder) collectedAt() snapshots.Time {
	if !b.options.CollectedAt.IsZero() {
		return snapshots.At(b.options.CollectedAt)
	}
	var said, newest time.Time
	for _, f := range b.files {
		if f.time.After(said) {
			said = f.time
		}
		if f.modified.After(newest) {
			newest = f.modified
		}
	}
	if !said.IsZero() {
		return snapshots.At(said)
	}
	at := snapshots.At(newest.Truncate(time.Second))
	b.result.note("", "account %s: no %s in the folder: collected_at is %s, the time of its newest file; --collected-at sets it",
		b.id, timeFile, at)
	return at
}

func (b *builder) call(operation string) *call { return find(b.known, operation) }

// answers are the files of a call, in the order of regions and paths.
func (b *builder) answers(operation string) []*file {
	var found []*file
	for _, f := range b.files {
		if f.call != nil && f.call.operation == operation {
			found = append(found, f)
		}
	}
	slices.SortStableFunc(found, func(x, y *file) int { return strings.Compare(x.region+" "+x.path, y.region+" "+y.path) })
	return found
}

func (b *builder) identity() error {
	for _, f := range b.answers("get-caller-identity") {
		if f.failure != nil {
			continue // who asked is no evidence
		}
		var answer struct {
			UserID *string         `json:"UserId"`
			ARN    string          `json:"Arn"`
			ID     string          `json:"Account"`
			Extra  snapshots.Extra `json:",extra"`
		}
		if err := b.unmarshal(f, &answer, &answer.Extra); err != nil {
			return err
		}
		if answer.ID != b.id {
			return &Error{File: f.path, Err: fmt.Errorf("read: account %s among the files of %s", answer.ID, b.id)}
		}
		b.s.Collection.Caller = &snapshots.Caller{ARN: answer.ARN, UserID: answer.UserID}
	}
	for _, f := range b.answers("list-account-aliases") {
		var answer struct {
			AccountAliases []string        `json:"AccountAliases"`
			Extra          snapshots.Extra `json:",extra"`
		}
		if f.failure != nil {
			b.gapOf(f, nil)
			continue
		}
		if err := b.unmarshal(f, &answer, &answer.Extra); err != nil {
			return err
		}
		if len(answer.AccountAliases) > 0 {
			b.s.Account.Alias = &answer.AccountAliases[0]
		}
	}
	return b.organization()
}

func (b *builder) organization() error {
	for _, f := range b.answers("describe-organization") {
		if f.failure != nil {
			if f.failure.code != "AWSOrganizationsNotInUseException" {
				b.gapOf(f, nil)
			}
			continue
		}
		var answer struct {
			Organization struct {
				ID     string          `json:"Id"`
				Master string          `json:"MasterAccountId"`
				Extra  snapshots.Extra `json:",extra"`
			} `json:"Organization"`
			Extra snapshots.Extra `json:",extra"`
		}
		if err := b.unmarshal(f, &answer, &answer.Extra); err != nil {
			return err
		}
		if answer.Organization.ID != "" {
			b.s.Account.Organization = &snapshots.Organization{ID: answer.Organization.ID, MasterAccountID: answer.Organization.Master}
		}
	}
	return nil
}

// readRegions finds out which regions the account can use.
func (b *builder) readRegions() error {
	enabled, skipped, asked := map[string]bool{}, map[string]bool{}, false
	files := append(b.answers("describe-regions"), b.answers("list-regions")...)
	for _, f := range files {
		if f.failure != nil {
			continue
		}
		var answer struct {
			Regions []struct {
				Name   string          `json:"RegionName"`
				OptIn  string          `json:"OptInStatus"`
				Status string          `json:"RegionOptStatus"`
				Extra  snapshots.Extra `json:",extra"`
			} `json:"Regions"`
			Extra snapshots.Extra `json:",extra"`
		}
		if err := b.unmarshal(f, &answer, &answer.Extra); err != nil {
			return err
		}
		asked = true
		for _, r := range answer.Regions {
			off := r.OptIn == "not-opted-in" || strings.HasPrefix(r.Status, "DISABL")
			enabled[r.Name], skipped[r.Name] = !off, off
		}
	}
	regions := &snapshots.Regions{}
	for _, name := range sortedRegions(skipped) {
		if skipped[name] && !b.regions[name] {
			regions.Skipped = append(regions.Skipped, snapshots.SkippedRegion{Name: name, Why: "not opted in"})
		} else if enabled[name] || b.regions[name] {
			b.enabled = append(b.enabled, name)
		}
	}
	switch {
	case asked:
		b.enabled = snapshots.Listed(b.enabled)
		regions.Enabled = b.enabled
	case len(files) > 0:
		b.gapOf(files[0], nil)
	default:
		b.gap("", b.call("describe-regions"), nil, "nobody asked which regions the account can use")
	}
	if asked || regions.Skipped != nil {
		b.s.Collection.Regions = regions
	}
	return nil
}

// expected are the regions whose lists a snapshot needs: those that the account can use, and those that the files are
// of.
func (b *builder) expected() []string {
	all := map[string]bool{}
	for _, name := range b.enabled {
		all[name] = true
	}
	for name := range b.regions {
		all[name] = true
	}
	return sortedRegions(all)
}

// unmarshal reads an answer, and says what of it is not kept.
func (b *builder) unmarshal(f *file, into any, unknown *snapshots.Extra) error {
	if err := snapshots.Unmarshal(f.data, into); err != nil {
		return &Error{File: f.path, Err: err}
	}
	for _, name := range []string{"NextToken", "nextToken", "ResponseMetadata", "IsTruncated", "Marker"} {
		delete(*unknown, name)
	}
	for name := range *unknown {
		b.result.note(f.path, "the field %q is not part of a snapshot and was not kept", name)
	}
	return nil
}

// gap records a call that nobody made.
func (b *builder) gap(region string, c *call, resource *string, message string) {
	b.s.Gaps = append(b.s.Gaps, snapshots.Gap{Region: region, Service: c.service, Operation: c.operation, Resource: resource,
		Kind: snapshots.NotAttempted, Message: message})
}

// gapOf records the error that a file holds in the place of an answer.
func (b *builder) gapOf(f *file, resource *string) {
	region := f.region
	if f.call.scope == global {
		region = ""
	}
	g := snapshots.Gap{Region: region, Service: f.call.service, Operation: f.call.operation,
		Resource: resource, Kind: f.failure.kind(), Code: f.failure.code, Message: f.failure.message}
	if action := snapshots.ActionOf(g.Service, g.Operation); g.Kind == snapshots.Denied && action != "" {
		g.Action = &action
	}
	b.s.Gaps = append(b.s.Gaps, g)
}

// calls records the files as calls, with their digests.
func (b *builder) calls() {
	b.s.Collection.Calls = []snapshots.Call{}
	for _, f := range b.files {
		if f.call == nil {
			continue
		}
		c := snapshots.Call{Service: f.call.service, Operation: f.call.operation, Region: f.region, Status: "ok", SHA256: &f.sum}
		if f.call.scope == global {
			c.Region = ""
		}
		if f.failure != nil {
			c.Status, c.Code = string(f.failure.kind()), &f.failure.code
		}
		if f.call.param != "" && f.name != "" {
			c.Params = map[string]string{f.call.param: f.name}
		}
		b.s.Collection.Calls = append(b.s.Collection.Calls, c)
	}
}
