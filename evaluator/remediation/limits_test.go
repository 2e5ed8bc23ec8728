package remediation

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/snapshots"
)

// An alarm on a percentile keeps it where it rings for one event: AWS refuses one beside a statistic.
func TestPercentile(t *testing.T) {
	engine, o := shipped(t)
	s := sample(t, "compliant")
	a := alarmIn(s, "RootUsage")
	a.Statistic, a.ExtendedStatistic, a.EvaluateLowSampleCountPercentile, a.Threshold = nil, said("p99"), said("evaluate"), snapshots.Of(5.0)
	p := propose(t, engine, o, s).Plans[0]
	if len(p.Changes) != 1 || !slices.Equal(p.Changes[0].Fields, []string{"Threshold"}) {
		t.Fatalf("got\n%s\nwant a change of the threshold alone", summary(&p))
	}
	mended(t, engine, o, s, &p)

	// What is not given back goes with what belongs to it.
	was := *a
	ringForOne(a)
	if a.ExtendedStatistic != nil || a.EvaluateLowSampleCountPercentile != nil {
		t.Errorf("with a statistic got the percentile %v too", a.ExtendedStatistic)
	}
	for _, f := range alarmFields {
		if f.name == "Statistic" {
			f.copy(&was, a)
		}
	}
	if a.Statistic != nil || orEmpty(a.ExtendedStatistic) != "p99" || orEmpty(a.EvaluateLowSampleCountPercentile) != "evaluate" {
		t.Errorf("with its percentile back got the statistic %v, too", a.Statistic)
	}
}

func classic(kind string, management bool, values ...string) snapshots.EventSelector {
	return snapshots.EventSelector{
		ReadWriteType: &kind, IncludeManagementEvents: &management, ExcludeManagementEventSources: []string{},
		DataResources: []snapshots.DataResource{{Type: said(objects), Values: values}},
	}
}

// A trail whose classic selectors are as many as AWS allows is mended within that.
func TestSelectorsFit(t *testing.T) {
	engine, o := shipped(t)
	s := sample(t, "compliant")
	trailIn(s).EventSelectors = []snapshots.EventSelector{
		classic(writeOnly, true, "arn:aws:s3:::b1/"), classic(readWrite, false, "arn:aws:s3:::b2/"), classic(readWrite, false, "arn:aws:s3:::b3/"),
		classic(readWrite, false, "arn:aws:s3:::b4/"), classic(readOnly, false, "arn:aws:s3:::b5/"),
	}
	p := propose(t, engine, o, s).Plans[0]
	if len(p.Changes) != 1 || !fits(p.Changes[0].Trail.EventSelectors) {
		t.Fatalf("got\n%s\nwant one change, to as many selectors as AWS allows", summary(&p))
	}
	mended(t, engine, o, s, &p)
}

func TestFit(t *testing.T) {
	var many []string
	for i := range mostResources {
		many = append(many, fmt.Sprintf("arn:aws:s3:::b%d/", i))
	}
	functions := classic(readWrite, false, many...)
	functions.DataResources[0].Type = said("AWS::Lambda::Function")
	whole := classic(readWrite, false, "arn:aws:s3")
	for _, c := range []struct {
		name   string
		is     []snapshots.EventSelector
		ok     bool
		counts []int // data resources of each selector
	}{
		{"few: as they are", []snapshots.EventSelector{whole, classic(readOnly, false, "arn:aws:s3:::b/")}, true, []int{1, 1}},
		{"covered by all buckets", []snapshots.EventSelector{whole, classic(readOnly, false, many...), classic(writeOnly, true, "arn:aws:s3:::b/")}, true, []int{1, 0}},
		{"covered by reading and writing", []snapshots.EventSelector{
			classic(readOnly, false, "arn:aws:s3:::"), classic(writeOnly, false, "arn:aws:s3"), classic(readWrite, false, many...),
		}, true, []int{1, 1}},
		{"of one kind", slices.Repeat([]snapshots.EventSelector{classic(readOnly, false, many[0]), classic(writeOnly, false, many[1])}, 3), true, []int{1, 1}},
		{"functions are no buckets", []snapshots.EventSelector{whole, functions}, false, []int{251}},
	} {
		got, ok := fit(c.is)
		var counts []int
		for _, s := range got {
			counts = append(counts, dataResources([]snapshots.EventSelector{s}))
		}
		if ok != c.ok || !slices.Equal(counts, c.counts) {
			t.Errorf("%s: got %v, %v, want %v, %v", c.name, counts, ok, c.counts, c.ok)
		}
	}
}

// A FIFO topic hears no alarm and sends no mail: the alarms tell another.
func TestFIFOTopic(t *testing.T) {
	engine, o := shipped(t)
	const fifo = "arn:aws:sns:us-east-1:111122223333:alarms.fifo"
	for _, there := range []bool{true, false} {
		t.Run(fmt.Sprint("there: ", there), func(t *testing.T) {
			s := sample(t, "compliant")
			s.SNS.Topics, s.SNS.Subscriptions = []snapshots.Topic{}, []snapshots.Subscription{}
			if there {
				s.SNS.Topics = append(s.SNS.Topics, snapshots.Topic{Region: "us-east-1", TopicArn: fifo})
			}
			for i := range s.CloudWatch.Alarms {
				s.CloudWatch.Alarms[i].AlarmActions = []string{fifo}
			}
			p := propose(t, engine, o, s).Plans[0]
			for _, c := range p.Changes {
				if strings.HasSuffix(c.Name, ".fifo") || c.Alarm != nil && slices.Contains(c.Alarm.AlarmActions, fifo) {
					t.Errorf("got %s %s that has to do with %s, want a standard topic in its place", c.Kind, c.Name, fifo)
				}
			}
			mended(t, engine, o, s, &p)
		})
	}
}

// The step for another account's trail names every control that rests on it.
func TestElsewhereControls(t *testing.T) {
	engine, o := shipped(t)
	s := sample(t, "broken-trail-stopped")
	trail := trailIn(s)
	trail.TrailARN, trail.IsOrganizationTrail = strings.Replace(trail.TrailARN, "111122223333", "999988887777", 1), snapshots.Of(true)
	p := propose(t, engine, o, s).Plans[0]
	for _, c := range p.Controls {
		if !c.Steps || !slices.Contains(p.Steps[0].Controls, c.ID) {
			t.Errorf("control %s: got steps %v, and a step for %s, want it named", c.ID, c.Steps, p.Steps[0].Controls)
		}
	}
}

// A script asks of the environment's values what the command line asks of its own.
func TestShellRule(t *testing.T) {
	const key = "arn:aws:kms:us-east-1:111122223333:key/1"
	for _, c := range []struct {
		name, value string
		ok          bool
	}{
		{Namespace, "CISBenchmark", true}, {Namespace, "a/AWS/b #1", true},
		{Namespace, "AWS/Logs", false}, {Namespace, "a:b", false}, {Namespace, "a*", false}, {Namespace, "$a", false},
		{TrailKMSKeyID, key, true}, {TrailKMSKeyID, "alias/trail", false}, {TrailKMSKeyID, "arn:aws:kms:us-east-1:111122223333:alias/trail", false},
	} {
		if got := map[string]func(string) bool{Namespace: IsNamespace, TrailKMSKeyID: IsKeyARN}[c.name](c.value); got != c.ok {
			t.Errorf("%s %q: got %v, want %v", c.name, c.value, got, c.ok)
		}
		cmd := exec.Command("bash", "-c", shellRule(Variable{Name: c.name}))
		cmd.Env = []string{c.name + "=" + c.value}
		if out, err := cmd.CombinedOutput(); (err == nil) != c.ok {
			t.Errorf("%s=%q in bash: got %v, %s, want allowed: %v", c.name, c.value, err, out, c.ok)
		}
	}
}
