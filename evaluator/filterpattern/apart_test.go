package filterpattern

import "testing"

func TestTouching(t *testing.T) {
	const required = `{ ($.eventSource = ec2.amazonaws.com) && (($.eventName = CreateVpc) || ($.eventName = DeleteVpc)) }`
	cases := []struct {
		deployed string
		want     bool
	}{
		{`{ $.eventName = CreateVpc }`, true},
		{`{ ($.eventName = StopLogging) || ($.eventName = DeleteVpc) }`, true},
		{`{ ($.eventName = StopLogging) || ($.eventName = DeleteTrail) }`, false},
		{`{ $.eventSource = s3.amazonaws.com }`, false},
		{`{ $.eventSource = ec2.amazonaws.com }`, true},
		{`{ ($.eventName = StopLogging) && ($.userIdentity.type = Root) }`, false},
		{`{ ($.eventName = StopLogging) || ($.userIdentity.type = Root) }`, true},
		{`{ $.eventName = Create* }`, true},
		{`{ $.eventName != CreateVpc }`, true},
		{`{ $.eventName = "*Bucket*" }`, true},
		{`{ $.eventName NOT EXISTS }`, true},
		{`{ ($.eventName = Stop*) && ($.eventName = StopLogging) }`, false},
		{`CreateVpc`, true},
		{``, true},
	}
	r, err := Parse(required)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		d, err := Parse(c.deployed)
		if err != nil {
			t.Fatal(err)
		}
		left := Touching([]*Pattern{r}, []*Pattern{d})
		if got := len(left) == 1; got != c.want {
			t.Errorf("%s: got %v, want %v", c.deployed, got, c.want)
		}
		if !c.want { // then they have no event in common
			if d := Covers(Question{Required: []*Pattern{r}, Scope: d, InForce: true}); d.Answer != Covered {
				t.Errorf("%s: got an event that both match, want none: %s", c.deployed, d.Event)
			}
		}
	}
}

// TestTouchingIsNoLoss holds what is left out against the decision about all.
func TestTouchingIsNoLoss(t *testing.T) {
	texts := []string{
		`{ $.eventName = ConsoleLogin }`, `{ ($.eventName = StopLogging) || ($.eventName = DeleteTrail) }`, `{ $.eventName = Delete* }`,
		`{ ($.eventSource = iam.amazonaws.com) && (($.eventName = CreatePolicy) || ($.eventName = DeletePolicy)) }`,
		`{ $.userIdentity.type = Root }`, `{ $.eventSource = kms.amazonaws.com }`, `{ ($.eventName = DisableKey) && ($.eventSource = kms.amazonaws.com) }`,
		`{ $.eventName = DeletePolicy }`, `{ $.eventName = CreatePolicy }`,
	}
	var all []*Pattern
	for _, text := range texts {
		p, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	for i, r := range all {
		others := append(append([]*Pattern{}, all[:i]...), all[i+1:]...)
		q := Question{Required: []*Pattern{r}, Deployed: others, InForce: true}
		want := Covers(q).Answer
		q.Deployed = Touching(q.Required, q.Deployed)
		if got := Covers(q).Answer; got != want {
			t.Errorf("%s: got %v of those that touch it, %v of all", texts[i], got, want)
		}
	}
}
