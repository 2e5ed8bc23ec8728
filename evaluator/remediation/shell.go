package remediation

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// writeShell writes a bash script of AWS CLI calls. Every call takes its parameters as JSON of ASCII signs in single quotes, so that no name can
// mean anything to the shell, to the AWS CLI (which reads file:// and the like elsewhere), or to the terminal that it is pasted into.
func writeShell(w io.Writer, p *Plan) error {
	var b bytes.Buffer
	b.WriteString("#!/usr/bin/env bash\n")
	comment(&b, fmt.Sprintf("What account %s needs, as its snapshot of %s shows it (%s). Made by cistern fix.", p.Account, p.CollectedAt, p.Digest))
	if len(p.Accounts) > 0 {
		comment(&b, "It takes the changes and steps of "+strings.Join(p.Accounts, ", ")+", too.")
	}
	if len(p.Changes) == 0 {
		comment(&b, "There is nothing that a change would mend.")
		writeSteps(&b, p)
		_, err := w.Write(b.Bytes())
		return err
	}
	comment(&b, "Read it before you run it. It asks AWS what is there first, and makes no call that changes nothing: to run it again is safe. "+
		"DRY_RUN=1 prints the commands, asks AWS nothing and changes nothing.")
	comment(&b, "It takes the permissions "+strings.Join(p.Permissions, ", ")+", and those to read the same.")
	writeSteps(&b, p)
	b.WriteString("# shellcheck disable=SC2016 # the backticks are JMESPath's\nset -eu -o pipefail\n\n")
	writeVariables(&b, p)
	fmt.Fprintf(&b, shellFunctions, quoted(p.Account), quoted(p.Changes[0].Region))
	for i := range p.Changes {
		writeChange(&b, p, &p.Changes[i])
	}
	b.WriteString("\n[ \"$DRY_RUN\" = 1 ] || echo 'done'\n")
	_, err := w.Write(b.Bytes())
	return err
}

// shellFunctions are what the calls of a script share. Only that something is not there is a no; any other error of a question ends the script,
// for what is there could be somebody's.
const shellFunctions = `export AWS_PAGER=''
DRY_RUN=${DRY_RUN:-}

# fail MESSAGE
fail() {
  printf 'error: %%s\n' "$1" >&2
  exit 1
}

# holds SERVICE OPERATION REGION PARAMETERS QUERY MESSAGE: whether AWS answers true. If what is there must stay, the script ends with the message.
holds() {
  local answer
  [ "$DRY_RUN" = 1 ] && return 1
  if ! answer=$(aws "$1" "$2" --region "$3" --cli-input-json "$4" --query "$5" --output json 2>"$errors"); then
    grep -Eq '\((NoSuch[A-Za-z]*|[A-Za-z]*NotFound(Exception|Fault)?|404)\)|is not subscribed to AWS Security Hub' "$errors" && return 1
    cat "$errors" >&2
    fail "aws $1 $2 in $3 was not answered, so that nothing is known of what is there: it was not changed, and neither was what comes after it"
  fi
  [ "$answer" = '"other"' ] && fail "$6"
  [ "$answer" = true ]
}

# change SERVICE OPERATION REGION PARAMETERS
change() {
  if [ "$DRY_RUN" = 1 ]; then
    printf "aws %%s %%s --region %%q --cli-input-json '%%s'\n" "$1" "$2" "$3" "$4"
    return
  fi
  printf 'aws %%s %%s in %%s\n' "$1" "$2" "$3"
  aws "$1" "$2" --region "$3" --cli-input-json "$4" --output json >/dev/null
}

# patiently SERVICE OPERATION REGION PARAMETERS: a change that a new role may need some seconds for
patiently() {
  local try
  for try in 1 2 3 4 5; do
    change "$@" && return
    printf 'try %%s of 6 failed, and the next is in 10 seconds\n' "$try" >&2
    sleep 10
  done
  change "$@"
}

account=%s
if [ "$DRY_RUN" != 1 ]; then
  caller=$(aws sts get-caller-identity --region %s --query Account --output text)
  [ "$caller" = "$account" ] || fail "these changes are for account $account, and the credentials are of account $caller"
  errors=$(mktemp)
  trap 'rm -f "$errors"' EXIT
fi
`

// shellCheck refuses values of variables that could mean anything in JSON or in a query but themselves.
const shellCheck = "set -- %s\n" +
	"for value; do\n" +
	"  case $value in\n" +
	"    *[\\\"\\'\\\\\\`[:cntrl:]]*) echo 'error: a variable holds a sign that no name has' >&2; exit 2 ;;\n" +
	"  esac\n" +
	"done\n\n"

// writeSteps are a human's steps as comments.
func writeSteps(b *bytes.Buffer, p *Plan) {
	if len(p.Steps) > 0 {
		b.WriteString("#\n")
	}
	for i, s := range p.Steps {
		when := map[When]string{Before: "before the changes", After: "after the changes", Instead: "by hand"}[s.When]
		comment(b, fmt.Sprintf("Step %d, %s (for %s): %s", i+1, when, spans(s.Controls), p.Resolve(s.Text)))
		for _, command := range s.Commands {
			b.WriteString("#   " + command + "\n")
		}
	}
	b.WriteString("\n")
}

func writeVariables(b *bytes.Buffer, p *Plan) {
	for _, v := range p.Variables {
		comment(b, v.Name+": "+v.About+".")
		switch {
		case v.Value != "":
			fmt.Fprintf(b, "%s=${%s:-%s}\n", v.Name, v.Name, quoted(v.Value))
		case v.Optional:
			fmt.Fprintf(b, "%s=${%s:-}\n", v.Name, v.Name)
		default:
			fmt.Fprintf(b, ": \"${%s:?set it to %s}\"\n", v.Name, v.About)
		}
		b.WriteString(shellRule(v))
	}
	if len(p.Variables) == 0 {
		return
	}
	var names []string
	for _, v := range p.Variables {
		names = append(names, `"$`+v.Name+`"`)
	}
	fmt.Fprintf(b, shellCheck, strings.Join(names, " "))
}

// writeChange is one change: why, and each call behind the question whether it is needed.
func writeChange(b *bytes.Buffer, p *Plan, c *Change) {
	b.WriteString("\n")
	comment(b, fmt.Sprintf("%s For %s.", p.Resolve(c.Why), spans(c.Controls)))
	for _, note := range c.Notes {
		comment(b, p.Resolve(note))
	}
	for _, call := range c.Calls {
		optional := optionalOf(p, call)
		indent := ""
		if optional != "" {
			fmt.Fprintf(b, "if [ -z \"$%s\" ]; then\n  echo '# left out, for %s is not set: aws %s %s'\n", optional, optional, call.Service, call.Operation)
			b.WriteString("el")
		}
		g := guardOf(c, call)
		how := "change"
		if call.Parameters.Of("CloudWatchLogsRoleArn") != nil {
			how = "patiently"
		}
		fmt.Fprintf(b, "%sif ! holds %s %s %s \\\n  %s \\\n  %s", indent, g.service, g.operation, quoted(c.Region), shellJSON(g.parameters), splice(g.query))
		if g.message != "" {
			fmt.Fprintf(b, " \\\n  %s", splice(g.message))
		}
		b.WriteString("; then\n")
		fmt.Fprintf(b, "  %s %s %s %s \\\n    %s\nfi\n", how, call.Service, call.Operation, quoted(c.Region), shellJSON(call.Parameters))
	}
}

// optionalOf is the optional variable without a value that a call takes; empty if it takes none.
func optionalOf(p *Plan, call Call) string {
	text := asciiJSON(call.Parameters)
	for _, v := range p.Variables {
		if v.Optional && uses(text, v.Name) {
			return v.Name
		}
	}
	return ""
}

// shellCall is a call as one line of a shell.
func shellCall(c Call, region string) string {
	return fmt.Sprintf("aws %s %s --region %s --cli-input-json %s", c.Service, c.Operation, quoted(region), shellJSON(c.Parameters))
}

// shellJSON is a value as JSON in single quotes, with the shell's variables in the place of the plan's.
func shellJSON(value any) string { return splice(asciiJSON(value)) }

// splice puts a text that holds no single quote into single quotes, but for the plan's variables.
func splice(text string) string {
	var b strings.Builder
	for _, part := range Text(text) {
		if part.Variable != "" {
			b.WriteString(`"${` + part.Variable + `}"`)
			continue
		}
		b.WriteString(quoted(part.Literal))
	}
	return b.String()
}

// asciiJSON is JSON of visible ASCII signs, without single quotes and backticks. The signs around variables stay.
func asciiJSON(value any) string {
	text, err := marshal(value)
	if err != nil {
		return "null" // of texts, numbers and lists only: cannot happen
	}
	var b strings.Builder
	for _, r := range string(text) {
		switch {
		case string(r) == opening, string(r) == closing, r >= ' ' && r <= '~' && r != '\'' && r != '`':
			b.WriteRune(r)
		case r > 0xFFFF:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xD800+(r>>10), 0xDC00+(r&0x3FF))
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// quoted is a text as one word of a shell.
func quoted(text string) string {
	plain := text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._/@-", r))
	})
	if plain && text[0] != '-' {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// comment writes a text as lines of a comment. Nothing in it ends the comment, or moves a terminal's cursor.
func comment(b *bytes.Buffer, text string) {
	text = visible(text)
	const width = 118
	line := "#"
	for word := range strings.FieldsSeq(text) {
		if len(line)+len(word) > width && line != "#" {
			b.WriteString(line + "\n")
			line = "#"
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}
