//go:build e2e

package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"

	"github.com/cistern-audit/cistern/evaluator/history"
	"github.com/cistern-audit/cistern/evaluator/report"
)

// series is a history page of so many accounts and days: each account breaks at a day of its own, and some are mended.
func series(t *testing.T, accounts, days int) string {
	t.Helper()
	controls := []history.Control{
		{ID: "5.3", Control: "root-usage", Title: "Use of the root user raises an alarm"},
		{ID: "5.4", Control: "iam-policy-changes", Title: "Changes of IAM policies raise an alarm"},
	}
	const day = 24 * time.Hour
	r := history.NewRecorder(controls, history.Options{Hole: 3 * day})
	for i := range accounts {
		for n := range days {
			if i%5 == 4 && n > days/2 && n < days/2+6 { // a hole
				continue
			}
			status := []report.Status{report.Pass, report.Fail, report.Waived, report.Unknown, report.Pass}[(n*5/days+i)%5]
			at := time.Date(2026, 1, 5+n, 10, i, 0, 0, time.UTC)
			err := r.Add(history.Sighting{
				Account: fmt.Sprintf("%012d", 100000000000+i), Alias: `prod <b>"&' ` + fmt.Sprint(i), At: at,
				Verdicts: []history.Verdict{{Status: status, Link: "topic", Message: `nobody </td><script>alert("x")</script>`}, {Status: report.Pass}},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	h := r.History()
	h.Tool, h.Benchmark, h.Policies = report.Tool{Name: "cistern", Version: "devel"}, report.Benchmark{ID: "cis-7.0.0", Title: "CIS Benchmark", Version: "7.0.0"}, "sha256:00"
	file := filepath.Join(t.TempDir(), "history.html")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := h.Write(out, "html", false); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestHistory holds that what the page has is seen, that its links lead somewhere, and that it fits a telephone.
func TestHistory(t *testing.T) {
	for _, c := range []struct {
		accounts, days int
		dark           bool
	}{{40, 60, false}, {40, 60, true}, {1, 2, false}, {7, 20, true}} {
		name := fmt.Sprintf("history-%d-%d-%v", c.accounts, c.days, c.dark)
		ctx := open(t, series(t, c.accounts, c.days), c.dark)
		picture(t, ctx, name)
		for _, width := range []int64{1280, 390} {
			call(t, ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1})
			if wide := value[int](t, ctx, `document.documentElement.scrollWidth`); wide > int(width) {
				t.Errorf("%s at %d: got a page %d wide", name, width, wide)
			}
			if thin := value[int](t, ctx, `[...document.querySelectorAll(".strips svg")].filter(e => e.getBoundingClientRect().width < 200).length`); thin != 0 {
				t.Errorf("%s at %d: got %d drawings too small to see", name, width, thin)
			}
		}
		if got := shown(t, ctx, `section[id^="croot-usage"] tr[id]`); got != c.accounts {
			t.Errorf("%s: got %d strips, want %d", name, got, c.accounts)
		}
		if astray := value[int](t, ctx, `[...document.querySelectorAll("a[href]")].filter(e => !document.getElementById(e.getAttribute("href").slice(1))).length`); astray != 0 {
			t.Errorf("%s: got %d links that lead nowhere", name, astray)
		}
		if twins := value[int](t, ctx, `(ids => ids.length - new Set(ids).size)([...document.querySelectorAll("[id]")].map(e => e.id))`); twins != 0 {
			t.Errorf("%s: got %d ids twice", name, twins)
		}
		if alive := value[int](t, ctx, `document.scripts.length`); alive != 0 {
			t.Errorf("%s: got %d scripts", name, alive)
		}
	}
}
