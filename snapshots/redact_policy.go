package snapshots

import (
	"slices"
	"strings"
)

var (
	// policyWord is a name in a policy that is the language's own.
	policyWord = pattern(`^(?:Version|Id|Statement|Sid|Effect|(?:Not)?(?:Principal|Action|Resource)|Condition|AWS|Service|Federated|CanonicalUser|` +
		`(?:For(?:All|Any)Values?:)?(?:String|Numeric|Date|Bool|Binary|IpAddress|NotIpAddress|Arn|Null)[A-Za-z]*|[a-z0-9-]+:[A-Za-z]+(?:/.*)?)$`)
	// identityCondition is a key of a condition whose values are who asks.
	identityCondition = pattern(`(?i)^(?:aws:(?:username|userid|SourceIdentity)|sts:(?:RoleSessionName|SourceIdentity)|[a-z0-9.-]+:sub)$`)
	// tagCondition is a key of a condition whose values are tags.
	tagCondition = pattern(`(?i)^aws:(?:PrincipalTag|RequestTag|ResourceTag)/`)
)

// lastOf is the name of the member that a value stands in.
func lastOf(within []string) string {
	if len(within) == 0 {
		return ""
	}
	return within[len(within)-1]
}

// learnPolicy notes whom a policy's conditions name.
func (r *Redactor) learnPolicy(text string) {
	keep := func(_ []string, name string) string { return name }
	_, _ = rewriteMembers([]byte(text), keep, func(within []string, value string) string {
		if identityCondition().MatchString(lastOf(within)) {
			r.learnIdentity(value)
		}
		return value
	}) // a text that is no JSON is redacted as one
}

// policy is a policy of a resource, whose language stays.
func (r *Redactor) policy(text string) string {
	changed, err := rewriteMembers([]byte(text), r.policyName, r.policyValue)
	if err != nil {
		return r.scan(text)
	}
	return string(changed)
}

func (r *Redactor) policyName(_ []string, name string) string {
	if policyWord().MatchString(name) {
		return r.shapesOf(name)
	}
	return r.scan(name)
}

func (r *Redactor) policyValue(within []string, text string) string {
	last := lastOf(within)
	switch {
	case slices.Contains([]string{"Version", "Effect", "Action", "NotAction"}, last):
		return r.closed(text)
	case identityCondition().MatchString(last), tagCondition().MatchString(last):
		return r.identity(text)
	case last == "sns:Endpoint":
		if local, domain, ok := strings.Cut(text, "@"); ok && strings.Trim(domain, "*?") != "" {
			return r.identity(local) + "@" + r.secret.host(domain)
		}
	case isOwn(text):
		return r.shapesOf(text)
	}
	return r.scan(text)
}
