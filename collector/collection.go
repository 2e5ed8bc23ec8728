package collector

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cistern-audit/cistern/snapshots"
)

// collection is the reading of one account. It is dropped with its clients and limiters when the snapshot is made, so that
// memory does not grow with the number of accounts.
type collection struct {
	session *Session
	member  Member
	cfg     aws.Config
	clients *clients
	limits  *limits

	regional []string // the regions that were asked all that is asked of regions
	why      string   // nothing could be asked for, if that is so

	held int // bytes of answers; the session's budget guards it

	following sync.WaitGroup // calls that follow from the answers of others

	mu       sync.Mutex // guards all below
	snapshot *snapshots.Snapshot
	listed   []snapshots.Trail // as the regions listed them
	trails   []snapshots.Trail // one record of each; only the calls about it touch it

	askedTopics map[string]bool // by ARN
	askedGroups map[trailGroup]bool
}

func (s *Session) collection(m Member) *collection {
	c := &collection{session: s, member: m, cfg: s.cfg, limits: newLimits(), askedTopics: map[string]bool{}, askedGroups: map[trailGroup]bool{}}
	c.clients = newClients(s.cfg)
	c.snapshot = &snapshots.Snapshot{
		Schema:      snapshots.SchemaName,
		Account:     snapshots.Account{ID: m.ID, Partition: m.Partition},
		CollectedAt: snapshots.At(s.options.Now().Truncate(time.Second)),
		Gaps:        []snapshots.Gap{},
	}
	c.snapshot.Collection.Source = "aws"
	if s.options.ToolVersion != "" {
		c.snapshot.Collection.ToolVersion = &s.options.ToolVersion
	}
	return c
}

// account reads all of it: who it is, then every region, then what follows from the answers of the regions.
func (c *collection) account(ctx context.Context) {
	if !c.enter(ctx) {
		return
	}
	var regions []string
	together(
		func() { regions = c.findRegions(ctx) },
		func() { c.alias(ctx) },
		func() { c.organization(ctx) },
	)
	c.inRegions(ctx, regions)
	if homes := c.homesBeyond(); len(homes) > 0 {
		c.inRegions(ctx, homes)
	}
	for _, r := range readers() {
		if r.after != nil {
			r.after(c, ctx)
		}
	}
	c.following.Wait()
	for _, r := range readers() {
		if r.end != nil {
			c.keep(func(s *snapshots.Snapshot) { r.end(c, s) })
		}
	}
}

// inRegions asks what is asked of every region.
func (c *collection) inRegions(ctx context.Context, regions []string) {
	c.regional = append(c.regional, regions...)
	var asks []func()
	for _, r := range readers() {
		if r.inRegion == nil {
			continue
		}
		for _, region := range regions {
			asks = append(asks, func() { r.inRegion(c, ctx, region) })
		}
	}
	together(asks...)
	c.following.Wait()
}

// together runs functions at the same time, and waits for the last.
func together(functions ...func()) {
	var all sync.WaitGroup
	for _, f := range functions {
		all.Go(f)
	}
	all.Wait()
}

// enter becomes a caller of the account: by its role, or as who we are. It tells whether that worked.
func (c *collection) enter(ctx context.Context) bool {
	if c.member.RoleARN == "" {
		caller := c.session.caller
		c.snapshot.Collection.Calls = slices.Clone(c.session.calls)
		c.became(caller)
		return true
	}
	provider := c.session.assume(c.session.cfg, c.member.RoleARN)
	var fetched aws.Credentials
	q := question{operation: assumeRole, region: c.cfg.Region, params: map[string]string{"role-arn": c.member.RoleARN}}
	failed := c.ask(ctx, q, func(ctx context.Context, _ *string) (_ *string, err error) {
		fetched, err = provider.Retrieve(ctx)
		return nil, err
	})
	if failed != nil {
		c.why = fmt.Sprintf("role %s could not be assumed: %v", c.member.RoleARN, failed)
		return false
	}
	seeded := &seeded{CredentialsProvider: provider}
	seeded.first.Store(&fetched)
	c.cfg.Credentials = apart{aws.NewCredentialsCache(seeded)}
	c.clients = newClients(c.cfg)
	caller, _ := c.whoAmI(ctx)
	if caller == nil {
		return true // the role's ARN says whose it is
	}
	if caller.ID != c.member.ID {
		c.why = fmt.Sprintf("role %s is one of account %s", c.member.RoleARN, caller.ID)
		c.keep(func(s *snapshots.Snapshot) {
			q := question{operation: getCallerIdentity}
			s.Gaps = append(s.Gaps, q.gap(snapshots.Failed, codeOtherAccount, c.why))
		})
		return false
	}
	c.became(caller)
	return true
}

func (c *collection) became(caller *Caller) {
	c.snapshot.Collection.Caller = &snapshots.Caller{ARN: caller.ARN, UserID: &caller.UserID}
	if c.member.ID == caller.ID {
		c.snapshot.Account.Partition = caller.Partition
	}
}

// seeded has fetched its first credentials already.
type seeded struct {
	aws.CredentialsProvider
	first atomic.Pointer[aws.Credentials]
}

func (s *seeded) Retrieve(ctx context.Context) (aws.Credentials, error) {
	if fetched := s.first.Swap(nil); fetched != nil {
		return *fetched, nil
	}
	return s.CredentialsProvider.Retrieve(ctx)
}

// finished is the snapshot, with a gap for every list that nobody could even ask for.
func (c *collection) finished() *snapshots.Snapshot {
	s := c.snapshot
	for _, list := range snapshots.Lists() {
		asked := slices.ContainsFunc(s.Gaps, func(g snapshots.Gap) bool {
			return g.Service == list.Service && g.Operation == list.Operation
		})
		if !list.Read(s) && !asked {
			s.Gaps = append(s.Gaps, snapshots.Gap{Service: list.Service, Operation: list.Operation, Kind: snapshots.NotAttempted,
				Message: cmp.Or(c.why, "what it is to be asked of was not read: see the other gaps")})
		}
	}
	s.Collection.Endpoints = c.clients.endpoints(c.cfg)
	slices.SortStableFunc(s.Collection.Calls, func(x, y snapshots.Call) int {
		return cmp.Or(x.StartedAt.Compare(y.StartedAt.Time), strings.Compare(callText(x), callText(y)))
	})
	return s
}

func callText(c snapshots.Call) string { return fmt.Sprint(c.Region, c.Service, c.Operation, c.Params) }

// keep puts what was read into the snapshot.
func (c *collection) keep(put func(*snapshots.Snapshot)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	put(c.snapshot)
}
