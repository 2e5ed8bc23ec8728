package filterpattern

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestExtend(t *testing.T) {
	for _, c := range []struct {
		name, deployed   string
		required, others []string
		scope            string
		except           []string
		want             string
		added, excluding []string
	}{
		{name: "nothing is missing", deployed: `{ $.eventName = *Trail || $.eventName = *Logging }`, required: []string{trailChanges},
			want: `{ $.eventName = *Trail || $.eventName = *Logging }`},
		{name: "into the list of names", deployed: `{ $.eventName = CreateTrail || $.eventName = UpdateTrail || $.eventName = DeleteTrail || $.eventName = StartLogging || $.errorCode = x }`,
			required: []string{trailChanges}, added: []string{"StopLogging"},
			want: `{ $.eventName = CreateTrail || $.eventName = UpdateTrail || $.eventName = DeleteTrail || $.eventName = StartLogging || $.eventName = StopLogging || $.errorCode = x }`},
		{name: "into the list inside", deployed: `{ $.eventSource = "cloudtrail.amazonaws.com" && ($.eventName = *Trail || $.eventName = StartLogging) }`,
			required: []string{trailChanges}, added: []string{"StopLogging"},
			want: `{ $.eventSource = cloudtrail.amazonaws.com && ($.eventName = *Trail || $.eventName = StartLogging || $.eventName = StopLogging) }`},
		{name: "a single name becomes a list", deployed: `{ $.eventSource = "cloudtrail.amazonaws.com" && $.eventName = *Trail }`, required: []string{trailChanges},
			added: []string{"StartLogging", "StopLogging"},
			want:  `{ $.eventSource = cloudtrail.amazonaws.com && ($.eventName = *Trail || $.eventName = StartLogging || $.eventName = StopLogging) }`},
		{name: "an exclusion stays with its own events", deployed: `{ $.eventName = RunInstances && $.userIdentity.arn != *terraform* }`,
			required: []string{`{ $.eventName = StopLogging }`}, added: []string{"$.eventName = StopLogging"},
			want: `{ $.eventName = RunInstances && $.userIdentity.arn != *terraform* || $.eventName = StopLogging }`},
		{name: "an exclusion that must go", deployed: `{ ($.eventName = StartLogging || $.eventName = StopLogging) && $.userIdentity.arn != *terraform* }`,
			required: []string{`{ $.eventName = StopLogging || $.eventName = StartLogging }`}, added: []string{"StopLogging", "StartLogging"},
			excluding: []string{"$.userIdentity.arn != *terraform*"}, want: `{ $.eventName = StopLogging || $.eventName = StartLogging }`},
		{name: "an exclusion that is excepted", deployed: `{ $.eventName = StartLogging && $.userIdentity.arn != *terraform* }`,
			required: []string{`{ $.eventName = StopLogging || $.eventName = StartLogging }`}, added: []string{"StopLogging"},
			except: []string{`{ $.userIdentity.arn = *terraform* }`, `{ $.userIdentity.arn NOT EXISTS }`},
			want:   `{ ($.eventName = StartLogging || $.eventName = StopLogging) && $.userIdentity.arn != *terraform* }`},
		{name: "in scope", deployed: `{ $.eventSource = iam.amazonaws.com && $.eventName = PutRolePolicy }`, required: []string{policyChanges},
			scope: `{ $.eventSource = iam.amazonaws.com }`, added: []string{"CreatePolicy", "DeletePolicy"},
			want: `{ $.eventSource = iam.amazonaws.com && ($.eventName = PutRolePolicy || $.eventName = CreatePolicy || $.eventName = DeletePolicy) }`},
		{name: "another filter has the rest", deployed: `{ $.eventName = CreateTrail }`, others: []string{`{ $.eventName = *Trail || $.eventName = StartLogging }`},
			required: []string{trailChanges}, added: []string{"StopLogging"}, want: `{ $.eventName = CreateTrail || $.eventName = StopLogging }`},
		{name: "of several required the shortest", deployed: `{ $.errorCode = AccessDenied* }`, required: []string{unauthorizedIntent, unauthorizedShort},
			added: []string{"$.errorCode = *UnauthorizedOperation"}, want: `{ $.errorCode = AccessDenied* || $.errorCode = *UnauthorizedOperation }`},
		{name: "a condition, not a name", deployed: `{ $.eventName = ConsoleLogin && $.additionalEventData.MFAUsed = No }`, required: []string{noMFA},
			added: []string{"$.eventName = ConsoleLogin && $.additionalEventData.MFAUsed != Yes"}, excluding: []string{"$.additionalEventData.MFAUsed = No"},
			want: `{ $.eventName = ConsoleLogin && $.additionalEventData.MFAUsed != Yes }`},
		{name: "of another subject", deployed: `{ $.eventSource = iam.amazonaws.com && $.eventName = PutUserPolicy }`, required: []string{rootUsage},
			added: []string{"$.userIdentity.type = Root && $.userIdentity.invokedBy NOT EXISTS && $.eventType != AwsServiceEvent"},
			want:  `{ $.eventSource = iam.amazonaws.com && $.eventName = PutUserPolicy || $.userIdentity.type = Root && $.userIdentity.invokedBy NOT EXISTS && $.eventType != AwsServiceEvent }`},
		{name: "what two alternatives share", deployed: `{ $.eventName = ConsoleLogin && $.errorMessage = "Failed authentication" }`,
			required: []string{`{ $.eventName = ConsoleLogin && $.additionalEventData.MFAUsed = No }`},
			added:    []string{"$.eventName = ConsoleLogin && $.additionalEventData.MFAUsed = No"}, excluding: []string{`$.errorMessage = "Failed authentication"`},
			want: `{ $.eventName = ConsoleLogin && ($.errorMessage = "Failed authentication" || $.additionalEventData.MFAUsed = No) }`},
		{name: "no name that would catch more", deployed: `{ $.eventName = RunInstances || $.eventName = StopInstances }`, required: []string{noMFA},
			added: []string{"$.eventName = ConsoleLogin && $.additionalEventData.MFAUsed != Yes"},
			want:  `{ $.eventName = RunInstances || $.eventName = StopInstances || $.eventName = ConsoleLogin && $.additionalEventData.MFAUsed != Yes }`},
	} {
		t.Run(c.name, func(t *testing.T) {
			deployed := mustParse(t, c.deployed)
			q := Question{Required: parseAll(t, c.required...), Deployed: parseAll(t, c.others...), Except: parseAll(t, c.except...)}
			if c.scope != "" {
				q.Scope = mustParse(t, c.scope)
			}
			got, err := Extend(deployed, q)
			if err != nil {
				t.Fatal(err)
			}
			if got.Pattern.String() != c.want || !slices.Equal(got.Added, c.added) || !slices.Equal(got.Excluding, c.excluding) {
				t.Errorf("got %s\nadded %q\nexcluding %q\nwant %s\nadded %q\nexcluding %q", got.Pattern, got.Added, got.Excluding, c.want, c.added, c.excluding)
			}
		})
	}
}

func TestExtendErrors(t *testing.T) {
	trail := parseAll(t, trailChanges)
	if _, err := Extend(mustParse(t, `ERROR`), Question{Required: trail}); !errors.Is(err, ErrNotJSON) {
		t.Errorf("terms: got %v, want %v", err, ErrNotJSON)
	}
	if _, err := Extend(trail[0], Question{}); !errors.Is(err, ErrNothingRequired) {
		t.Errorf("nothing required: got %v, want %v", err, ErrNothingRequired)
	}
	var long *TooLong
	if _, err := Extend(mustParse(t, longList("x", 40)), Question{Required: parseAll(t, longList("y", 40))}); !errors.As(err, &long) || long.Length <= MaxLength {
		t.Errorf("long: got %v, want one of over 1,024 characters", err)
	}
	var unproven *Unproven
	if _, err := Extend(mustParse(t, `{ $.a = "x*y" }`), Question{Required: parseAll(t, `[..., w = *StopLogging*]`)}); err == nil || errors.As(err, &unproven) {
		t.Errorf("space form required: got %v", err)
	}
}

// longList is a pattern of n event names.
func longList(prefix string, n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("$.eventName=%s%02d", prefix, i)
	}
	return "{" + strings.Join(names, "||") + "}"
}

func TestRest(t *testing.T) {
	for _, c := range []struct {
		name               string
		required, deployed []string
		want               []string
		twice              bool
	}{
		{"nothing is missing", []string{trailChanges}, []string{`{ $.eventName = *Trail }`, `{ $.eventName = *Logging }`}, nil, false},
		{"nothing is deployed", []string{`{ ($.a = x) || ($.a = x) }`}, nil, []string{`{ $.a = x }`}, false},
		{"some names", []string{trailChanges}, []string{`{ $.eventName = *Trail }`}, []string{`{ $.eventName = StartLogging || $.eventName = StopLogging }`}, false},
		{"what an exclusion keeps out", []string{`{ $.eventName = StopLogging }`}, []string{`{ $.eventName = *Logging && $.userIdentity.arn != *terraform* }`},
			[]string{`{ $.eventName = StopLogging && ($.userIdentity.arn = *terraform* || $.userIdentity.arn NOT EXISTS) }`}, false},
		{"a field that is always there", []string{`{ $.eventName = StopLogging }`}, []string{`{ $.eventName = *Logging && $.sourceIPAddress != 10.* }`},
			[]string{`{ $.eventName = StopLogging && $.sourceIPAddress = 10.* }`}, false},
		{"no telling them apart", []string{`{ $.eventName = StopLogging }`}, []string{`StopLogging -terraform`}, []string{`{ $.eventName = StopLogging }`}, true},
		{"the shortest of several", []string{unauthorizedIntent, unauthorizedShort}, nil, []string{`{ $.errorCode = *UnauthorizedOperation || $.errorCode = AccessDenied* }`}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := Question{Required: parseAll(t, c.required...), Deployed: parseAll(t, c.deployed...)}
			got, err := Rest(q)
			if err != nil {
				t.Fatal(err)
			}
			var texts []string
			for _, p := range got.Patterns {
				texts = append(texts, p.String())
			}
			if !slices.Equal(texts, c.want) || got.Twice != c.twice {
				t.Errorf("got %q, twice %v; want %q, twice %v", texts, got.Twice, c.want, c.twice)
			}
			q.Deployed = append(q.Deployed, got.Patterns...)
			if d := Covers(q); d.Answer != Covered {
				t.Errorf("together they are not proven to cover: %v %s", d.Answer, d.Event)
			}
		})
	}
	if _, err := Rest(Question{}); !errors.Is(err, ErrNothingRequired) {
		t.Errorf("got %v, want %v", err, ErrNothingRequired)
	}
}

func TestPropose(t *testing.T) {
	for _, c := range []struct {
		name     string
		required []string
		want     string
	}{
		{"as it is", []string{rootUsage}, rootUsage},
		{"shorter spelling", []string{noMFA}, `{ $.eventName = ConsoleLogin && $.additionalEventData.MFAUsed != Yes }`},
		{"the shortest", []string{unauthorizedLetter, unauthorizedShort}, unauthorizedShort},
		{"the first of equals", []string{`{ $.a = x || $.a = x }`, `{ $.a = y }`}, `{ $.a = x }`},
	} {
		got, err := Propose(parseAll(t, c.required...)...)
		if err != nil {
			t.Fatal(err)
		}
		if want := mustParse(t, c.want); got.String() != want.String() {
			t.Errorf("%s: got %s, want %s", c.name, got, want)
		}
	}
	if _, err := Propose(); !errors.Is(err, ErrNothingRequired) {
		t.Errorf("got %v, want %v", err, ErrNothingRequired)
	}
}

func TestNoise(t *testing.T) {
	wanted := parseAll(t, trailChanges, noMFA)
	for deployed, want := range map[string]string{
		trailChanges:                        "",
		`{ $.eventName = StopLogging }`:     "",
		`{ $.eventName = "*" }`:             `{ $.eventName = DescribeInstances }`,
		`{ $.eventName = ConsoleLogin }`:    `{ $.additionalEventData.MFAUsed = Yes }`,
		`{ $.readOnly IS TRUE }`:            `{ $.readOnly IS TRUE }`,
		`[w = "{*", ...]`:                   "",
		``:                                  `{ $.eventName = DescribeInstances }`,
		`{ $.additionalEventData.x = foo }`: "",
	} {
		event := Noise(mustParse(t, deployed), wanted)
		if (event == nil) != (want == "") || want != "" && mustParse(t, want).Match(event) != Yes {
			t.Errorf("%s: got %s, want an event of %q", deployed, event, want)
		}
	}
}
