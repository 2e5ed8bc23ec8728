package report

import (
	"fmt"
	"io"
	"strings"
)

// githubMost is how many annotations of a kind GitHub shows of one step.
const githubMost = 10

// writeGitHub writes the workflow commands that annotate a run of GitHub Actions: what failed, then what is unknown, then what a human
// answers for. A line that is no command closes the list. A file is named only where a policy could not judge: the report knows none.
func writeGitHub(w io.Writer, r *Report, _ Style) error {
	said := map[string][]string{}
	for i := range r.Policies.Errors {
		e := &r.Policies.Errors[i]
		properties := "title=policy could not judge"
		if e.File != "" {
			properties += ",file=" + githubProperty(e.File)
		}
		if e.Line > 0 {
			properties += fmt.Sprintf(",line=%d", e.Line)
		}
		said["warning"] = append(said["warning"], "::warning "+properties+"::"+githubMessage(policyErrorText(e)))
	}
	for i := range r.Accounts {
		a := &r.Accounts[i]
		if len(a.Gaps) > 0 {
			text := fmt.Sprintf("%s not be read, first %s", plural(len(a.Gaps), "list or resource", "lists or resources")+" could", gapText(&a.Gaps[0]))
			said["notice"] = append(said["notice"], "::notice title="+githubProperty("incomplete: "+a.Account)+"::"+githubMessage(text))
		}
		for j := range a.Results {
			result := &a.Results[j]
			if kind := githubKind(result.Status); kind != "" {
				said[kind] = append(said[kind], githubCommand(kind, a, result))
			}
		}
	}
	var b strings.Builder
	for _, kind := range []string{"error", "warning", "notice"} {
		commands := said[kind]
		if n := len(commands); n > githubMost {
			rest := fmt.Sprintf("::%s title=and %d more::GitHub shows %d annotations of a kind; the report has all", kind, n-githubMost+1, githubMost)
			commands = append(commands[:githubMost-1:githubMost-1], rest)
		}
		for _, command := range commands {
			b.WriteString(command + "\n")
		}
	}
	var counts []string
	for _, status := range Statuses {
		counts = append(counts, fmt.Sprintf("%d %s", r.Summary.Count(status), looks[status].word))
	}
	b.WriteString(strings.Join(counts, ", ") + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// githubKind is the annotation that a status is worth; "" for none.
func githubKind(status Status) string {
	switch status {
	case Fail:
		return "error"
	case Unknown:
		return "warning"
	case Waived, Manual:
		return "notice"
	}
	return ""
}

func githubCommand(kind string, a *Account, result *Result) string {
	title := fmt.Sprintf("%s %s: %s", looks[result.Status].word, heading(result), a.Account)
	text := reason(result)
	if result.Remediation != "" && (result.Status == Fail || result.Status == Unknown) {
		text += "\nway out: " + plain(result.Remediation)
	}
	return "::" + kind + " title=" + githubProperty(title) + "::" + githubMessage(text)
}

// githubMessage escapes what would end the command; lines are told apart, everything else is plain.
func githubMessage(text string) string {
	const most = 4000 // of 64 KB that GitHub keeps of all
	var clean []string
	for part := range strings.SplitSeq(text, "\n") {
		clean = append(clean, plain(part))
	}
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(cut(strings.Join(clean, "\n"), most))
}

// githubProperty escapes what would end the property, too.
func githubProperty(text string) string {
	const most = 250
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(cut(plain(text), most))
}
