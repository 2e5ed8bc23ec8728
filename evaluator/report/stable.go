package report

import (
	"crypto/sha1"
	"fmt"
	"strings"
	"time"
)

// rowKey names a row of an account, the same in each run: an account's row of an edition keeps its name whatever its verdict.
func rowKey(r *Report, a *Account, row *Result) []string {
	return []string{a.Account, r.Benchmark.ID, row.ID, row.Control}
}

// stableID is the row's name for the products that keep findings. What is mended passes under the name that failed, so that no
// failed one stays beside it.
func stableID(r *Report, a *Account, row *Result) string {
	const longest = 512
	key := rowKey(r, a, row)
	if id := plain("cistern/" + strings.Join(key, "/")); len(id) <= longest {
		return id
	}
	return "cistern/" + uuid5(uuidName(key))
}

// reportTime is the clock of the report.
func reportTime(r *Report) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, r.AsOf)
	if err != nil || at.Year() < 1970 {
		return time.Time{}, fmt.Errorf("write report: as_of %q is no time such as 2026-01-31T12:00:00Z", r.AsOf)
	}
	return at.UTC(), nil
}

// collectedAt is when the account's snapshot was taken, or else the other time.
func collectedAt(a *Account, other time.Time) time.Time {
	at, err := time.Parse(time.RFC3339, a.Snapshot.CollectedAt)
	if err != nil || at.Year() < 1970 {
		return other
	}
	return at.UTC()
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// uuids makes UUIDs of names: version 5 of RFC 9562, so that the same report has the same ones. Its zero value works.
type uuids struct{ given map[string]int }

// of is the UUID of a thing that these parts name. A name that comes again has another: a report that says something twice must
// not have two things of one identity.
func (u *uuids) of(parts ...string) string {
	key := uuidName(parts)
	if u.given == nil {
		u.given = map[string]int{}
	}
	u.given[key]++
	if n := u.given[key]; n > 1 {
		key += fmt.Sprintf("\x00%d", n)
	}
	return uuid5(key)
}

// uuidName puts the parts together so that no other parts give the same.
func uuidName(parts []string) string {
	var b strings.Builder
	for _, part := range parts {
		fmt.Fprintf(&b, "%d:%s", len(part), part)
	}
	return b.String()
}

func uuid5(name string) string {
	const namespace = "\x6b\xa7\xb8\x11\x9d\xad\x11\xd1\x80\xb4\x00\xc0\x4f\xd4\x30\xc8" // of URLs
	sum := sha1.Sum([]byte(namespace + "https://github.com/cistern-audit/cistern/" + name))
	u := sum[:16]
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}
