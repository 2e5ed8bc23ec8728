package report

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// tag is an HTML tag as our writer writes it: attributes in double quotes, or none.
var tag = regexp.MustCompile(`<(/?)([a-zA-Z][a-zA-Z0-9]*)((?: [a-zA-Z:-]+(?:="[^"<>]*")?)*) ?(/?)>`)

// elements checks that what stands in angle brackets is a tag of ours and that tags are closed in their order, and counts the elements.
func elements(t *testing.T, text string) map[string]int {
	t.Helper()
	text = strings.TrimPrefix(text, "<!DOCTYPE html>\n")
	for _, raw := range []string{"style", "script"} {
		text = regexp.MustCompile(`(?s)<`+raw+`>.*?</`+raw+`>`).ReplaceAllString(text, "<"+raw+"></"+raw+">")
	}
	count := map[string]int{}
	var open []string
	for _, m := range tag.FindAllStringSubmatch(text, -1) {
		name := m[2]
		switch {
		case m[1] == "/":
			if len(open) == 0 || open[len(open)-1] != name {
				t.Fatalf("got </%s> in %v, want it closed in order", name, open)
			}
			open = open[:len(open)-1]
		default:
			count[name]++
			if m[4] == "" && !slices.Contains([]string{"meta", "input"}, name) {
				open = append(open, name)
			}
		}
	}
	if len(open) > 0 {
		t.Errorf("got %v open at the end, want nothing", open)
	}
	if rest := tag.ReplaceAllString(text, ""); strings.ContainsAny(rest, "<>") {
		at := strings.IndexAny(rest, "<>")
		t.Errorf("got %.60q outside of a tag, want it escaped", rest[at:])
	}
	return count
}

func TestHTMLKeepsTextsTexts(t *testing.T) {
	plain := elements(t, string(written(t, "html", everything(), Style{})))
	for _, want := range []string{"svg", "details", "dl", "form"} {
		if plain[want] == 0 {
			t.Errorf("got no %s, want one", want)
		}
	}
	nasty := elements(t, string(written(t, "html", nastyReport(), Style{})))
	for name := range nasty {
		if plain[name] == 0 {
			t.Errorf("got an element %s from a text, want none", name)
		}
	}
	if nasty["script"] != 1 || nasty["style"] != 1 {
		t.Errorf("got %d scripts and %d styles, want the report's own", nasty["script"], nasty["style"])
	}
}

func TestHTMLLoadsNothing(t *testing.T) {
	text := string(written(t, "html", everything(), Style{}))
	if found := regexp.MustCompile(`(?i)\b(src|srcset|action|formaction|data|poster)="|url\(|@import|<(link|img|iframe|base|object)`).FindString(text); found != "" {
		t.Errorf("got %q, want nothing that loads", found)
	}
	for _, m := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(m[1], "#") {
			t.Errorf("got a link to %q, want links into the page alone", m[1])
		}
	}
}

// TestHTMLAllowsItsOwnHashes: a style or script that the policy does not name is not used by the browser.
func TestHTMLAllowsItsOwnHashes(t *testing.T) {
	text := string(written(t, "html", everything(), Style{}))
	for _, kind := range []string{"style", "script"} {
		content := regexp.MustCompile(`(?s)<` + kind + `>(.*?)</` + kind + `>`).FindStringSubmatch(text)
		if want := kind + "-src 'sha256-" + hashOf(content[1]) + "'"; !strings.Contains(text, want) {
			t.Errorf("got a policy without %s", want)
		}
	}
	if strings.Contains(text, " style=\"") || regexp.MustCompile(` on[a-z]+="`).MatchString(text) {
		t.Error("got a style or a handler in an attribute, which the policy forbids")
	}
}

func TestHTMLLinksLeadSomewhere(t *testing.T) {
	text := string(written(t, "html", everything(), Style{}))
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		if ids[m[1]] {
			t.Errorf("id %s: is there twice", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(text, -1) {
		if !ids[m[1]] {
			t.Errorf("a link to #%s leads nowhere", m[1])
		}
	}
}

func TestHTMLOfManyAccounts(t *testing.T) {
	r := many(onePage + 1)
	page := string(written(t, "html", r, Style{}))
	if !strings.Contains(page, "html=FOLDER/") || strings.Contains(page, `class="control`) {
		t.Error("got results on one page, want the summary and how to get a page an account")
	}
	files := map[string]string{}
	for file, err := range HTMLPages(r.Stream()) {
		if err != nil {
			t.Fatal(err)
		}
		files[file.Name] = string(file.Content)
		elements(t, string(file.Content))
	}
	if got, want := len(files), len(r.Accounts)+1; got != want {
		t.Fatalf("got %d files, want %d", got, want)
	}
	for _, m := range regexp.MustCompile(`href="([^"#]*)#?([^"]*)"`).FindAllStringSubmatch(files["index.html"], -1) {
		if m[1] == "" {
			continue
		}
		if !strings.Contains(files[m[1]], fmt.Sprintf(` id="%s"`, m[2])) && m[2] != "" {
			t.Fatalf("the index links to %s#%s, which is not there", m[1], m[2])
		}
	}
	if again := written(t, "html", r, Style{}); !bytes.Equal(again, []byte(page)) {
		t.Error("writing twice: got other bytes")
	}
}

func TestDaysLeft(t *testing.T) {
	for _, test := range []struct{ asOf, expires, want string }{
		{"2026-01-05T10:00:00Z", "2026-01-05", "1 day left"},
		{"2026-01-05T10:00:00Z", "2026-01-06", "2 days left"},
		{"2026-01-05T10:00:00Z", "2026-01-04", "expired"},
		{"2026-01-05T00:00:00Z", "2026-01-04", "expired"},
		{"2026-01-05T10:00:00Z", "soon", ""},
		{"", "2026-01-05", ""},
	} {
		if got := daysLeft(test.asOf, test.expires); got != test.want {
			t.Errorf("%s until %s: got %q, want %q", test.asOf, test.expires, got, test.want)
		}
	}
}
