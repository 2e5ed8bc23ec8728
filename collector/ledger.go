package collector

import (
	"context"
	"fmt"
	"time"

	"github.com/cistern-audit/cistern/snapshots"
)

// question is one call of an operation, and where it goes.
type question struct {
	operation
	// region is where it is asked.
	region string
	// params are what it says, in the AWS CLI's spelling.
	params map[string]string
	// about is the ARN of the resource that it is about, for its gap; empty when it is about a region or account.
	about string
	// answers tells that a failure is an answer too, so that it leaves no gap; nil if none is.
	answers func(*failure) bool
}

// settles tells whether a failure is an answer: the service's own word, and in the place of the first page.
func (q question) settles(f *failure) bool {
	return q.answers != nil && f.own && f.pages == 0 && q.answers(f)
}

// ask makes a call, page by page, and keeps it in the ledger. What goes wrong becomes a gap, and is returned; nil means that
// the last page was read. page makes one page's call and takes its answer.
func (c *collection) ask(ctx context.Context, q question, page func(ctx context.Context, token *string) (*string, error)) *failure {
	if ctx.Err() != nil {
		return &failure{kind: snapshots.NotAttempted, message: "interrupted"}
	}
	started := c.session.options.Now()
	x := c.exchange(q)
	err := x.walk(context.WithValue(ctx, exchangeKey{}, x), page)
	call := snapshots.Call{
		Service: q.service, Operation: q.name, Region: q.region, Params: q.params, Status: "ok",
		Attempts:   snapshots.Of(max(x.attempts, 1)),
		Pages:      &x.pages,
		StartedAt:  snapshots.Of(snapshots.At(started.Truncate(time.Millisecond))),
		DurationMS: snapshots.Of(c.session.options.Now().Sub(started).Milliseconds()),
	}
	if q.global {
		call.Region = ""
	}
	if x.requestID != "" {
		call.RequestID = &x.requestID
	}
	if x.pages > 0 && !c.secret(q) {
		call.SHA256 = snapshots.Of(fmt.Sprintf("%x", x.sum.Sum(nil)))
	}
	var failed *failure
	if err != nil {
		failed = failureOf(err, x)
		if len(c.session.options.RedactKey) > 0 {
			failed.message = mail.ReplaceAllString(failed.message, "[removed]")
		}
		call.Code = &failed.code
		if !q.settles(failed) {
			call.Status = string(failed.kind)
		}
	}
	c.note(q, call, failed)
	return failed
}

// note keeps a call, and the gap that it left.
func (c *collection) note(q question, call snapshots.Call, failed *failure) {
	event := Event{Account: c.member.ID, Call: call}
	c.keep(func(s *snapshots.Snapshot) {
		s.Collection.Calls = append(s.Collection.Calls, call)
		if failed == nil {
			return
		}
		event.Message = failed.message
		if failed.pages > 0 {
			event.Message = fmt.Sprintf("after %d pages that were read: %s", failed.pages, failed.message)
		}
		if call.Status != "ok" {
			s.Gaps = append(s.Gaps, q.gap(failed.kind, failed.code, event.Message))
		}
	})
	if c.session.options.Watch != nil {
		c.session.options.Watch(event)
	}
}

// gap is what a call that failed leaves behind.
func (q question) gap(kind snapshots.GapKind, code, message string) snapshots.Gap {
	g := snapshots.Gap{Region: q.region, Service: q.service, Operation: q.name, Kind: kind, Code: code, Message: message}
	if q.global {
		g.Region = ""
	}
	if q.about != "" {
		g.Resource = &q.about
	}
	if action := q.action(); kind == snapshots.Denied && action != "" {
		g.Action = &action
	}
	return g
}

// secret tells whether the digest of an answer would give away what is redacted: an address has few letters to guess.
func (c *collection) secret(q question) bool {
	return len(c.session.options.RedactKey) > 0 && q.name == listSubscriptionsByTopic.name
}
