package remediation

import (
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

// Variable is a value of a plan that whoever makes the changes may choose: the script has it at the top.
type Variable struct {
	Name  string `json:"name"`            // TOPIC_EMAIL
	Value string `json:"value,omitempty"` // unless another is chosen; empty where one must be
	About string `json:"about"`           // what it is for, one line
	// Optional marks a variable without which the changes that take it are left out; the others are made.
	Optional bool `json:"optional,omitempty"`
}

// The names of the variables that plans have.
const (
	TopicEmail    = "TOPIC_EMAIL"
	TopicName     = "TOPIC_NAME"
	Namespace     = "METRIC_NAMESPACE"
	LogGroupName  = "LOG_GROUP_NAME"
	RoleName      = "CLOUDTRAIL_ROLE_NAME"
	TrailName     = "TRAIL_NAME"
	TrailBucket   = "TRAIL_BUCKET"
	TrailKMSKeyID = "TRAIL_KMS_KEY_ID"
)

// A variable stands in a text as its name between two signs that no text of AWS has: they are of a private use area.
const opening, closing = "\uE000", "\uE001"

// variableNames are all of them, in the order in which plans list them.
var variableNames = []string{TopicEmail, TopicName, Namespace, LogGroupName, RoleName, TrailName, TrailBucket, TrailKMSKeyID}

// mark is the text that stands for a variable.
func mark(name string) string { return opening + name + closing }

// Part is a piece of a text: a literal, or the name of a variable.
type Part struct{ Literal, Variable string }

// Text takes a text of a plan apart at its variables. Resources that a plan makes have such texts in their names, and what refers to
// them, too: the ARN of a new topic in an alarm's actions.
func Text(text string) []Part {
	var parts []Part
	for text != "" {
		before, rest, found := strings.Cut(text, opening)
		name, after, ended := strings.Cut(rest, closing)
		if !found || !ended || !slices.Contains(variableNames, name) {
			return append(parts, Part{Literal: text})
		}
		if before != "" {
			parts = append(parts, Part{Literal: before})
		}
		parts = append(parts, Part{Variable: name})
		text = after
	}
	return parts
}

// Resolve is a text with its variables replaced by their values, and by $NAME where they have none.
func (p *Plan) Resolve(text string) string {
	var b strings.Builder
	for _, part := range Text(text) {
		if part.Variable == "" {
			b.WriteString(part.Literal)
			continue
		}
		b.WriteString(p.valueOf(part.Variable))
	}
	return b.String()
}

func (p *Plan) valueOf(name string) string {
	for _, v := range p.Variables {
		if v.Name == name && v.Value != "" {
			return v.Value
		}
	}
	return "$" + name
}

// uses tells whether a text holds a variable.
func uses(text, name string) bool { return strings.Contains(text, mark(name)) }

// IsNamespace tells whether new metrics may have a namespace: AWS/ is for AWS's own, and a metric filter's has no :, * or $.
func IsNamespace(text string) bool {
	return text != "" && len(text) <= 255 && !strings.HasPrefix(text, "AWS/") && !strings.ContainsAny(text, ":*$")
}

// IsKeyARN tells whether a text is the ARN of a KMS key.
func IsKeyARN(text string) bool {
	arn, ok := snapshots.ParseARN(text)
	id, key := strings.CutPrefix(arn.Resource, "key/")
	return ok && key && id != "" && arn.Service == "kms" && arn.Region != "" && arn.Account != ""
}

// shellRule is what a script asks of the value of a variable, as IsNamespace and IsKeyARN do; empty if any name will do.
func shellRule(v Variable) string {
	switch v.Name {
	case Namespace:
		return "case $" + v.Name + " in AWS/*|*[:*$]*) echo 'error: " + v.Name + " must not begin with AWS/, nor hold one of : * $' >&2; exit 2 ;; esac\n"
	case TrailKMSKeyID:
		return "case $" + v.Name + " in ''|arn:*:kms:*:*:key/?*) ;; *) echo 'error: " + v.Name + " must be the ARN of a KMS key' >&2; exit 2 ;; esac\n"
	}
	return ""
}

// unmarked is a copy of a snapshot whose texts hold none of the signs that variables stand between.
func unmarked(s *snapshots.Snapshot) ([]byte, error) {
	text, err := s.Canonical()
	if err != nil {
		return nil, err
	}
	return []byte(strings.NewReplacer(opening, "\uFFFD", closing, "\uFFFD").Replace(string(text))), nil
}
