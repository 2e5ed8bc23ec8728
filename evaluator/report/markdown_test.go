package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// many is an organisation in which everything is wrong.
func many(accounts int) *Report {
	r := everything()
	first := r.Accounts[0]
	r.Accounts, r.Summary = nil, Summary{}
	for i := range accounts {
		a := first
		a.Account = fmt.Sprintf("%012d", i)
		r.Accounts = append(r.Accounts, a)
		for _, result := range a.Results {
			r.Summary.Add(result.Status)
		}
	}
	return r
}

// each is an organisation in which every account fails in its own way.
func each(accounts int) *Report {
	r := many(accounts)
	for i := range r.Accounts {
		a := &r.Accounts[i]
		a.Results = slices.Clone(a.Results)
		a.Results[3].ID = fmt.Sprintf("5.%d", i)
	}
	return r
}

// TestMarkdownFitsAComment: GitHub takes 65,536 characters, and what is left out must be said.
func TestMarkdownFitsAComment(t *testing.T) {
	for name, r := range map[string]*Report{"500 accounts": each(500), "organisation": many(500), "hostile": nastyReport()} {
		text := string(written(t, "markdown", r, Style{}))
		if len(text) > 65536 || strings.Contains(text, "left out**: a comment holds no more") != (name != "organisation") {
			t.Errorf("%s: got %d bytes, want at most 65536, and the last line to say that more is left out where it is", name, len(text))
		}
		if !strings.Contains(text, "### Fails") {
			t.Errorf("%s: got no failure, want some", name)
		}
	}
	if text := string(written(t, "markdown", many(500), Style{})); !strings.Contains(text, "| 5\\.5 cloudtrail-config-changes | 0 | 500 |") {
		t.Errorf("got %.3000s, want a table of how often each control fails", text)
	}
	if text := string(written(t, "markdown", everything(), Style{})); strings.Contains(text, "left out**") {
		t.Error("got something left out of a small report")
	}
}

func TestMarkdownEscapes(t *testing.T) {
	cases := []struct{ text, want string }{
		{"plain text", "plain text"},
		{"a|b `c` *d* _e_", "a\\|b \\`c\\` \\*d\\* \\_e\\_"},
		{"<script>", `\<script\>`},
		{"@octocat", `\@&#8203;octocat`},
		{"fixes #1", `fixes \#&#8203;1`},
		{"https://evil.example", "https:&#8203;//evil.example"},
		{"www.evil.example", "www&#8203;.evil.example"},
		{"[x](y)", `\[x\]\(y\)`},
		{"- item", `\- item`},
		{"1. item", `1\. item`},
		{"1.2.3", `1\.2.3`},
		{"$a$ &amp;", `&#36;a&#36; \&amp;`},
		{"a\nb\x1b", `a\\nb\\u001b`},
	}
	for _, c := range cases {
		if got := markdown(c.text); got != c.want {
			t.Errorf("%q: got %s, want %s", c.text, got, c.want)
		}
	}
}

func TestMarkdownCode(t *testing.T) {
	cases := []struct{ text, want string }{
		{"", ""},
		{"a", "`a`"},
		{"a`b", "``a`b``"},
		{"`a``", "``` `a`` ```"},
	}
	for _, c := range cases {
		if got := markdownCode(c.text); got != c.want {
			t.Errorf("%q: got %s, want %s", c.text, got, c.want)
		}
	}
}

func TestGitHubShowsTenOfAKind(t *testing.T) {
	text := string(written(t, "github", many(500), Style{}))
	for _, kind := range []string{"error", "warning", "notice"} {
		if n := strings.Count("\n"+text, "\n::"+kind+" "); n != 10 {
			t.Errorf("got %d of %s, want 10", n, kind)
		}
	}
	if !strings.Contains(text, "\n::error title=fail 5.5") || !strings.Contains(text, "::error title=and 493 more::") {
		t.Errorf("got\n%s\nwant failures first, and how many more there are", text)
	}
	for _, line := range strings.Split(strings.TrimSuffix(string(written(t, "github", nastyReport(), Style{})), "\n"), "\n") {
		command, _, _ := strings.Cut(strings.TrimPrefix(line, "::"), " ")
		if command != "error" && command != "warning" && command != "notice" && !strings.HasSuffix(line, "manual") {
			t.Errorf("got line %.80q, want an annotation", line)
		}
	}
}
