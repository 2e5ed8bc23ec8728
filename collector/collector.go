// Package collector reads an AWS account, or the accounts of an organisation, into snapshots. It is the only package
// that knows the AWS SDK or a network.
//
// It only reads. Which calls it may make is one table, operations; who fills which list of the snapshot is another,
// readers. Every call is kept in the snapshot's ledger, and one that was refused or failed leaves a gap: what could not
// be read is never taken for absent.
//
// Records are taken from AWS's answers as they came over the wire, where the protocol is JSON, because their names are
// those of the AWS CLI and so those of a snapshot: what AWS adds to a record tomorrow is kept.
package collector

import (
	"context"
	"fmt"
	"time"

	"github.com/cistern-audit/cistern/snapshots"
)

// What Options mean that say nothing.
const (
	DefaultTimeout  = 30 * time.Second
	DefaultParallel = 128
)

// Options say what is read, and as whom. The zero value reads the account of the ordinary AWS credentials, in all its
// enabled regions.
type Options struct {
	// Profile is a profile of the shared configuration files; AWS_PROFILE or default if empty.
	Profile string
	// Region is where calls about the whole account are made; the configured one if empty.
	Region string
	// RoleARN is a role to assume first, ExternalID what its trust policy asks for.
	RoleARN, ExternalID string
	// Regions are the regions to read; all enabled ones if empty.
	Regions []string
	// AllLogGroups reads every log group and metric filter of each region, not only those that trails deliver to.
	AllLogGroups bool
	// RedactKey, if not empty, replaces the addresses of subscribers by a hash with this key.
	RedactKey []byte
	// Timeout is how long one attempt of one call may take; [DefaultTimeout] if zero.
	Timeout time.Duration
	// Parallel is how many accounts of an organisation are read at a time; [DefaultParallel] if zero.
	Parallel int
	// ToolVersion is the version of the program, for the snapshot's record.
	ToolVersion string
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// Watch, if not nil, is told of every call that has ended. It is called from several goroutines.
	Watch func(Event)
}

// Event is a call that has ended.
type Event struct {
	// Account is the account that is read; empty while that is being found out.
	Account string
	// Call is the call as the ledger keeps it.
	Call snapshots.Call
	// Message is what AWS, or the collector, said of a call that failed.
	Message string
}

// Member is one account among several to read.
type Member struct {
	// ID is the account's twelve digits.
	ID string
	// Partition is its part of AWS: aws, aws-us-gov, aws-cn.
	Partition string
	// RoleARN is the role to assume in it; empty for the caller's own account.
	RoleARN string
	// Known is what is known of it from an earlier run, so that it need not be read; nil if it must be.
	Known *Known

	topics []string // to ask of, besides those that its own alarms act on
}

// Account reads the caller's own account. An account of which nothing could be read is no error but a snapshot full of
// gaps; not to know which account it is, is a [StartError].
func (s *Session) Account(ctx context.Context) (*snapshots.Snapshot, error) {
	caller, err := s.Caller(ctx)
	if err != nil {
		return nil, err
	}
	return s.read(ctx, Member{ID: caller.ID, Partition: caller.Partition})
}

// read reads one account. Its only error is that of ctx: a snapshot that was interrupted is none.
func (s *Session) read(ctx context.Context, m Member) (*snapshots.Snapshot, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	c := s.collection(m)
	s.memory.enter(c)
	defer s.memory.leave(c)
	c.account(ctx)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("account %s: read: %w", m.ID, context.Cause(ctx))
	}
	return c.finished(), nil
}
