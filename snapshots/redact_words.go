package snapshots

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ownWord are words of AWS that are no originals, whoever bears them.
var ownWord = pattern(`(?i)^(arn|aws(-[a-z-]+)?|root|user|users|role|roles|group|policy|federated-user|assumed-role|instance-profile|saml-provider|` +
	`oidc-provider|mfa|server-certificate|alias|alarm|trail|topic|log-group|log-stream|key|bucket|IAMUser|AssumedRole|FederatedUser|AWSAccount|AWSService|` +
	`AwsApiCall|AwsServiceEvent|AwsConsoleSignIn|true|false|null|none|yes|no|success|failure|denied|error|throttled|not_attempted|ok|sum|average|minimum|` +
	`maximum|samplecount|count|seconds|cloudtrail|cloudwatch|logs|sns|sqs|iam|sts|kms|lambda|events|securityhub|organizations|s3|all|readonly|` +
	`writeonly|email|email-json|sms|https?|firehose|application|service-role|aws-service-role|aws-reserved|standard|passthrough|cistern|HIDDEN_DUE_TO_SECURITY_REASONS|ANONYMOUS_PRINCIPAL)$`)

// isOwn tells whether a text is AWS's own rather than an account's.
func isOwn(text string) bool {
	lower := strings.ToLower(text)
	return ownWord().MatchString(text) || IsRegion(text) || strings.HasSuffix(lower, ".amazonaws.com") || strings.HasSuffix(lower, ".amazonaws.com.cn") ||
		strings.HasPrefix(text, "AWSServiceRoleFor") || strings.HasPrefix(text, "AWS/") || strings.HasPrefix(text, "aws/") ||
		strings.HasPrefix(text, "alias/aws/") || strings.Trim(text, "*?0123456789.-_/:+ ") == ""
}

// paramNames are the parameters of calls that name a resource.
var paramNames = map[string]string{
	"log-group-name": logGroupNames, "log-group-name-prefix": logGroupNames, "name": trailNames, "trail-name": trailNames,
	"trail-name-list": trailNames, "alarm-mute-rule-name": alarmNames,
}

// awsConstant is a text that is as a whole one of AWS's own: the name of an event, a type, an error code, a service, with wildcards.
var awsConstant = pattern(`^\*?(?:(?:Client\.|Server\.)?[A-Z][A-Za-z0-9]*|[a-z0-9.-]*amazonaws\.com(?:\.cn)?|AWS::[A-Za-z0-9:]+|true|false)\*?$`)

// closedWord is a text that may be AWS's word, a setting, a selector or a schedule; another stands there by mistake.
var closedWord = pattern(`^[A-Za-z0-9_$.:/*?,() +-]{1,80}$`)

// closed is the text of a field that holds words of AWS alone.
func (r *Redactor) closed(text string) string {
	if _, isARN := ParseARN(text); isARN || !closedWord().MatchString(text) {
		return r.scan(text)
	}
	return r.shapesOf(text)
}

// closedSelector is a field of an advanced event selector whose values are AWS's own words.
var closedSelector = pattern(`^(eventCategory|readOnly|resources\.type|eventSource|eventName|eventType|errorCode|sessionCredentialFromConsole)$`)

// constant is what a field of AWS's own words is compared with: it stays if it is such a word, whoever else bears it.
func (r *Redactor) constant(text string) string {
	if awsConstant().MatchString(text) || isOwn(text) {
		return r.shapesOf(text)
	}
	return r.scan(text)
}

// reserved are words that stand in snapshots as AWS's own, beside the names of fields.
var reserved = pattern(`(?i)^(management|data|identity|exists|insight|network|activity|security|default|threshold|publish|service|principal|` +
	`condition|statement|resource|resources|action|effect|allow|deny|breaching|notBreaching|ignore|missing|fields|filter|stats|parse|type|match|metrics|` +
	`describe|list|trails|topics|subscriptions|alarms|names|identities|endpoints|texts|errorMessage|userIdentity|userName|eventName|eventSource|eventType|eventCategory|` +
	`responseElements|requestParameters|additionalEventData|sessionContext|sessionIssuer|recipientAccountId|mfaAuthenticated|StopLogging|AccessDenied|` +
	`UnauthorizedOperation|east|west|north|south|central|function|inService|enabled|disabled|active|scheduled|expired)$`)

// Notes are what a caller should know of what was redacted: names that are words of AWS, too, and patterns that lost what they matched. They
// quote what was learned, and are for the eyes of the key's owner.
func (r *Redactor) Notes() []string {
	var notes []string
	for _, word := range slices.Sorted(maps.Keys(r.known.pseudonym)) {
		if reserved().MatchString(word) || isFieldName(word) {
			notes = append(notes, fmt.Sprintf("%q is a name here and a word of AWS: where it is a word of AWS it stays", word))
		}
	}
	for _, text := range slices.Sorted(maps.Keys(r.lost)) {
		notes = append(notes, fmt.Sprintf("the regular expression %%%s%% names identities by classes or counts: it became a pseudonym, and matches no other", text))
	}
	return notes
}

func isFieldName(word string) bool {
	for _, s := range shapes {
		if slices.ContainsFunc(s.fields, func(f field) bool { return strings.EqualFold(f.name, word) }) {
			return true
		}
	}
	return false
}
