//go:build e2e

// Package browser opens HTML reports in headless Chromium, with no network, and uses them as a person does.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// open starts a browser and opens the report of that file in it; the test fails for anything that the console says.
func open(t *testing.T, file string, dark bool) context.Context {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("chromium: find: not installed; Debian's package chromium has it")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-quic", true), chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"), chromedp.WindowSize(1280, 900))
	ctx := started(t, options)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	var mu sync.Mutex
	err = chromedp.Listen(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *log.EventEntryAdded:
			t.Errorf("console: %s: %s", e.Entry.Level, e.Entry.Text)
		case *runtime.EventExceptionThrown:
			t.Errorf("script: %s", e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			t.Errorf("console: %s, from a page that should be silent", e.Type)
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(e.Request.URL, "file:///") {
				t.Errorf("request: got %s, want none", e.Request.URL)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	call(t, ctx, log.Enable, cdp.Empty{})
	call(t, ctx, network.Enable, network.EnableParams{})
	call(t, ctx, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: true})
	call(t, ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	run(t, ctx, chromedp.Navigate("file://"+file))
	return ctx
}

// started is a browser that runs. On a busy machine one start in some hundred fails, so that it is tried three times.
func started(t *testing.T, options []chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	for try := 1; ; try++ {
		allocated, stop := chromedp.NewExecAllocator(t.Context(), append(options, chromedp.UserDataDir(t.TempDir()))...)
		ctx, end := chromedp.NewContext(allocated)
		err := chromedp.Do(ctx)
		if err == nil {
			t.Cleanup(stop)
			t.Cleanup(end)
			return ctx
		}
		end()
		stop()
		if try == 3 {
			t.Fatal(err)
		}
	}
}

func run(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// call is one command of the browser's protocol.
func call[P, R any](t *testing.T, ctx context.Context, command cdp.Command[P, R], with P) R {
	t.Helper()
	answer, err := chromedp.Call(ctx, command, with)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// value evaluates an expression in the page.
func value[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// shown counts the elements that a person can see.
func shown(t *testing.T, ctx context.Context, selector string) int {
	t.Helper()
	return value[int](t, ctx, fmt.Sprintf(`[...document.querySelectorAll(%q)].filter(e => e.checkVisibility()).length`, selector))
}

// picture keeps a screenshot where the environment asks for them.
func picture(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		return
	}
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestFiltersSearchAndLinks(t *testing.T) {
	ctx := open(t, written(t, "failing.html", failing(t)), false)
	all := shown(t, ctx, ".control")
	if all == 0 {
		t.Fatal("no control is shown")
	}
	if got := shown(t, ctx, ".filters"); got != 1 {
		t.Errorf("filters: got %d shown, want 1", got)
	}
	run(t, ctx, chromedp.Click(`input[name=status][value=pass]`), settle)
	if got := shown(t, ctx, ".control.is-pass"); got != 0 {
		t.Errorf("after hiding passes: got %d of them shown, want 0", got)
	}
	if got := shown(t, ctx, ".control.is-fail"); got == 0 {
		t.Error("after hiding passes: no failure is shown")
	}
	if got := value[string](t, ctx, "location.hash"); got != "#hide=pass" {
		t.Errorf("fragment: got %q, want #hide=pass", got)
	}
	run(t, ctx, chromedp.Click(`button[type=reset]`), settle)
	if got := shown(t, ctx, ".control"); got != all {
		t.Errorf("after a reset: got %d controls, want %d", got, all)
	}
	run(t, ctx, chromedp.KeyEvent("/"), chromedp.KeyEvent(kb.Backspace), chromedp.KeyEvent("StopLogging"), settle)
	if got := shown(t, ctx, ".control"); got == 0 || got >= all {
		t.Errorf("search by the keyboard: got %d of %d controls, want some", got, all)
	}
	id := value[string](t, ctx, `document.querySelector(".control.is-pass").id`)
	value[string](t, ctx, fmt.Sprintf(`location.hash = "#%s"`, id))
	run(t, ctx, settle, settle)
	if !value[bool](t, ctx, fmt.Sprintf(`document.getElementById(%q).open`, id)) {
		t.Error("a deep link: the result is not open")
	}
	if got := value[string](t, ctx, `document.activeElement.parentElement.id`); got != id {
		t.Errorf("a deep link: the focus is on %q, want %q", got, id)
	}
}

// settle waits for the page to follow what was typed.
var settle = chromedp.Sleep(250 * time.Millisecond)

// TestFreshDeepLinks opens addresses of results from outside: the target is at the top and has the focus.
func TestFreshDeepLinks(t *testing.T) {
	for name, r := range map[string]*report.Report{"denied": denied(t), "several": many(t, 8)} {
		file := written(t, name+".html", r)
		last := r.Accounts[len(r.Accounts)-1]
		for _, control := range []string{"vpc-changes", "unauthorized-api-calls"} {
			id := ""
			for _, result := range last.Results {
				if result.Control == control {
					id = "a" + last.Account + "." + control + "." + strings.ReplaceAll(result.ID, ".", "_2e")
				}
			}
			ctx := open(t, file+"#"+id, false)
			run(t, ctx, settle, settle, settle)
			if top := value[float64](t, ctx, fmt.Sprintf(`document.getElementById(%q).getBoundingClientRect().top`, id)); top < 0 || top > 300 {
				t.Errorf("%s#%s: the target is %.0f px from the top, want it in view", name, id, top)
			}
			if got := value[string](t, ctx, `document.activeElement.parentElement.id`); got != id {
				t.Errorf("%s#%s: the focus is on %q", name, id, got)
			}
		}
	}
}

func TestKeyboardAlone(t *testing.T) {
	ctx := open(t, written(t, "keyboard.html", failing(t)), false)
	run(t, ctx, chromedp.KeyEvent(kb.Tab))
	if got := value[string](t, ctx, `document.activeElement.className`); got != "skip" {
		t.Errorf("the first tab: got %q, want the link that skips to the results", got)
	}
	run(t, ctx, chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter), settle)
	if got := value[string](t, ctx, `document.activeElement.id`); got != "results" {
		t.Errorf("after the second: the focus is on %q, want results", got)
	}
	run(t, ctx, chromedp.Focus(".control.is-pass > summary"), chromedp.KeyEvent(kb.Enter), settle)
	if !value[bool](t, ctx, `document.querySelector(".control.is-pass").open`) {
		t.Error("Enter on a line does not open it")
	}
}

func TestWithoutScript(t *testing.T) {
	file := written(t, "scriptless.html", failing(t))
	ctx := open(t, file, false)
	call(t, ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	run(t, ctx, chromedp.Navigate("file://"+file))
	for what, selector := range map[string]string{"the event": ".event", "the chain": ".chain ol", "the way out": ".wayout", "what needs somebody": "#attention a"} {
		if shown(t, ctx, selector) == 0 {
			t.Errorf("without a script: %s is not shown", what)
		}
	}
	if got := shown(t, ctx, ".filters"); got != 0 {
		t.Error("without a script: the filters are shown, and do nothing")
	}
}

func TestManyAccountsOpenAndFilter(t *testing.T) {
	ctx := open(t, written(t, "many.html", many(t, 500)), false)
	if got := shown(t, ctx, ".matrix tbody tr"); got != 500 {
		t.Errorf("matrix: got %d accounts, want 500", got)
	}
	all := value[int](t, ctx, `document.querySelectorAll(".control").length`)
	value[bool](t, ctx, `(document.querySelector("input[name=status][value=pass]").click(), true)`)
	run(t, ctx, settle, settle)
	if got := value[int](t, ctx, `document.querySelectorAll(".control:not([hidden])").length`); got == 0 || got >= all {
		t.Errorf("without passes: got %d of %d results", got, all)
	}
	run(t, ctx, chromedp.KeyEvent("/"), chromedp.KeyEvent(kb.Backspace), chromedp.KeyEvent("000000000007"), settle, settle)
	if got := value[int](t, ctx, `document.querySelectorAll(".account:not([hidden])").length`); got != 1 {
		t.Errorf("search for an account: got %d of them, want 1", got)
	}
	picture(t, ctx, "many")
}

func TestSummaryOfVeryManyAccounts(t *testing.T) {
	ctx := open(t, written(t, "summary.html", many(t, 501)), false)
	if got := shown(t, ctx, ".matrix tbody tr"); got != 501 {
		t.Errorf("matrix: got %d accounts, want 501", got)
	}
	run(t, ctx, chromedp.KeyEvent("/"), chromedp.KeyEvent(kb.Backspace), chromedp.KeyEvent("team-47"), settle)
	if got := shown(t, ctx, ".matrix tbody tr"); got == 0 || got > 11 {
		t.Errorf("search for an alias: got %d accounts, want those that have it", got)
	}
}

func TestHostileTextIsHarmless(t *testing.T) {
	ctx := open(t, written(t, "hostile.html", hostile(t)), false)
	if value[bool](t, ctx, `window.owned === true`) {
		t.Error("a text of the report ran as a script")
	}
	if got := value[int](t, ctx, `document.querySelectorAll("body script, img, iframe, object, a[href^='javascript']").length`); got != 1 {
		t.Errorf("elements: got %d scripts and the like, want the report's own script alone", got)
	}
	if wide := value[int](t, ctx, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
		t.Errorf("a long name makes the page %d px too wide", wide)
	}
}

func TestLooks(t *testing.T) {
	reports := map[string]string{
		"failing": written(t, "a.html", failing(t)), "passing": written(t, "b.html", passing(t)), "empty": written(t, "c.html", empty(t)),
		"denied": written(t, "d.html", denied(t)), "several": written(t, "e.html", many(t, 6)), "given": written(t, "f.html", given(t)),
	}
	for name, file := range reports {
		for _, dark := range []bool{false, true} {
			for _, phone := range []bool{false, true} {
				label := name
				if dark {
					label += "-dark"
				}
				if phone {
					label += "-phone"
				}
				t.Run(label, func(t *testing.T) { looks(t, file, dark, phone) })
			}
		}
	}
}

// looks opens a page as one person sees it: it is as wide as the screen, and its texts stand out.
func looks(t *testing.T, file string, dark, phone bool) {
	ctx := open(t, file, dark)
	if phone {
		run(t, ctx, chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile), settle)
	}
	if wide := value[int](t, ctx, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
		t.Errorf("the page is %d px too wide", wide)
	}
	for _, problem := range value[[]string](t, ctx, contrast) {
		t.Error(problem)
	}
	picture(t, ctx, strings.TrimPrefix(t.Name(), "TestLooks/"))
}

func TestPrint(t *testing.T) {
	ctx := open(t, written(t, "print.html", failing(t)), false)
	for name, size := range map[string][2]float64{"a4": {8.27, 11.69}, "letter": {8.5, 11}} {
		pdf := call(t, ctx, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: new(true), PaperWidth: size[0], PaperHeight: size[1]}).Data
		if len(pdf) < 10_000 {
			t.Errorf("%s: got a PDF of %d bytes, want pages", name, len(pdf))
		}
		if folder := os.Getenv("SCREENSHOTS"); folder != "" {
			if err := os.WriteFile(filepath.Join(folder, name+".pdf"), pdf, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// contrast lists the texts whose contrast is below 4.5 to 1 (WCAG 2.2, 1.4.3), by their own colours and the first background behind them.
const contrast = `(() => {
	const rgb = c => (c.match(/[\d.]+/g) || []).map(Number);
	const light = c => { const [r, g, b] = c.map(v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
	const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0.99) return c.slice(0, 3); } return [255, 255, 255]; };
	const found = new Set();
	for (const e of document.querySelectorAll("body *")) {
		if (!e.checkVisibility() || e.closest("svg") || ![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
		const [a, b] = [light(rgb(getComputedStyle(e).color).slice(0, 3)), light(behind(e))];
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5) found.add(e.tagName + "." + e.className + ": contrast " + ratio.toFixed(2));
	}
	return [...found];
})()`
