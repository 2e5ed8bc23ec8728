package snapshots

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Time is a moment. It is read from RFC 3339 text and from the seconds since 1970 that version 1 of the AWS CLI prints,
// and written as RFC 3339 in UTC, with as many decimals as it needs.
type Time struct{ time.Time }

// At is moment t, in UTC.
func At(t time.Time) Time { return Time{t.UTC()} }

// String is t as a snapshot writes it.
func (t Time) String() string { return t.UTC().Format(time.RFC3339Nano) }

// ParseTime reads RFC 3339 text: 2026-01-05T10:00:00Z, 2026-01-05T10:00:00.123000+00:00.
func ParseTime(text string) (Time, error) {
	t, err := time.Parse(time.RFC3339Nano, strings.TrimSpace(text))
	if err != nil {
		return Time{}, fmt.Errorf("time %q: read: not RFC 3339 (2026-01-05T10:00:00Z)", text)
	}
	return checkedTime(t, text)
}

// parseEpoch reads seconds since 1970, decimals and all, without the rounding of a float.
func parseEpoch(number string) (Time, error) {
	whole, decimals, _ := strings.Cut(number, ".")
	if strings.ContainsAny(number, "eE") || len(decimals) > 9 {
		float, err := strconv.ParseFloat(number, 64)
		if err != nil || float < -1e11 || float > 1e12 {
			return Time{}, fmt.Errorf("time %s: read: not a number of seconds since 1970", number)
		}
		whole, decimals, _ = strings.Cut(strconv.FormatFloat(float, 'f', 9, 64), ".")
	}
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return Time{}, fmt.Errorf("time %s: read: not a number of seconds since 1970", number)
	}
	nanos, err := strconv.ParseInt((decimals + "000000000")[:9], 10, 64)
	if err != nil {
		return Time{}, fmt.Errorf("time %s: read: not a number of seconds since 1970", number)
	}
	if strings.HasPrefix(whole, "-") {
		nanos = -nanos
	}
	return checkedTime(time.Unix(seconds, nanos), number)
}

// checkedTime refuses years that RFC 3339 cannot write.
func checkedTime(t time.Time, text string) (Time, error) {
	t = t.UTC()
	if t.Year() < 0 || t.Year() > 9999 {
		return Time{}, fmt.Errorf("time %s: read: the year %d is out of range", text, t.Year())
	}
	return Time{t}, nil
}
