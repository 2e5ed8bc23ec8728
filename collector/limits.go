package collector

import (
	"math"
	"sync"

	"golang.org/x/time/rate"
)

// share is how much of a quota is used, so that the account's own programs are not throttled because of an audit.
const share = 0.8

// limits are the limiters of one account's quotas, by operation and region.
type limits struct {
	mu   sync.Mutex
	each map[limited]*rate.Limiter
}

// limited is what a quota is of.
type limited struct{ service, name, region string }

func newLimits() *limits { return &limits{each: map[limited]*rate.Limiter{}} }

// of is the limiter of one operation in one region. In no second it lets more through than the quota.
func (l *limits) of(o operation, region string) *rate.Limiter {
	key := limited{o.service, o.name, region}
	l.mu.Lock()
	defer l.mu.Unlock()
	limit := l.each[key]
	if limit == nil {
		burst := max(1, int(math.Floor(o.perSecond*(1-share)+1e-9)))
		limit = rate.NewLimiter(rate.Limit(o.perSecond*share), burst)
		l.each[key] = limit
	}
	return limit
}

// limit is the limiter of a call. Roles are assumed at the cost of the caller's quota, all else at that of the account that is read.
func (c *collection) limit(q question) *rate.Limiter {
	if q.name == assumeRole.name {
		return c.session.limits.of(q.operation, q.region)
	}
	return c.limits.of(q.operation, q.region)
}
