package filterpattern

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Patterns as they are prescribed and found in accounts.
const (
	unauthorizedShort   = `{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }`
	unauthorizedLetter  = `{ ($.errorCode ="*UnauthorizedOperation") || ($.errorCode ="AccessDenied*") && ($.sourceIPAddress!="delivery.logs.amazonaws.com") && ($.eventName!="HeadBucket") }`
	unauthorizedIntent  = `{ (($.errorCode ="*UnauthorizedOperation") || ($.errorCode ="AccessDenied*")) && ($.sourceIPAddress!="delivery.logs.amazonaws.com") && ($.eventName!="HeadBucket") }`
	unauthorizedEnglish = `{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") || ($.sourceIPAddress!="delivery.logs.amazonaws.com") || ($.eventName!="HeadBucket") }`
	noMFA               = `{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") }`
	noMFASSO            = `{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && ($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }`
	rootUsage           = `{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }`
	trailChanges        = `{ ($.eventName = CreateTrail) || ($.eventName = UpdateTrail) || ($.eventName = DeleteTrail) || ($.eventName = StartLogging) || ($.eventName = StopLogging) }`
	sgChanges           = `{ ($.eventName = AuthorizeSecurityGroupIngress) || ($.eventName = RevokeSecurityGroupEgress) || ($.eventName = CreateSecurityGroup) }`
	policyChanges       = `{ ($.eventName = PutRolePolicy) || ($.eventName = CreatePolicy) || ($.eventName = DeletePolicy) }`
)

type coverageCase struct {
	name               string
	required, deployed []string
	scope              string
	except             []string
	want               Answer
	assumes            Assumption // with Covered
	event              string     // with Missed: a pattern that the event must match
}

func TestCovers(t *testing.T) {
	one := func(s ...string) []string { return s }
	for _, c := range []coverageCase{
		{name: "nothing deployed", required: one(trailChanges), want: Missed, event: `{ $.eventName = CreateTrail && $.eventSource = "cloudtrail.amazonaws.com" }`},
		{name: "itself", required: one(rootUsage), deployed: one(rootUsage), want: Covered},
		{name: "reordered and unquoted", required: one(rootUsage), deployed: one(`{$.eventType!=AwsServiceEvent&&($.userIdentity.invokedBy NOT EXISTS)&&$.userIdentity.type=Root}`), want: Covered},
		{name: "shorter is broader", required: one(unauthorizedLetter), deployed: one(unauthorizedShort), want: Covered},
		{name: "parentheses narrow", required: one(unauthorizedLetter), deployed: one(unauthorizedIntent), want: Missed,
			event: `{ $.errorCode = "*UnauthorizedOperation" && ($.eventName = HeadBucket || $.sourceIPAddress = "delivery.logs.amazonaws.com") }`},
		{name: "any alternative suffices", required: one(unauthorizedLetter, unauthorizedIntent), deployed: one(unauthorizedIntent), want: Covered},
		{name: "exact misses its longer form", required: one(unauthorizedShort), deployed: one(`{ $.errorCode = "*UnauthorizedOperation" || $.errorCode = "AccessDenied" }`), want: Missed,
			event: `{ $.errorCode = "AccessDenied*" && $.errorCode != "AccessDenied" }`},
		{name: "single sign-on form misses root", required: one(noMFA), deployed: one(noMFASSO), want: Missed},
		{name: "MFAUsed No is not != Yes", required: one(noMFA), deployed: one(`{ $.eventName = ConsoleLogin && $.additionalEventData.MFAUsed = "No" }`), want: Missed,
			event: `{ $.additionalEventData.MFAUsed != "No" }`},
		{name: "!= is not NOT EXISTS", required: one(rootUsage), deployed: one(`{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy != "*" && $.eventType != "AwsServiceEvent" }`), want: Missed,
			event: `{ $.userIdentity.invokedBy NOT EXISTS }`},
		{name: "!= on a field that may be absent", required: one(`{ $.errorCode = "AccessDenied" }`), deployed: one(`{ $.errorCode = "AccessDenied" && $.userIdentity.invokedBy != "cloudfront.amazonaws.com" }`), want: Missed,
			event: `{ $.userIdentity.invokedBy NOT EXISTS }`},
		{name: "split over filters", required: one(trailChanges), want: Covered,
			deployed: one(`{ $.eventName = CreateTrail }`, `{ $.eventName = UpdateTrail || $.eventName = DeleteTrail }`, `{ $.eventName = "St*" }`)},
		{name: "one event dropped", required: one(trailChanges), deployed: one(`{ $.eventName = "*Trail" || $.eventName = StopLogging }`), want: Missed, event: `{ $.eventName = StartLogging }`},
		{name: "regular expression", required: one(sgChanges), deployed: one(`{ $.eventName = %SecurityGroup% }`), want: Covered},
		{name: "glob on both sides", required: one(sgChanges), deployed: one(`{ $.eventName = "*SecurityGroup*" }`), want: Covered},
		{name: "right source, one source only", required: one(trailChanges), want: Covered, assumes: EventSource,
			deployed: one(`{ $.eventSource = "cloudtrail.amazonaws.com" && ($.eventName = "*Trail" || $.eventName = "*Logging") }`)},
		{name: "right source, several sources", required: one(policyChanges), want: Missed, event: `{ $.eventSource != "iam.amazonaws.com" }`,
			deployed: one(`{ $.eventSource = "iam.amazonaws.com" && $.eventName = "*Policy" }`)},
		{name: "right source in scope", required: one(policyChanges), want: Covered, scope: `{ $.eventSource = "iam.amazonaws.com" }`,
			deployed: one(`{ $.eventSource = "iam.amazonaws.com" && $.eventName = "*Policy" }`)},
		{name: "negative coverage", required: one(policyChanges), want: Covered, scope: `{ $.eventSource = "iam.amazonaws.com" }`,
			deployed: one(`{$.eventSource = iam.* && $.eventName != Get* && $.eventName != List*}`)},
		{name: "types of a record", required: one(`{ $.eventName = CreateTrail }`), want: Covered, assumes: CloudTrail, deployed: one(`{ $.eventName = CreateTrail && $.eventSource = * }`)},
		{name: "a boolean is no text", required: one(`{ $.readOnly IS FALSE }`), deployed: one(`{ $.readOnly = "false" }`), want: Missed},
		{name: "exclusion", required: one(policyChanges), want: Missed, event: `{ $.userIdentity.arn = "*terraform*" }`,
			deployed: one(`{ $.eventName = "*Policy" && $.userIdentity.arn != "*terraform*" }`)},
		{name: "exclusion excepted, absent field not", required: one(policyChanges), want: Missed, except: one(`{ $.userIdentity.arn = "*terraform*" }`), event: `{ $.userIdentity.arn NOT EXISTS }`,
			deployed: one(`{ $.eventName = "*Policy" && $.userIdentity.arn != "*terraform*" }`)},
		{name: "exclusion excepted whole", required: one(policyChanges), want: Covered, assumes: CloudTrail, except: one(`{ $.userIdentity.arn = "*terraform*" }`, `{ $.userIdentity.arn NOT EXISTS }`),
			deployed: one(`{ $.eventName = "*Policy" && $.userIdentity.arn != "*terraform*" }`)},
		{name: "empty pattern", required: one(rootUsage), deployed: one(``), want: Covered},
		{name: "everything required", required: one(``), deployed: one(unauthorizedEnglish), want: Missed},
		// Terms and regular expressions over the message.
		{name: "term in the wanted name", required: one(`{ $.eventName = StopLogging }`), deployed: one(`StopLogging`), want: Covered},
		{name: "term in a key", required: one(`{ $.errorCode = "AccessDenied*" }`), deployed: one(`errorCode`), want: Covered},
		{name: "part of a term", required: one(`{ $.eventName = StopLogging }`), deployed: one(`"Stop" Logging`), want: Covered},
		{name: "term that excludes", required: one(`{ $.eventName = StopLogging }`), deployed: one(`StopLogging -terraform`), want: Missed},
		{name: "term of another name", required: one(trailChanges), deployed: one(`StopLogging`), want: Missed, event: `{ $.eventName = CreateTrail }`},
		{name: "term against term", required: one(`"StopLogging"`), deployed: one(`Logging`), want: Covered},
		{name: "message regex", required: one(`{ $.eventName = StopLogging }`), deployed: one(`%St[a-z]+Logging%`), want: Covered},
		{name: "anchored message regex", required: one(`{ $.eventName = StopLogging }`), deployed: one(`%^StopLogging%`), want: Missed},
		{name: "space form that asks for nothing", required: one(`{ $.eventName = StopLogging }`), deployed: one(`[...]`), want: Covered},
		{name: "space form that cannot start with a brace", required: one(`{ $.eventName = StopLogging }`), deployed: one(`[w = ERROR, x]`), want: Missed},
		{name: "space form over a record", required: one(`{ $.eventName = StopLogging }`), deployed: one(`[..., w = *StopLogging*]`), want: Undecided},
		// Points that AWS does not document.
		{name: "inner star, itself", required: one(`{ $.eventName = "Put*Policy" }`), deployed: one(`{ $.eventName = "Put*Policy" }`), want: Covered},
		{name: "inner star, broader", required: one(`{ $.eventName = "Put*Policy" }`), deployed: one(`{ $.eventName = "Put*" }`), want: Covered},
		{name: "inner star deployed", required: one(`{ $.eventName = PutRolePolicy }`), deployed: one(`{ $.eventName = "Put*Policy" }`), want: Undecided},
		{name: "inner star beside the point", required: one(`{ $.eventName = StopLogging }`), deployed: one(`{ $.eventName = "Put*Policy" }`), want: Missed},
		{name: "unquoted hyphen", required: one(`{ $.awsRegion = "us-east-1" }`), deployed: one(`{ $.awsRegion = us-east-1 }`), want: Undecided},
		// Paths, numbers and wildcards.
		{name: "child implies parent", required: one(`{ $.a.b = x }`), deployed: one(`{ $.a.b = * && $.a.b != y }`), want: Covered},
		{name: "child of a text", required: one(`{ $.a = x }`), deployed: one(`{ $.a.b NOT EXISTS }`), want: Covered},
		{name: "child of a number", required: one(`{ $.a > 1 }`), deployed: one(`{ $.a.b NOT EXISTS && $.a[0] NOT EXISTS }`), want: Covered},
		{name: "key and index", required: one(`{ $.a.b = x }`), deployed: one(`{ $.a[0] NOT EXISTS }`), want: Covered},
		{name: "later index", required: one(`{ $.a[1] = x }`), deployed: one(`{ $.a[0] = * || $.a[0] IS TRUE || $.a[0] IS FALSE || $.a[0] IS NULL }`), want: Missed},
		{name: "null member", required: one(`{ $.a[0] IS NULL }`), deployed: one(`{ $.a IS NULL }`), want: Missed},
		{name: "numbers", required: one(`{ $.a > 5 && $.a != 6 }`), deployed: one(`{ $.a > 5 && $.a < 6 }`, `{ $.a > 6 }`), want: Covered},
		{name: "number or its text", required: one(`{ $.a = 5 }`), deployed: one(`{ $.a > 4 }`), want: Missed, event: `{ $.a = "5" }`},
		{name: "fraction between", required: one(`{ $.a > 5 }`), deployed: one(`{ $.a >= 6 }`), want: Missed, event: `{ $.a < 6 }`},
		{name: "number that no text names", required: one(`{ $.a > 1 && $.a < 2 }`), deployed: one(`{ $.a = "1.5" }`), want: Missed},
		{name: "numbers above", required: one(`{ $.a > 1 }`), deployed: one(`{ $.a = "2" || $.a = "2.0" }`), want: Missed},
		{name: "numbers below", required: one(`{ $.a < 1 }`), deployed: one(`{ $.a = "0" || $.a = "0.0" || $.a = "-0" || $.a = "-0.0" }`), want: Missed},
		{name: "selected numbers", required: one(`{ $.a[*] > 1 }`), deployed: one(`{ $.a[*] = "2" || $.a[*] = "2.0" }`), want: Missed},
		{name: "large numbers", required: one(`{ $.a > 1e20 }`), deployed: one(`{ $.a = "100000000000000000001" }`), want: Missed},
		{name: "number and wildcard, itself", required: one(`{ $.a = 1 || $.a = "x*" }`), deployed: one(`{ $.a = 1 || $.a = "x*" }`), want: Covered},
		{name: "number and another wildcard", required: one(`{ $.a = 1 }`), deployed: one(`{ $.a != "*o" }`), want: Covered},
		{name: "a number is spelled in many ways", required: one(`{ $.a = "1000.0" }`), deployed: one(`1000`), want: Undecided},
		{name: "some number's spelling", required: one(`{ $.a = %^1000\.0$% }`), deployed: one(`1000`), want: Undecided},
		{name: "the alternative that is covered", required: one(`{ $.a[*] = foo }`, `{ $.a[*] != 2 }`), deployed: one(`{ $.a[*] = "fo*" }`), want: Covered},
		{name: "a name that belongs elsewhere", required: one(`{ $.eventName = "PutBucketPolicy*" }`), deployed: one(`{ $.eventSource = s3.amazonaws.com && $.eventName = PutBucketPolicy }`),
			want: Missed, event: `{ $.eventName != PutBucketPolicy }`},
		{name: "only Insights events lack it", required: one(`{ $.eventType = AwsApiCall && $.sourceIPAddress NOT EXISTS }`), deployed: one(`{ $.zz = 1 }`), want: Covered, assumes: CloudTrail},
		{name: "Insights events do", required: one(`{ $.sourceIPAddress NOT EXISTS }`), deployed: one(`{ $.zz = 1 }`), want: Missed, event: `{ $.eventType = AwsCloudTrailInsight }`},
		{name: "a boolean that is never null", required: one(`{ $.errorCode = x }`), deployed: one(`{ $.readOnly IS TRUE || $.readOnly IS FALSE || $.readOnly NOT EXISTS }`), want: Covered, assumes: CloudTrail},
		{name: "no record is empty", required: one(`{ $.* NOT EXISTS }`), deployed: one(`{ $.c = 1 }`), want: Covered, assumes: CloudTrail},
		{name: "fields of an object", required: one(`{ $.userIdentity.* = "Root" }`), deployed: one(`{ $.userIdentity.type = "*" }`), want: Covered, assumes: CloudTrail},
		{name: "members of a text", required: one(`{ $.eventName.* = "x" }`), deployed: one(`{ $.zz = 1 }`), want: Covered, assumes: CloudTrail},
		{name: "members of an object", required: one(`{ $.requestParameters.* = "x" }`), deployed: one(`{ $.zz = 1 }`), want: Missed},
		{name: "number behind a wildcard", required: one(`{ $.a[*] = "*1" }`), deployed: one(`{ $.a[*] = 5 }`), want: Missed},
		{name: "integers beyond doubles", required: one(`{ $.a > 10000000000000000 }`), deployed: one(`{ $.a > 1 }`), want: Covered},
		{name: "many wildcards around one name", required: one(`{ $.eventName = StopLogging || $.eventName = CreateTrail }`), want: Covered,
			deployed: one(`{ $.eventName = "*Bucket*" || $.eventName = "*Policy*" || $.eventName = "*Trail*" || $.eventName = "*Group*" || $.eventName = "*Route*" || $.eventName = "*Vpc*" || $.eventName = "*Key*" || $.eventName = "*Role*" || $.eventName = "*User*" || $.eventName = "*Object*" || $.eventName = "*Subnet*" || $.eventName = "*Log*" }`)},
		{name: "an undecidable pattern against itself", required: one(`{ $.a = %x\by% }`), deployed: one(`{ $.a = %x\by% }`), want: Covered},
		{name: "short source", required: one(`{ $.eventSource != %..% }`), deployed: one(`{ $.sourceIPAddress = "10.0.0.1" }`), want: Missed},
		{name: "element of a list", required: one(`{ $.a[0] = hit }`), deployed: one(`{ $.a[*] = "h*" }`), want: Covered},
		{name: "some element", required: one(`{ $.a[*] = hit }`), deployed: one(`{ $.a[0] = hit }`), want: Missed},
		{name: "wildcard itself", required: one(`{ $.a[*].b != x }`), deployed: one(`{ $.a.*.b != x }`), want: Covered},
	} {
		t.Run(c.name, func(t *testing.T) { c.check(t) })
	}
}

func (c coverageCase) question(t testing.TB) Question {
	q := Question{Required: parseAll(t, c.required...), Deployed: parseAll(t, c.deployed...), Except: parseAll(t, c.except...)}
	if c.scope != "" {
		q.Scope = mustParse(t, c.scope)
	}
	return q
}

func (c coverageCase) check(t *testing.T) {
	q := c.question(t)
	d := Covers(q)
	if d.Answer != c.want || d.Answer == Covered && d.Assumes != c.assumes {
		t.Fatalf("got %v (%v) %s %s, want %v (%v)", d.Answer, d.Assumes, d.Reason, d.Event, c.want, c.assumes)
	}
	if d.Answer == Undecided && d.Reason == "" {
		t.Error("unknown without a reason")
	}
	if d.Answer != Missed {
		return
	}
	if !q.proves(d) {
		t.Errorf("the event proves nothing: %s", d.Event)
	}
	if c.event != "" && mustParse(t, c.event).Match(d.Event) != Yes {
		t.Errorf("got event %s, want one that matches %s", d.Event, c.event)
	}
	checkRecord(t, d.Event)
}

// checkRecord holds an example against the types of a CloudTrail record.
func checkRecord(t *testing.T, record json.RawMessage) {
	t.Helper()
	e := NewEvent(record)
	insight := e.root["eventType"] == insightTypes["$.eventType"]
	for name := range recordFields {
		p := mustParse(t, `{ `+name+` NOT EXISTS }`)
		v, ok := lookup(e.root, p.json.cond.sel)
		parent, parentThere := lookup(e.root, p.json.cond.sel[:len(p.json.cond.sel)-1])
		if _, isObject := parent.(map[string]any); !parentThere || !isObject {
			continue
		}
		if got := shapeOf(v, ok); allowed(p.json.cond.sel, insight)&got == 0 {
			t.Errorf("%s of the event has a shape that no CloudTrail record has: %s", name, record)
		}
	}
}

func shapeOf(v any, present bool) shape {
	switch v := v.(type) {
	case string:
		return str
	case json.Number:
		return num
	case bool:
		if v {
			return boolTrue
		}
		return boolFalse
	case map[string]any:
		return object
	case []any:
		return lists
	}
	if !present {
		return missing
	}
	return null
}

func TestInForce(t *testing.T) {
	q := Question{Required: parseAll(t, `{ $.awsRegion = "us-east-1" }`), Deployed: parseAll(t, `{ $.awsRegion = us-east-1 }`), InForce: true}
	if d := Covers(q); d.Answer != Covered {
		t.Errorf("got %v %s, want covers: what was read back from AWS was accepted by it", d.Answer, d.Reason)
	}
}

func TestVacuous(t *testing.T) {
	for _, c := range []struct {
		pattern             string
		nothing, everything Truth
	}{
		{`{ $.readOnly = "false" }`, Yes, No},
		{`{ $.eventName = a && $.eventName = b }`, Yes, No},
		{`{ $.eventName = "Failedauthentication" }`, No, No},
		{`{ $.awsRegion = * }`, No, Yes},
		{``, No, Yes},
		{`[]`, No, Yes},
		{`{ $.eventName = a || $.eventName != a || $.eventName NOT EXISTS }`, No, Yes},
		{unauthorizedEnglish, No, No},
	} {
		p := mustParse(t, c.pattern)
		if got := p.MatchesNothing(); got != c.nothing {
			t.Errorf("%s matches nothing: got %v, want %v", c.pattern, got, c.nothing)
		}
		if got := p.MatchesEverything(); got != c.everything {
			t.Errorf("%s matches everything: got %v, want %v", c.pattern, got, c.everything)
		}
	}
}

func TestExplain(t *testing.T) {
	for _, c := range []struct {
		name               string
		required, deployed []string
		text               string
		excluded           string
	}{
		{"one dropped", []string{trailChanges}, []string{`{ $.eventName = "*Trail" || $.eventName = StartLogging }`}, "4 of 5: StopLogging is missed", ""},
		{"two dropped", []string{trailChanges}, []string{`{ $.eventName = "*Trail" }`}, "3 of 5: StartLogging, StopLogging are missed", ""},
		{"none", []string{trailChanges}, []string{`{ $.eventName = X }`}, "none of 5 is caught", ""},
		{"under a conjunction", []string{`{ $.eventSource = "kms.amazonaws.com" && ($.eventName = DisableKey || $.eventName = ScheduleKeyDeletion) }`},
			[]string{`{ $.eventName = DisableKey }`}, "1 of 2: ScheduleKeyDeletion is missed", ""},
		{"by condition", []string{unauthorizedShort}, []string{`{ $.errorCode = "AccessDenied*" }`}, "1 of 2: $.errorCode = *UnauthorizedOperation is missed", ""},
		{"excluding clause", []string{trailChanges}, []string{`{ $.eventName = "*" && $.userIdentity.userName != "alice" }`},
			"none of 5 is caught, excluded by $.userIdentity.userName != alice", "$.userIdentity.userName != alice"},
	} {
		q := Question{Required: parseAll(t, c.required...), Deployed: parseAll(t, c.deployed...)}
		n := Explain(q, Covers(q))
		if n.String() != c.text || strings.Join(n.ExcludedBy, ",") != c.excluded {
			t.Errorf("%s: got %q, excluded by %q; want %q, %q", c.name, n, n.ExcludedBy, c.text, c.excluded)
		}
	}
}

func TestOverBroad(t *testing.T) {
	for _, c := range []struct {
		required, deployed []string
		broad              bool
	}{
		{[]string{trailChanges}, []string{trailChanges}, false},
		{[]string{rootUsage}, []string{rootUsage}, false},
		{[]string{noMFA}, []string{noMFA}, false},
		{[]string{unauthorizedEnglish, unauthorizedShort}, []string{unauthorizedEnglish}, true},
		{[]string{trailChanges}, []string{`{ $.eventSource = "cloudtrail.amazonaws.com" }`}, true},
		{[]string{trailChanges}, []string{``}, true},
	} {
		q := Question{Required: parseAll(t, c.required...), Deployed: parseAll(t, c.deployed...)}
		if got := OverBroad(q); (got != nil) != c.broad {
			t.Errorf("%s: got %s, want over-broad %v", c.deployed, got, c.broad)
		}
	}
}

// Ten thousand filters on one log group, one of which matters.
func TestManyDeployed(t *testing.T) {
	var deployed []*Pattern
	for i := range 10_000 {
		deployed = append(deployed, mustParse(t, fmt.Sprintf(`{ $.eventName = Event%d && $.eventSource = "s%d.amazonaws.com" }`, i, i%7)))
	}
	q := Question{Required: parseAll(t, unauthorizedLetter), Deployed: deployed}
	if d := Covers(q); d.Answer != Missed || !q.proves(d) {
		t.Errorf("got %v %s, want misses with its proof", d.Answer, d.Reason)
	}
	q.Deployed = append(q.Deployed, mustParse(t, unauthorizedShort))
	if d := Covers(q); d.Answer != Covered {
		t.Errorf("got %v %s, want covers", d.Answer, d.Reason)
	}
}

// What matters is found among many that do not, for any alternative, and beside what cannot be decided.
func TestFarDeployed(t *testing.T) {
	var others []string
	for i := range 100 {
		others = append(others, fmt.Sprintf(`{ $.eventName = "Other%d" }`, i))
	}
	for _, c := range []coverageCase{
		{name: "second alternative", required: []string{`{ $.eventName = StartLogging }`, `{ $.eventName = StopLogging }`}, deployed: append(slices.Clone(others), `{ $.eventName = "Stop*" }`), want: Covered},
		{name: "beside a space form", required: []string{`{ $.eventName = StopLogging }`}, deployed: append(append([]string{`[ip, user, code]`}, others...), `{ $.eventName = "Stop*" }`), want: Covered},
		{name: "beside an inner star", required: []string{`{ $.eventName = StopLogging }`}, deployed: append(append([]string{`{ $.eventName = "Stop*ing" }`}, others...), `{ $.eventName = "Stop*" }`), want: Covered},
		{name: "none", required: []string{`{ $.eventName = StartLogging }`, `{ $.eventName = StopLogging }`}, deployed: others, want: Missed},
	} {
		t.Run(c.name, c.check)
	}
}

// What would take too long ends as unknown, not in a long wait; the budget is counted in steps, not in seconds.
func TestBudget(t *testing.T) {
	var globs, fields, chain []string
	for i := range 60 {
		globs = append(globs, fmt.Sprintf(`$.a = "*%c%c*"`, 'a'+i%26, 'a'+i*7%26))
		fields = append(fields, fmt.Sprintf(`($.a%d = x || $.b%d = y)`, i%30, i))
		chain = append(chain, fmt.Sprintf(`$.a%d != x && $.b%d != y`, i%30, i))
	}
	for _, c := range []struct{ required, deployed string }{
		{`{ ` + strings.Join(globs[:50], " && ") + ` }`, `{ ` + strings.Join(globs[10:], " && ") + ` }`},
		{`{ ` + strings.Join(fields[:28], " && ") + ` }`, `{ ` + strings.Join(chain[:28], " || ") + ` }`},
		{`{ $.a = %a.{900}b% && $.a = %c.{900}d% }`, `{ $.a = %a.{800}b% }`},
	} {
		q := Question{Required: parseAll(t, c.required), Deployed: parseAll(t, c.deployed)}
		if d := Covers(q); d.Answer == Missed && !q.proves(d) {
			t.Errorf("%.60s: the event proves nothing", c.required)
		}
	}
}

func TestDecideIsStable(t *testing.T) {
	q := Question{Required: parseAll(t, policyChanges, trailChanges), Deployed: parseAll(t, `{ $.eventName = "*Policy" && $.userIdentity.arn != "*x*" }`, `{ $.a[*] = 1 }`)}
	first, err := json.Marshal(Decide(q))
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(q.Deployed)
	for range 20 {
		again, err := json.Marshal(Decide(q))
		if err != nil {
			t.Fatal(err)
		}
		if string(again) != string(first) {
			t.Fatalf("got %s, then %s", first, again)
		}
	}
}
