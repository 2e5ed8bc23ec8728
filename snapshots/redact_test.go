package snapshots_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

var redactionKey = []byte("a key of a test that has more than 32 bytes")

func redactor(t *testing.T, o snapshots.RedactOptions) *snapshots.Redactor {
	t.Helper()
	r, err := snapshots.NewRedactor(redactionKey, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func redact(t *testing.T, o snapshots.RedactOptions, all ...*snapshots.Snapshot) []*snapshots.Snapshot {
	t.Helper()
	r := redactor(t, o)
	for _, s := range all {
		r.Learn(s)
	}
	var out []*snapshots.Snapshot
	for _, s := range all {
		redacted, err := r.Redact(s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, redacted)
	}
	return out
}

func TestRedactsSamples(t *testing.T) {
	secret := []string{"111122223333", "CloudTrailToCloudWatchLogs", "security@example.com", "11111111-2222-3333-4444-555555555555", "example"}
	for _, name := range samples.Names() {
		s, err := samples.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		before := canonical(t, s)
		redacted := redact(t, snapshots.RedactOptions{}, s)[0]
		if canonical(t, s) != before {
			t.Errorf("%s: got a snapshot that redaction changed, want it as it was", name)
		}
		after := canonical(t, redacted)
		for _, original := range secret {
			if survives(after, original) {
				t.Errorf("%s: got %q in the redacted snapshot, want it nowhere", name, original)
			}
		}
		for _, p := range snapshots.Validate([]byte(after)) {
			t.Errorf("%s: got the problem %s, want none", name, p)
		}
		if again := canonical(t, redact(t, snapshots.RedactOptions{}, s)[0]); again != after {
			t.Errorf("%s: got other bytes the second time, want the same", name)
		}
	}
}

// survives tells whether an original stands anywhere in a text, in any encoding or spelling.
func survives(text, original string) bool {
	folded := strings.ToLower(text)
	escaped, err := json.Marshal(original)
	if err != nil {
		return true
	}
	for _, form := range []string{original, string(escaped[1 : len(escaped)-1]), url.PathEscape(original), url.QueryEscape(original)} {
		if strings.Contains(folded, strings.ToLower(form)) {
			return true
		}
	}
	for _, token := range regexp.MustCompile(`[A-Za-z0-9+/_-]{8,}`).FindAllString(text, -1) {
		for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if plain, err := e.DecodeString(token); err == nil && bytes.Contains(plain, []byte(original)) {
				return true
			}
		}
	}
	return false
}

func TestRedactionOfTexts(t *testing.T) {
	const account, other = "111122223333", "444455556666"
	tests := []struct {
		name, text string
		gone       []string
		stays      string // a regular expression
	}{
		{"an ARN", "arn:aws:sns:us-east-1:111122223333:security", nil, `^arn:aws:sns:us-east-1:\d{12}:security$`},
		{"a user", "arn:aws:iam::111122223333:user/staff/alice.jones", []string{"alice.jones", "staff"}, `^arn:aws:iam::\d{12}:user/x-\w+/x-\w+$`},
		{"root", "arn:aws:iam::111122223333:root", nil, `^arn:aws:iam::\d{12}:root$`},
		{"a role of AWS", "arn:aws:iam::111122223333:role/aws-service-role/sns.amazonaws.com/AWSServiceRoleForSNS", nil,
			`:role/aws-service-role/sns\.amazonaws\.com/AWSServiceRoleForSNS$`},
		{"a session", "arn:aws:sts::444455556666:assumed-role/Auditor/bob@corp.test", []string{"Auditor", "bob", "corp"},
			`^arn:aws:sts::\d{12}:assumed-role/x-\w+/p-\w+@redacted\.invalid$`},
		{"known words in any capitals", "Alice.Jones and ALICE.JONES", []string{"alice.jones"}, `^x-\w+ and x-\w+$`},
		{"a policy", `{"Statement": [{"Principal": {"AWS": "111122223333"}, "Resource": "arn:aws:sns:us-east-1:444455556666:t", "N": 111122223333}]}`, nil,
			`^\{"Statement": \[\{"Principal": \{"AWS": "\d{12}"\}, "Resource": "arn:aws:sns:us-east-1:\d{12}:t", "N": \d{12}\}\]\}$`},
		{"escaped JSON", `{"a": "alice\u002ejones"}`, []string{`alice\u002e`, "jones"}, `^\{"a": "x-\w+"\}$`},
		{"escapes in a text", `said alice\u002ejones`, []string{`alice\u002e`, "jones"}, `^said x-\w+$`},
		{"URL-encoded", "q=alice%2Ejones%20arn%3Aaws%3Aiam%3A%3A111122223333%3Auser", []string{"alice", "jones"}, `^q=`},
		{"in base64", base64.StdEncoding.EncodeToString([]byte("user alice.jones of 111122223333")), nil, `^[A-Za-z0-9+/]+=*$`},
		{"an account with hyphens", "1111-2222-3333", []string{"1111-2222-3333"}, `^\d{4}-\d{4}-\d{4}$`},
		{"an account in a word", "logs111122223333east", nil, `^logs\d{12}east$`},
		{"a bucket", "acme-logs-111122223333", nil, `^acme-logs-\d{12}$`},
		{"an address", "from 203.0.113.9", []string{"203.0.113.9"}, `^from 2[45]\d\.`},
		{"a unique id", "AIDAEXAMPLEEXAMPLE12", []string{"AIDAEXAMPLEEXAMPLE12"}, `^AIDA[A-Z2-7]{16}$`},
		{"an organisation", "o-exampleorgid", []string{"o-exampleorgid"}, `^o-\w{12}$`},
		{"a service", "delivery.logs.amazonaws.com", nil, `^delivery\.logs\.amazonaws\.com$`},
		{"a URL", "https://hooks.corp.test/T0/secret?x=1", []string{"corp.test", "secret"}, `^https://redacted\.invalid/\w+$`},
		{"a phone", "call +1 (555) 010-0123", []string{"010-0123"}, `^call \+1555\d{10}$`},
		{"an account in groups", "1111 2222 3333, 1111_2222_3333", []string{"2222"}, `^\d{4} \d{4} \d{4}, \d{4}_\d{4}_\d{4}$`},
		{"a host named by its address", "ip-203-0-113-77", []string{"203-0-113"}, `^ip-2[45]\d-\d+-\d+-\d+$`},
		{"an address at an address", "bob@[203.0.113.7], x@localhost", []string{"bob", "203", "localhost"}, `^p-\w+@redacted\.invalid, p-\w+@redacted\.invalid$`},
		{"a socket", "wss://feed.corp.test/alice", []string{"corp", "alice"}, `^wss://redacted\.invalid/\w+$`},
		{"an entity", "alice&#46;jones", []string{"jones"}, `^x-\w+$`},
		{"in hexadecimal", "616c6963652e6a6f6e6573", []string{"616c69"}, `^[0-9a-f]+$`},
		{"a key in a word", "key_AKIAEXAMPLEEXAMPLE12", []string{"AKIAEXAMPLEEXAMPLE12"}, `^key_AKIA[A-Z2-7]{16}$`},
		{"a unit's path", "o-zzzzz12345/r-ab12/ou-ab12-11111111/*", []string{"ab12", "zzzzz12345", "11111111"}, `^o-\w{10}/r-\w{4}/ou-\w{4}-\w{8}/\*$`},
		{"nothing", "GreaterThanOrEqualToThreshold", nil, `^GreaterThanOrEqualToThreshold$`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			user := "arn:aws:iam::" + account + ":user/staff/alice.jones"
			s := &snapshots.Snapshot{Schema: snapshots.SchemaName, Account: snapshots.Account{ID: account, Partition: "aws"}}
			s.Collection.Caller = &snapshots.Caller{ARN: user}
			s.CloudWatch.Alarms = []snapshots.Alarm{{Region: "us-east-1", AlarmName: "a", AlarmActions: []string{tt.text}}}
			got := redact(t, snapshots.RedactOptions{}, s)[0].CloudWatch.Alarms[0].AlarmActions[0]
			for _, gone := range append(tt.gone, account, other) {
				if survives(got, gone) {
					t.Errorf("got %s, want no %s in it", got, gone)
				}
			}
			if !regexp.MustCompile(tt.stays).MatchString(got) {
				t.Errorf("got %s, want %s", got, tt.stays)
			}
		})
	}
}

func TestRedactionOfPatterns(t *testing.T) {
	tests := []struct{ name, pattern, want string }{
		{"AWS's words", `{ ($.eventName = "StopLogging") && $.userIdentity.type = "Root" && $.sourceIPAddress != "delivery.logs.amazonaws.com" }`,
			`^\{ \(\$\.eventName = "StopLogging"\) && \$\.userIdentity\.type = "Root" && \$\.sourceIPAddress != "delivery\.logs\.amazonaws\.com" \}$`},
		{"an account", `{ $.recipientAccountId = 111122223333 }`, `^\{ \$\.recipientAccountId = [1-9]\d{11} \}$`},
		{"a user", `{ $.userIdentity.userName != "alice.jones" }`, `userName != "x-\w+" \}$`},
		{"an unknown user", `{ $.userIdentity.userName != "*bob*" }`, `userName != "\*x-\w+\*" \}$`},
		{"an ARN", `{ $.userIdentity.arn = "arn:aws:iam::111122223333:role/Deploy*" }`, `arn = "arn:aws:iam::\d{12}:role/x-\w+\*" \}$`},
		{"a regular expression", `{ $.userIdentity.arn = %arn:aws:iam::111122223333:user/alice.jones% }`, `arn = %arn:aws:iam::\d{12}:user/x-\w+% \}$`},
		{"a part of an address", `{ $.sourceIPAddress != "203.0.113.*" }`, `!= "x-\w+\*" \}$`},
		{"a user where AWS's word stands", `{ $.errorMessage = "*alice.jones*" || $.eventSource = "alice.jones.internal" }`,
			`^\{ \$\.errorMessage = "\*x-\w+\*" \|\| \$\.eventSource = "x-\w+\.internal" \}$`},
		{"brackets", `{ $.userIdentity["userName"] = "bob" && $.userIdentity.['userName'] != "eve" }`, `\["userName"\] = "x-\w+" && .*\['userName'\] != "x-\w+" \}$`},
		{"an anchored expression", `{ $.userIdentity.userName = %^eve.smith$% }`, `= %\^x-\w+\$% \}$`},
		{"an expression with wildcards", `{ $.userIdentity.arn = %assumed-role/Payroll.*/eve.smith% }`, `= %assumed-role/x-\w+\.\*/x-\w+% \}$`},
		{"an escaped address", `{ $.sourceIPAddress = %192\.0\.2\.5% }`, `= %2[45]\d\\\.\d+\\\.\d+\\\.\d+% \}$`},
		{"an expression of classes", `{ $.userIdentity.userName = %[Ee]ve% }`, `= %x-\w+% \}$`},
		{"an organisation's trail", `{ $.x = "o-abcde12345_111122223333_CloudTrail_us-east-1" }`, `= "o-\w{10}_\d{12}_CloudTrail_us-east-1" \}$`},
		{"terms", `[w1, user="eve.smith", host=evehost]`, `^\[w1, user="x-\w+", host=x-\w+\]$`},
		{"everything", ``, `^$`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &snapshots.Snapshot{Schema: snapshots.SchemaName, Account: snapshots.Account{ID: "111122223333", Partition: "aws"}}
			s.Collection.Caller = &snapshots.Caller{ARN: "arn:aws:iam::111122223333:user/alice.jones"}
			s.Logs.MetricFilters = []snapshots.MetricFilter{{Region: "us-east-1", LogGroupName: "g", FilterName: "f", FilterPattern: &tt.pattern}}
			got := *redact(t, snapshots.RedactOptions{}, s)[0].Logs.MetricFilters[0].FilterPattern
			if !regexp.MustCompile(tt.want).MatchString(got) || strings.Contains(got, "111122223333") {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestRedactionKeepsWordsOfAWS calls the account by words of AWS, and wants what policies judge by as it was.
func TestRedactionKeepsWordsOfAWS(t *testing.T) {
	words := []string{"management", "data", "identity", "exists", "threshold", "eventName", "security", "userIdentity", "publish", "statement", "GreaterThanOrEqualToThreshold"}
	for _, word := range words {
		for _, names := range [][]string{nil, snapshots.RedactableNames()} {
			s := sample(t, "compliant")
			s.Account.Alias = &word
			s.Collection.Caller = &snapshots.Caller{ARN: "arn:aws:iam::111122223333:role/" + word + "/" + word}
			was := closedWords(t, s)
			r := redactor(t, snapshots.RedactOptions{Names: names})
			r.Learn(s)
			redacted, err := r.Redact(s)
			if err != nil {
				t.Fatal(err)
			}
			if got := closedWords(t, redacted); got != was {
				t.Errorf("%s (%v): got %s, want %s", word, names, got, was)
			}
			if *redacted.Account.Alias == word || strings.Contains(redacted.Collection.Caller.ARN, word) {
				t.Errorf("%s: got it as the account's name or the caller's, want neither", word)
			}
			if notes := r.Notes(); word != "GreaterThanOrEqualToThreshold" && !strings.Contains(strings.Join(notes, "\n"), word) {
				t.Errorf("%s: got the notes %q, want one of it", word, notes)
			}
		}
	}
}

// closedWords are the selectors, the patterns and the settings of a snapshot.
func closedWords(t *testing.T, s *snapshots.Snapshot) string {
	t.Helper()
	var all []any
	for _, trail := range s.CloudTrail.Trails {
		all = append(all, trail.EventSelectors, trail.AdvancedEventSelectors, trail.HomeRegion)
	}
	var sorted []string
	for _, f := range s.Logs.MetricFilters {
		sorted = append(sorted, *f.FilterPattern)
	}
	slices.Sort(sorted)
	for _, a := range s.CloudWatch.Alarms {
		all = append(all, a.ComparisonOperator, a.Statistic, a.TreatMissingData, a.Region)
	}
	text, err := json.Marshal(append(all, sorted))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestRedactionOfPolicies(t *testing.T) {
	policy := `{"Version": "2012-10-17", "Statement": [{"Sid": "x", "Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": "SNS:Publish",` +
		` "Condition": {"StringEquals": {"aws:username": "eve", "aws:PrincipalTag/owner": "Eve Smith", "aws:PrincipalOrgPaths": "o-zzzzz12345/r-ab12/ou-ab12-11111111/*",` +
		` "sns:Endpoint": "*@corp.test", "aws:SourceAccount": 12345678901}}}]}`
	s := &snapshots.Snapshot{Schema: snapshots.SchemaName, Account: snapshots.Account{ID: "012345678901", Partition: "aws"}}
	s.Collection.Caller = &snapshots.Caller{ARN: "arn:aws:iam::012345678901:role/publish/statement/Service"}
	s.SNS.Topics = []snapshots.Topic{{Region: "us-east-1", TopicArn: "arn:aws:sns:us-east-1:012345678901:t", Attributes: &snapshots.TopicAttributes{Policy: &policy}}}
	got := *redact(t, snapshots.RedactOptions{}, s)[0].SNS.Topics[0].Attributes.Policy
	for _, gone := range []string{"eve", "Eve", "ab12", "zzzzz12345", "corp", "12345678901"} {
		if strings.Contains(got, gone) {
			t.Errorf("got %s in %s, want it nowhere", gone, got)
		}
	}
	for _, stays := range []string{`"Statement"`, `"Service": "cloudwatch.amazonaws.com"`, `"SNS:Publish"`, `"aws:username": "x-`} {
		if !strings.Contains(got, stays) {
			t.Errorf("got %s, want %s in it", got, stays)
		}
	}
}

func TestRedactionRefuses(t *testing.T) {
	if _, err := snapshots.NewRedactor([]byte("short"), snapshots.RedactOptions{}); !errors.Is(err, snapshots.ErrShortKey) {
		t.Errorf("got %v, want %v", err, snapshots.ErrShortKey)
	}
	if _, err := snapshots.NewRedactor(make([]byte, 32), snapshots.RedactOptions{}); !errors.Is(err, snapshots.ErrWeakKey) {
		t.Errorf("got %v, want %v", err, snapshots.ErrWeakKey)
	}
	if _, err := snapshots.NewRedactor(redactionKey, snapshots.RedactOptions{Names: []string{"people"}}); err == nil || !strings.Contains(err.Error(), "people") {
		t.Errorf("got %v, want an error that names people", err)
	}
}

func TestRedactionSaysSo(t *testing.T) {
	s := read(t, minimal(`"collection": {"source": "aws", "x": {"y": "alice"}}, "z": 1`))
	redacted := redact(t, snapshots.RedactOptions{Names: []string{"topics"}}, s)[0]
	record := redacted.Collection.Redactions
	if len(record) != 1 || record[0].Method != "hmac-sha256" || *record[0].DroppedFields != 2 || !slices.Contains(record[0].Replaced, "names of topics") {
		t.Errorf("got %+v, want a record of hmac-sha256, two dropped fields and names of topics", record)
	}
	kept := redact(t, snapshots.RedactOptions{KeepUnknown: true}, s)[0]
	if text := canonical(t, kept); !strings.Contains(text, `"z": 1`) || !strings.Contains(text, `"y": "alice"`) {
		t.Errorf("got %s, want the unknown fields in it", text)
	}
}

func TestRedactionOfSelectorsAndDimensions(t *testing.T) {
	s := &snapshots.Snapshot{Schema: snapshots.SchemaName, Account: snapshots.Account{ID: "111122223333", Partition: "aws"}}
	s.CloudTrail.Trails = []snapshots.Trail{{Region: "us-east-1", TrailARN: "a", AdvancedEventSelectors: []snapshots.AdvancedEventSelector{{
		FieldSelectors: []snapshots.AdvancedFieldSelector{
			{Field: "eventName", Equals: []string{"StopLogging"}},
			{Field: "resources.ARN", StartsWith: []string{"arn:aws:dynamodb"}},
			{Field: "userIdentity.arn", NotEndsWith: []string{"/carol"}, NotEquals: []string{"arn:aws:iam::111122223333:user/dave"}},
		}}}}}
	s.CloudWatch.Alarms = []snapshots.Alarm{{Region: "us-east-1", AlarmName: "a", Dimensions: []snapshots.Dimension{
		{Name: "EventName", Value: "StopLogging"}, {Name: "User", Value: "erin"},
	}}}
	got := canonical(t, redact(t, snapshots.RedactOptions{Names: snapshots.RedactableNames()}, s)[0])
	for _, gone := range []string{"carol", "dave", "erin", "111122223333"} {
		if strings.Contains(got, gone) {
			t.Errorf("got %s in %s, want it nowhere", gone, got)
		}
	}
	if strings.Count(got, `"StopLogging"`) != 2 || !strings.Contains(got, `"arn:aws:dynamodb"`) || !strings.Contains(got, `"/x-`) {
		t.Errorf("got %s, want AWS's own words in it, and /x- where /carol was", got)
	}
}

// TestRedactionKeepsDiffs wants as many changes of each kind between redacted snapshots as between the original ones, and equal content
// digests where they were equal.
func TestRedactionKeepsDiffs(t *testing.T) {
	from := sample(t, "compliant")
	for _, name := range samples.Names() {
		to := sample(t, name)
		if to.Account.ID != from.Account.ID {
			continue
		}
		for _, names := range [][]string{nil, snapshots.RedactableNames()} {
			redacted := redact(t, snapshots.RedactOptions{Names: names}, from, to)
			want, got := counted(diff(t, from, to)), counted(diff(t, redacted[0], redacted[1]))
			if got != want {
				t.Errorf("%s (%v): got the changes %s, want %s", name, names, got, want)
			}
			if was, is := sameContent(t, from, to), sameContent(t, redacted[0], redacted[1]); is != was {
				t.Errorf("%s (%v): got equal content digests %v, want %v", name, names, is, was)
			}
		}
	}
}

// TestRedactionOneByOne redacts two snapshots apart, of which only one knows the account's name: names that are replaced are the same.
func TestRedactionOneByOne(t *testing.T) {
	from, to := sample(t, "compliant"), sample(t, "compliant")
	from.Account.Alias, to.Account.Alias = snapshots.Of("acme-payroll"), nil
	for _, s := range []*snapshots.Snapshot{from, to} {
		s.CloudWatch.Alarms[0].AlarmName = "acme-payroll-alarm"
		s.CloudWatch.Alarms[0].AlarmArn = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:acme-payroll-alarm"
	}
	o := snapshots.RedactOptions{Names: snapshots.RedactableNames()}
	want := counted(diff(t, from, to))
	got := counted(diff(t, redact(t, o, from)[0], redact(t, o, to)[0]))
	if got != want {
		t.Errorf("got the changes %s, want %s", got, want)
	}
}

func counted(d *snapshots.Delta) string {
	var all []string
	for _, c := range d.Changes {
		fields := []string{}
		for _, f := range c.Fields {
			fields = append(fields, f.Path)
		}
		all = append(all, strings.Join([]string{string(c.Kind), c.List, strings.Join(fields, "+")}, " "))
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

func sameContent(t *testing.T, a, b *snapshots.Snapshot) bool {
	t.Helper()
	first, err := a.ContentDigest()
	if err != nil {
		t.Fatal(err)
	}
	second, err := b.ContentDigest()
	if err != nil {
		t.Fatal(err)
	}
	return first == second
}

// FuzzRedaction puts any text where texts are taken apart: it is redacted without an error, twice alike, into a snapshot that can be read,
// and the account's id is nowhere in it.
func FuzzRedaction(f *testing.F) {
	for _, seed := range []string{
		"alice of 111122223333", `{"a": [111122223333, -1111222233334.5e1]}`, `{ $.userIdentity.arn = "arn:aws:iam::111122223333:user/*" }`,
		`ALARM("arn:aws:cloudwatch:us-east-1:111122223333:alarm:a") OR OK(b)`, "%31%31111222233330", "arn:aws:s3:::a/b:c", "MTExMTIyMjIzMzMz", "a\\u00401111-2222-3333",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "?")
		s := &snapshots.Snapshot{Schema: snapshots.SchemaName, Account: snapshots.Account{ID: "111122223333", Partition: "aws", Alias: &text}}
		s.Collection.Caller = &snapshots.Caller{ARN: "arn:aws:iam::111122223333:user/" + text, UserID: &text}
		s.Logs.MetricFilters = []snapshots.MetricFilter{{Region: "us-east-1", LogGroupName: text, FilterName: "f", FilterPattern: &text}}
		s.CloudWatch.CompositeAlarms = []snapshots.CompositeAlarm{{Region: "us-east-1", AlarmName: "a", AlarmRule: &text, AlarmDescription: &text}}
		s.SNS.Subscriptions = []snapshots.Subscription{{Region: "us-east-1", TopicArn: text, SubscriptionArn: text, Endpoint: text}}
		s.SNS.Topics = []snapshots.Topic{{Region: "us-east-1", TopicArn: text, Attributes: &snapshots.TopicAttributes{Policy: &text}}}
		for _, o := range []snapshots.RedactOptions{{KeepTexts: true}, {Names: snapshots.RedactableNames(), KeepTexts: true}} {
			first := canonical(t, redact(t, o, s)[0])
			if second := canonical(t, redact(t, o, s)[0]); second != first {
				t.Errorf("got other bytes the second time, want the same: %s and %s", first, second)
			}
			if strings.Contains(first, "111122223333") {
				t.Errorf("got the account's id in %s, want it nowhere", first)
			}
		}
	})
}
