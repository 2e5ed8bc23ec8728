package remediation

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cistern-audit/cistern/snapshots"
)

// bash runs a script and gives what it prints.
func bash(t testing.TB, script string, env ...string) string {
	t.Helper()
	path, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash")
	}
	cmd := exec.Command(path, "-c", script)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s\n%s", err, out, script)
	}
	return string(out)
}

// nasty are names that mean something to a shell, to the AWS CLI or to a terminal.
var nasty = []string{
	"", " ", "-", "--region", "-rf /", "a b", "a\tb", "a\nb\r\nc", "it's", `"`, `'`, "`id`", "$(id)", "${HOME}", "$HOME", `\`, `\\`, `\'`, "!", "!!", "a!b",
	"*", "?", "[a]", "~", "#", "; id", "| id", "&& id", "> x", "< x", "{a,b}", "file:///etc/passwd", "https://example.com", "é", "日本", "🙂", "\u2028", "\x1b[2J", "\u202e",
	"EOF\nid\nEOF", "${TOPIC_EMAIL}", "%s%n", `{ ($.eventName = "a\"b") && ($.x != '$(id)') }`,
}

func TestQuoted(t *testing.T) {
	for _, text := range nasty {
		if got := bash(t, "printf %s "+quoted(text)); got != text {
			t.Errorf("%q as a word: got %q", text, got)
		}
	}
}

func TestShellJSON(t *testing.T) {
	for _, text := range nasty {
		roundTrip(t, text)
	}
}

// roundTrip lets bash read JSON that holds a text, and reads what it has then.
func roundTrip(t testing.TB, text string) {
	t.Helper()
	word := shellJSON(Object{{"a", text}, {"b", []string{text}}})
	for _, r := range word {
		if r < ' ' || r > '~' {
			t.Fatalf("%q: got %q with the sign %q", text, word, r)
		}
	}
	var got struct {
		A string
		B []string
	}
	printed := bash(t, "printf %s "+word)
	if err := json.Unmarshal([]byte(printed), &got); err != nil {
		t.Fatalf("%q: got %s: %v", text, printed, err)
	}
	if got.A != text || got.B[0] != text {
		t.Errorf("%q: got %q", text, got)
	}
}

func FuzzShellJSON(f *testing.F) {
	for _, text := range nasty {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.ContainsAny(text, "\x00"+opening+closing) {
			t.Skip("no snapshot holds it")
		}
		roundTrip(t, text)
		if strings.Contains(quoted(text), "\x00") {
			return
		}
		if got := bash(t, "printf %s "+quoted(text)); got != text {
			t.Errorf("%q as a word: got %q", text, got)
		}
	})
}

func TestShellVariables(t *testing.T) {
	word := shellJSON(Object{{"TopicArn", "arn:aws:sns:us-east-1:111122223333:" + mark(TopicName)}})
	got := bash(t, "printf %s "+word, "TOPIC_NAME=my topic")
	if want := `{"TopicArn":"arn:aws:sns:us-east-1:111122223333:my topic"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	// What a stranger writes between such signs is not a variable: it is taken out of a snapshot before anything is made of it.
	s := sample(t, "compliant")
	s.CloudWatch.Alarms[0].AlarmDescription = snapshots.Of(mark(TopicName))
	text, err := unmarked(s)
	if err != nil || bytes.Contains(text, []byte(opening)) {
		t.Errorf("got a snapshot with signs of variables, %v", err)
	}
}

func TestComment(t *testing.T) {
	for _, text := range nasty {
		var b bytes.Buffer
		comment(&b, "before "+text+" after "+strings.Repeat("word ", 40))
		for line := range strings.SplitSeq(strings.TrimSuffix(b.String(), "\n"), "\n") {
			if !strings.HasPrefix(line, "#") || strings.ContainsAny(line, "\r\x1b\u2028\u202e") {
				t.Errorf("%q: got the line %q in a comment", text, line)
			}
		}
	}
}

// hostile is a broken account whose names are all nasty.
func hostile(t testing.TB) *snapshots.Snapshot {
	s := sample(t, "broken-alarm-threshold")
	const name = "Root'Usage\n$(touch pwned)`touch pwned`\"; touch pwned #\u2028\x1b[2J é"
	for i := range s.Logs.MetricFilters {
		if f := &s.Logs.MetricFilters[i]; f.FilterName == "RootUsage" {
			f.FilterName, f.MetricTransformations[0].MetricName = name, name
		}
	}
	a := alarmIn(s, "RootUsage")
	a.AlarmName, a.AlarmArn, a.MetricName, a.AlarmDescription = name, "arn:aws:cloudwatch:us-east-1:111122223333:alarm:"+name, said(name), said("file:///etc/passwd")
	s.SNS.Subscriptions = []snapshots.Subscription{}
	s.SNS.Topics[0].Attributes.SubscriptionsConfirmed = said("0")
	return s
}

// checkDryRun asks that what a dry run prints is a script of comments and commands, which make the plan's calls when it is run.
func checkDryRun(t *testing.T, dir string, p Plan) {
	t.Helper()
	env := []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "CALLS=" + filepath.Join(dir, "dry"), "DRY_RUN=1"}
	out := bash(t, "cd "+quoted(dir)+" && bash fix.sh 2>&1 >dry.sh && ! [ -e dry ] && bash -n dry.sh && cat dry.sh && bash dry.sh", env...)
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "aws ") && !strings.HasPrefix(line, "# ") {
			t.Errorf("a dry run: got the line %q, want commands and comments", line)
		}
	}
	noted, err := os.ReadFile(filepath.Join(dir, "dry"))
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range p.Changes {
		for _, c := range change.Calls {
			text, err := c.Parameters.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			if want := asciiJSON(json.RawMessage(p.Resolve(string(text)))); !bytes.Contains(noted, []byte("\x00"+want+"\x00")) {
				t.Errorf("the call %s %s %s of the dry run was not made", c.Service, c.Operation, want)
			}
		}
	}
}

// TestShellHostile runs the script of an account with nasty names against an aws that notes how it is called.
func TestShellHostile(t *testing.T) {
	engine, o := shipped(t)
	r := propose(t, engine, o, hostile(t))
	dir := t.TempDir()
	var script bytes.Buffer
	if err := Write(&script, "aws-cli", &r.Plans[0]); err != nil {
		t.Fatal(err)
	}
	const aws = "#!/bin/bash\ncase $1 in sts) echo 111122223333 ;; esac\nprintf '%s\\0' \"$@\" >>\"$CALLS\"\n"
	for name, text := range map[string]string{"fix.sh": script.String(), "aws": aws} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	calls := filepath.Join(dir, "calls")
	out := bash(t, "cd "+quoted(dir)+" && bash fix.sh", "PATH="+dir+":"+os.Getenv("PATH"), "CALLS="+calls)
	if strings.Contains(out, "\x1b") {
		t.Errorf("got a terminal's escape in %q", out)
	}
	if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
		t.Error("a name was run")
	}
	noted, err := os.ReadFile(calls)
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range r.Plans[0].Changes {
		for _, c := range call.Calls {
			text, err := c.Parameters.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			if want := asciiJSON(json.RawMessage(r.Plans[0].Resolve(string(text)))); !bytes.Contains(noted, []byte("\x00"+want+"\x00")) {
				t.Errorf("the call %s %s %s was not made", c.Service, c.Operation, want)
			}
		}
	}
	checkDryRun(t, dir, r.Plans[0])
	// A second account's credentials change nothing.
	wrong := strings.ReplaceAll(aws, "111122223333", "444455556666")
	if err := os.WriteFile(filepath.Join(dir, "aws"), []byte(wrong), 0o777); err != nil {
		t.Fatal(err)
	}
	out = bash(t, "cd "+quoted(dir)+" && rm calls && ! bash fix.sh && tr '\\0' ' ' <calls", "PATH="+dir+":"+os.Getenv("PATH"), "CALLS="+calls)
	if !strings.Contains(out, "the credentials are of account 444455556666") || strings.Contains(out, "put-") {
		t.Errorf("with another account's credentials got %q", out)
	}
}
