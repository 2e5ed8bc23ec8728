package snapshots

import (
	"net/url"
	"regexp"
	"strings"
)

// learn notes the originals of one field.
func (r *Redactor) learn(rule fieldRule, text string) {
	switch rule.form {
	case namedText:
		r.learnName(rule.kind, text)
	case aliasText:
		r.known.add(text, r.secret.name)
	case identityText:
		r.learnIdentity(text)
	case endpointText:
		r.learnEndpoint(text)
	case urlText:
		r.learnHost(text)
	case patternText:
		for _, l := range literalsOf(text) {
			if identityWord().MatchString(l.selector) && !l.expression {
				r.learnIdentity(l.inner)
			}
		}
	case policyText:
		r.learnPolicy(text)
	case constantText:
		return
	case ruleText:
		for _, operand := range ruleOperands(text) {
			r.learnName(rule.kind, text[operand[0]:operand[1]])
		}
	}
	r.learnAll(text)
}

// learnAll notes the originals that a text gives away by ARNs, and account ids.
func (r *Redactor) learnAll(text string) {
	for _, id := range digitsShape().FindAllString(text, -1) {
		if len(id) == 12 {
			r.known.accounts[id] = true
		}
	}
	found := arnShape().FindAllString(text, -1)
	if _, ok := ParseARN(text); ok {
		found = append(found, text) // with the spaces in it
	}
	for _, one := range found {
		arn, ok := ParseARN(one)
		if !ok {
			continue
		}
		if arn.Service == "iam" || arn.Service == "sts" {
			_, path, _ := strings.Cut(arn.Resource, "/")
			for segment := range strings.SplitSeq(path, "/") {
				r.learnIdentity(segment)
			}
			continue
		}
		if part := partOf(arn); part.kind != "" {
			r.learnName(part.kind, part.name)
		}
	}
}

func (r *Redactor) learnName(kind, text string) {
	_, isARN := ParseARN(text)
	if text = strings.TrimPrefix(text, "alias/"); r.names[kind] && !isARN && !strings.Contains(text, "*") {
		r.known.add(text, r.secret.name)
	}
}

func (r *Redactor) learnIdentity(text string) {
	if _, isARN := ParseARN(text); isARN {
		return
	}
	for _, part := range identityParts().FindAllString(text, -1) {
		if !hasShape(part) {
			r.known.add(part, r.secret.name)
		}
	}
}

func (r *Redactor) learnEndpoint(text string) {
	if _, isARN := ParseARN(text); isARN || strings.HasPrefix(text, "hmac-sha256:") {
		return
	}
	if local, domain, ok := strings.Cut(text, "@"); ok {
		r.known.add(strings.Trim(domain, "<> "), r.secret.host)
		if local = strings.Trim(local, "<> "); !mailbox().MatchString(local) {
			r.known.add(local, r.secret.name)
		}
	}
	if parsed, err := url.Parse(text); err == nil && parsed.Host != "" {
		for _, token := range tokenShape().FindAllString(parsed.Path+" "+parsed.RawQuery, -1) {
			r.known.add(token, r.secret.name)
		}
	}
	r.learnHost(text)
	r.known.add(text, r.endpoint)
}

var (
	// mailbox is a part of an address that names a task rather than a person.
	mailbox = pattern(`(?i)^(security|alerts?|alarms?|ops|devops|sre|soc|noc|admins?|info|team|cloud|oncall|on-call|audit|compliance|support|` +
		`platform|infra|infrastructure|monitoring|notifications?|root|billing|it|help|hello|contact|postmaster|noreply|no-reply)$`)
	// tokenShape is a part of a URL that may be a secret.
	tokenShape = pattern(`[A-Za-z0-9_-]*[0-9][A-Za-z0-9_-]{7,}|[A-Za-z0-9_-]{16,}`)
)

func (r *Redactor) learnHost(text string) {
	if parsed, err := url.Parse(text); err == nil && parsed.Host != "" && strings.Trim(parsed.Hostname(), "0123456789.:") != "" && parsed.Hostname() != "localhost" {
		r.known.add(parsed.Hostname(), r.secret.host)
	}
}

// replace is the text of one field with pseudonyms in the places of originals.
func (r *Redactor) replace(rule fieldRule, text string) string {
	if text == "" {
		return ""
	}
	switch rule.form {
	case constantText:
		return r.closed(text)
	case wordText:
		return r.constant(text)
	case policyText:
		return r.policy(text)
	case expressionText:
		return r.expression(text)
	case namedText:
		return r.named(rule.kind, text)
	case freeText:
		return r.free(text)
	case errorText:
		if errorCode().MatchString(text) && r.shapesOf(text) == text {
			return text
		}
		return r.free(text)
	case identityText:
		return r.identity(text)
	case aliasText:
		return r.secret.name(text)
	case endpointText:
		return r.endpoint(text)
	case urlText:
		return r.secret.url(text)
	case patternText:
		return r.pattern(text)
	case ruleText:
		return r.rule(rule.kind, text)
	}
	if isOwn(text) {
		return r.shapesOf(text)
	}
	return r.scan(text)
}

// errorCode is an error that is AWS's word alone: AccessDenied, Client.UnauthorizedOperation.
var errorCode = pattern(`^[A-Z][A-Za-z]+(\.[A-Z][A-Za-z]+)*$`)

func (r *Redactor) free(text string) string {
	if r.options.KeepTexts {
		return r.scan(text)
	}
	return r.secret.text(text)
}

// endpoint is the pseudonym of a subscriber's address, of the shape that its protocol asks for.
func (r *Redactor) endpoint(text string) string {
	_, isARN := ParseARN(text)
	switch {
	case strings.HasPrefix(text, "hmac-sha256:"): // redacted when it was collected
		return text
	case isARN:
		return r.scan(text)
	case strings.Contains(text, "://"):
		return r.secret.url(text)
	case strings.Contains(text, "@"):
		return r.secret.email(text)
	case strings.Trim(text, "+0123456789 ().-") == "":
		return r.secret.phone(text)
	}
	return r.secret.name(text)
}

// named is the name of a resource: a pseudonym if its kind is to be redacted, else what it is without the originals in it.
func (r *Redactor) named(kind, text string) string {
	switch _, isARN := ParseARN(text); {
	case isOwn(text):
		return r.shapesOf(text)
	case isARN || !r.names[kind] || hasShape(text):
		return r.scan(text)
	}
	prefix := ""
	if rest, ok := strings.CutPrefix(text, "alias/"); ok && !isOwn(text) {
		prefix, text = "alias/", rest
	}
	return prefix + wildParts().ReplaceAllStringFunc(text, func(part string) string {
		if isOwn(text) || isOwn(part) && strings.Contains(text, "*") {
			return r.scan(part)
		}
		return r.secret.name(part)
	})
}

var (
	wildParts     = pattern(`[^*]+`)
	identityParts = pattern(`[^*?:/]+`)
	partOfAddress = pattern(`^\d+\.[\d.]*$`) // 203.0.113.*
)

// hasShape tells whether a text is as a whole of a shape that is found wherever it stands.
func hasShape(text string) bool {
	for _, shape := range []*regexp.Regexp{emailShape(), uuidShape(), uniqueShape(), idShape(), unitShape(), ipv4Shape()} {
		if shape.FindString(text) == text {
			return true
		}
	}
	return IsAccountID(text)
}

// identity is a person, a role, a session or a unique id, with its wildcards.
func (r *Redactor) identity(text string) string {
	if _, isARN := ParseARN(text); isARN || strings.Contains(text, "://") {
		return r.scan(text)
	}
	return identityParts().ReplaceAllStringFunc(text, func(part string) string {
		switch {
		case hasShape(part):
			return r.shapesOf(part)
		case isOwn(part) && !partOfAddress().MatchString(part):
			return r.digits(part)
		}
		return r.secret.name(part)
	})
}

// arnPart is the name in an ARN's resource.
type arnPart struct{ before, kind, name, after string }

// partOf finds the name in an ARN of a kind of resource that snapshots name in fields, too.
func partOf(arn ARN) arnPart {
	cut := func(prefix, kind, end string) arnPart {
		name, ok := strings.CutPrefix(arn.Resource, prefix)
		if !ok {
			return arnPart{}
		}
		p := arnPart{before: prefix, kind: kind, name: name}
		if end != "" {
			if i := strings.Index(name, end); i >= 0 {
				p.name, p.after = name[:i], name[i:]
			}
		}
		return p
	}
	switch arn.Service {
	case "sns":
		return cut("", topicNames, ":")
	case "cloudtrail":
		return cut("trail/", trailNames, "")
	case "logs":
		return cut("log-group:", logGroupNames, ":")
	case "kms":
		return cut("alias/", keyNames, "")
	case "s3":
		return cut("", bucketNames, "/")
	case "cloudwatch":
		if p := cut("alarm-mute-rule:", alarmNames, ""); p.kind != "" {
			return p
		}
		return cut("alarm:", alarmNames, "")
	}
	return arnPart{}
}

// arn is an ARN with pseudonyms: its account always, its principal always, its other names where their kind is to be redacted.
func (r *Redactor) arn(arn ARN) string {
	plain := func(text string) string { return r.known.replace(r.digits(text)) }
	resource := arn.Resource
	part := partOf(arn)
	switch {
	case arn.Service == "iam" || arn.Service == "sts":
		resource = r.principal(resource)
	case part.kind == bucketNames:
		resource = r.path(bucketNames, resource)
	case part.kind != "":
		resource = part.before + r.named(part.kind, part.name) + r.path(otherNames, part.after)
	case r.names[otherNames] && arn.Service != "kms" && arn.Service != "securityhub" && arn.Service != "cloudwatch" && arn.Service != "logs":
		resource = r.path(otherNames, resource)
	default:
		kind, name := "", resource
		if i := strings.IndexAny(resource, "/:"); i >= 0 { // what it is stays: hub/default
			kind, name = r.digits(resource[:i+1]), resource[i+1:]
		}
		resource = kind + r.scan(name)
	}
	return strings.Join([]string{"arn", r.digits(arn.Partition), r.digits(arn.Service), r.digits(arn.Region), plain(arn.Account), resource}, ":")
}

var pathParts = pattern(`[^/:]+`)

// path redacts the parts of a resource's path one by one; the first of several says what it is.
func (r *Redactor) path(kind, text string) string {
	first := strings.IndexAny(text, "/:")
	at := -1
	return pathParts().ReplaceAllStringFunc(text, func(part string) string {
		at++
		if at == 0 && first > 0 && kind == otherNames {
			return r.digits(part)
		}
		return r.named(kind, part)
	})
}

// principal is what IAM and STS name: user/path/name, assumed-role/name/session, root.
func (r *Redactor) principal(resource string) string {
	kind, path, ok := strings.Cut(resource, "/")
	if !ok {
		return r.scan(resource)
	}
	return kind + "/" + pathParts().ReplaceAllStringFunc(path, r.identity)
}
