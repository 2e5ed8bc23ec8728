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
			if identityWord.MatchString(l.selector) && !l.expression {
				r.learnIdentity(l.inner)
			}
		}
	case ruleText:
		for _, operand := range ruleOperands(text) {
			r.learnName(rule.kind, text[operand[0]:operand[1]])
		}
	}
	r.learnAll(text)
}

// learnAll notes the originals that a text gives away by ARNs, and account ids.
func (r *Redactor) learnAll(text string) {
	for _, id := range digitsShape.FindAllString(text, -1) {
		if len(id) == 12 {
			r.known.accounts[id] = true
		}
	}
	found := arnShape.FindAllString(text, -1)
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
	for _, part := range identityParts.FindAllString(text, -1) {
		if !hasShape(part) {
			r.known.add(part, r.secret.name)
		}
	}
}

func (r *Redactor) learnEndpoint(text string) {
	if _, isARN := ParseARN(text); isARN || strings.HasPrefix(text, "hmac-sha256:") {
		return
	}
	if _, domain, ok := strings.Cut(text, "@"); ok {
		r.known.add(strings.Trim(domain, "<> "), r.secret.host)
	}
	r.learnHost(text)
	r.known.add(text, r.endpoint)
}

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
	case namedText:
		return r.named(rule.kind, text)
	case freeText:
		return r.free(text)
	case errorText:
		if errorCode.MatchString(text) && r.scan(text) == text {
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
	return r.scan(text)
}

// errorCode is an error that is AWS's word alone: AccessDenied, Client.UnauthorizedOperation.
var errorCode = regexp.MustCompile(`^[A-Z][A-Za-z]+(\.[A-Z][A-Za-z]+)*$`)

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
	if _, isARN := ParseARN(text); isARN || !r.names[kind] || hasShape(text) {
		return r.scan(text)
	}
	prefix := ""
	if rest, ok := strings.CutPrefix(text, "alias/"); ok && !isOwn(text) {
		prefix, text = "alias/", rest
	}
	return prefix + wildParts.ReplaceAllStringFunc(text, func(part string) string {
		if isOwn(text) || isOwn(part) && strings.Contains(text, "*") {
			return r.scan(part)
		}
		return r.secret.name(part)
	})
}

var (
	wildParts     = regexp.MustCompile(`[^*]+`)
	identityParts = regexp.MustCompile(`[^*?:/]+`)
	partOfAddress = regexp.MustCompile(`^\d+\.[\d.]*$`) // 203.0.113.*
)

// hasShape tells whether a text is as a whole of a shape that is found wherever it stands.
func hasShape(text string) bool {
	for _, shape := range []*regexp.Regexp{emailShape, uuidShape, uniqueShape, idShape, unitShape, ipv4Shape} {
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
	return identityParts.ReplaceAllStringFunc(text, func(part string) string {
		switch {
		case hasShape(part):
			return r.shapesOf(part)
		case isOwn(part) && !partOfAddress.MatchString(part):
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
		resource = r.scan(resource)
	}
	return strings.Join([]string{"arn", plain(arn.Partition), plain(arn.Service), plain(arn.Region), plain(arn.Account), resource}, ":")
}

var pathParts = regexp.MustCompile(`[^/:]+`)

// path redacts the parts of a resource's path one by one; the first of several says what it is.
func (r *Redactor) path(kind, text string) string {
	first := strings.IndexAny(text, "/:")
	at := -1
	return pathParts.ReplaceAllStringFunc(text, func(part string) string {
		at++
		if at == 0 && first > 0 && kind == otherNames {
			return r.scan(part)
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
	return kind + "/" + pathParts.ReplaceAllStringFunc(path, r.identity)
}

// literal is one value that a pattern or a query compares a field with.
type literal struct {
	start, end int    // of what stands between the quotes
	selector   string // the field
	inner      string
	expression bool // a regular expression
}

var comparison = regexp.MustCompile(`(\$?[\w.\[\]'*@-]+)\s*(?:!=|=~|=|\blike\b|\bin\b)\s*\[?\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|%([^%]*)%|/((?:[^/\\]|\\.)*)/|([\w.*@:/+-]+))`)

func literalsOf(text string) []literal {
	var found []literal
	for _, m := range comparison.FindAllStringSubmatchIndex(text, -1) {
		for group := 2; group <= 6; group++ {
			if start, end := m[2*group], m[2*group+1]; start >= 0 {
				inner := text[start:end]
				found = append(found, literal{start, end, text[m[2]:m[3]], inner, (group == 4 || group == 5) && regexp.QuoteMeta(inner) != inner})
			}
		}
	}
	return found
}

// pattern replaces originals in the values that a pattern compares with, and lets AWS's own words be.
func (r *Redactor) pattern(text string) string {
	var b strings.Builder
	last := 0
	for _, l := range literalsOf(text) {
		b.WriteString(r.scan(text[last:l.start]))
		switch {
		case constantWord.MatchString(l.selector):
			b.WriteString(r.shapesOf(l.inner))
		case identityWord.MatchString(l.selector) && !l.expression:
			b.WriteString(r.identity(l.inner))
		default:
			b.WriteString(r.scan(l.inner))
		}
		last = l.end
	}
	return b.String() + r.scan(text[last:])
}

var operandShape = regexp.MustCompile(`\(\s*(?:([^\s"'()][^"'()]*?)|'([^']*)'|"([^"]*)")\s*\)`)

// ruleOperands are where the alarms stand in a composite alarm's rule.
func ruleOperands(text string) [][2]int {
	var found [][2]int
	for _, m := range operandShape.FindAllStringSubmatchIndex(text, -1) {
		for group := 1; group <= 3; group++ {
			if m[2*group] >= 0 {
				found = append(found, [2]int{m[2*group], m[2*group+1]})
			}
		}
	}
	return found
}

func (r *Redactor) rule(kind, text string) string {
	var b strings.Builder
	last := 0
	for _, operand := range ruleOperands(text) {
		b.WriteString(r.scan(text[last:operand[0]]) + r.named(kind, text[operand[0]:operand[1]]))
		last = operand[1]
	}
	return b.String() + r.scan(text[last:])
}
