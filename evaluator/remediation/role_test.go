package remediation

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/policies"
	"github.com/cistern-audit/cistern/snapshots"
)

// silent is a trail of one region that delivers nowhere.
func silent(like *snapshots.Trail, region, name string) snapshots.Trail {
	t := *like
	t.Region, t.HomeRegion, t.Name = region, &region, name
	t.TrailARN = "arn:aws:cloudtrail:" + region + ":111122223333:trail/" + name
	t.CloudWatchLogsLogGroupArn, t.CloudWatchLogsRoleArn = nil, nil
	status := *like.Status
	status.LatestCloudWatchLogsDeliveryTime = nil
	t.Status = &status
	return t
}

func TestRoleNames(t *testing.T) {
	long := strings.Repeat("t", 128)
	for _, c := range []struct {
		name  string
		is    func(*snapshots.Snapshot)
		roles []string
	}{
		{"one trail", func(s *snapshots.Snapshot) {
			s.CloudTrail.Trails = []snapshots.Trail{silent(trailIn(s), "us-east-1", "one")}
		}, []string{"CloudTrailToCloudWatchLogs write-us-east-1-one"}},
		{"two trails", func(s *snapshots.Snapshot) {
			s.CloudTrail.Trails = []snapshots.Trail{silent(trailIn(s), "us-east-1", "one"), silent(trailIn(s), "eu-west-1", "one")}
		}, []string{"CloudTrailToCloudWatchLogs write-eu-west-1-one", "CloudTrailToCloudWatchLogs-us-east-1-one write-us-east-1-one"}},
		{"three trails with long names", func(s *snapshots.Snapshot) {
			s.CloudTrail.Trails = []snapshots.Trail{
				silent(trailIn(s), "us-east-1", "a"), silent(trailIn(s), "us-east-1", long+"1"), silent(trailIn(s), "us-east-1", long+"2"),
			}
		}, nil},
		{"a role that another trail writes by", func(s *snapshots.Snapshot) {
			trailIn(s).CloudWatchLogsRoleArn = said("arn:aws:iam::111122223333:role/service/cloudtrailtocloudwatchlogs")
			s.CloudTrail.Trails = append(s.CloudTrail.Trails, silent(trailIn(s), "us-east-1", "one"))
		}, []string{"CloudTrailToCloudWatchLogs-2 write-us-east-1-one"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			engine, o := shipped(t)
			o.Evaluate.Benchmark = editionOf(t, "2.0.0")
			o.Evaluate.Controls = []string{"cloudtrail-cloudwatch-logs"}
			s := sample(t, "compliant")
			c.is(s)
			p := propose(t, engine, o, s).Plans[0]
			var roles []string
			seen := map[string]bool{}
			for _, change := range p.Changes {
				if change.Kind != RoleKind {
					continue
				}
				name, inline := p.Resolve(change.Role.Name), p.Resolve(change.Role.Inline)
				if !regexp.MustCompile(`^[\w+=,.@-]{1,64}$`).MatchString(name) || len(inline) > 128 || seen[strings.ToLower(name)] {
					t.Errorf("got the role %s with the policy %s, want names of their own that IAM takes", name, inline)
				}
				seen[strings.ToLower(name)] = true
				roles = append(roles, name+" "+inline)
			}
			if c.roles != nil && fmt.Sprint(roles) != fmt.Sprint(c.roles) || len(roles) == 0 {
				t.Errorf("got roles %q, want %q\n%s", roles, c.roles, summary(&p))
			}
			for _, change := range p.Changes {
				if change.Kind != TrailKind {
					continue
				}
				if role := p.Resolve(orEmpty(change.Trail.CloudWatchLogsRoleArn)); !seen[strings.ToLower(lastSegment(role))] {
					t.Errorf("trail %s writes by %s, want a role of the plan", change.Name, role)
				}
			}
			for _, format := range []string{"aws-cli", "terraform", "cloudformation"} {
				var b bytes.Buffer
				if err := Write(&b, format, &p); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// A first trail is not made where there may be one.
func TestUnreadTrails(t *testing.T) {
	engine, o := shipped(t)
	s := sample(t, "empty")
	s.Gaps = append(s.Gaps, snapshots.Gap{Region: "us-east-1", Service: "cloudtrail", Operation: "describe-trails", Kind: snapshots.Denied, Code: "AccessDenied"})
	p := propose(t, engine, o, s).Plans[0]
	for _, c := range p.Changes {
		if c.Kind == TrailKind || c.Kind == BucketKind || c.Kind == RoleKind {
			t.Errorf("got the change %s, want none", c.Why)
		}
	}
	if got, want := summary(&p), "call describe-trails in us-east-1"; !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant a step with %q", got, want)
	}
}

// What AWS does not answer, and what is there and is another, ends the script before it changes anything.
func TestShellStops(t *testing.T) {
	engine, o := shipped(t)
	dir := t.TempDir()
	aws := "#!/bin/bash\ncase \"$1 $2\" in\n" +
		"'sts '*) echo 111122223333 ;;\n" +
		"*' get-'*|*' describe-'*|*' list-'*) [ \"$1 $2\" = \"$ABOUT\" ] || { echo 'An error occurred (NoSuchEntity) when calling it' >&2; exit 254; }\n" +
		"  [ -z \"$SAYS\" ] || { echo \"$SAYS\"; exit 0; }\n  echo \"$FAILS\" >&2; exit 254 ;;\n" +
		"*) printf '%s %s\\n' \"$1\" \"$2\" >>\"$CALLS\" ;;\nesac\n"
	if err := os.WriteFile(filepath.Join(dir, "aws"), []byte(aws), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, sample, about, fails, says string
		without                          string // the call that must not be made
		want                             string
	}{
		{"denied", "empty", "s3api get-bucket-policy", "An error occurred (AccessDenied) when calling GetBucketPolicy", "", "put-bucket-policy", "was not answered"},
		{"throttled", "broken-alarm-threshold", "cloudwatch describe-alarms", "An error occurred (Throttling) when calling DescribeAlarms", "", "put-metric-alarm", "was not answered"},
		{"no network", "empty", "iam get-role-policy", "Could not connect to the endpoint URL", "", "put-role-policy", "was not answered"},
		{"not there", "empty", "s3api get-bucket-policy", "An error occurred (NoSuchBucketPolicy) when calling GetBucketPolicy", "", "", "done"},
		{"another bucket policy", "empty", "s3api get-bucket-policy", "", `"other"`, "put-bucket-policy", "add these statements"},
		{"another inline policy", "empty", "iam get-role-policy", "", `"other"`, "put-role-policy", "is there already"},
		{"another role", "empty", "iam get-role", "", `"other"`, "create-role", "to a free name"},
		{"another trail", "empty", "cloudtrail get-trail", "", `"other"`, "put-event-selectors", "is there already"},
		{"an alarm that was changed since", "broken-alarm-threshold", "cloudwatch describe-alarms", "", `"other"`, "put-metric-alarm", "neither as the snapshot has it"},
		{"an alarm as it was", "broken-alarm-threshold", "cloudwatch describe-alarms", "", `"change"`, "", "done"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var script bytes.Buffer
			if err := Write(&script, "aws-cli", &propose(t, engine, o, sample(t, c.sample)).Plans[0]); err != nil {
				t.Fatal(err)
			}
			file, calls := filepath.Join(dir, "fix.sh"), filepath.Join(t.TempDir(), "calls")
			if err := os.WriteFile(file, script.Bytes(), 0o666); err != nil {
				t.Fatal(err)
			}
			out := bash(t, "bash "+quoted(file)+" || echo \"exit code $?\"; touch \"$CALLS\"; cat \"$CALLS\"", "PATH="+dir+":"+os.Getenv("PATH"), "CALLS="+calls,
				"ABOUT="+c.about, "FAILS="+c.fails, "SAYS="+c.says)
			stopped := strings.Contains(out, "exit code 1\n")
			if !strings.Contains(out, c.want) || stopped == (c.without == "") {
				t.Errorf("got %s\nwant %q", out, c.want)
			}
			if made := out[strings.LastIndex(out, "exit code")+1:]; c.without != "" && strings.Contains(made, c.without) {
				t.Errorf("got the call %s\n%s", c.without, out)
			}
		})
	}
}

func editionOf(t testing.TB, version string) *evaluator.Benchmark {
	t.Helper()
	all, err := evaluator.Benchmarks([]evaluator.Source{{Name: "policies", FS: policies.FS, Catalogue: true}})
	if err != nil {
		t.Fatal(err)
	}
	edition, err := evaluator.FindBenchmark(all, version)
	if err != nil {
		t.Fatal(err)
	}
	return edition
}
