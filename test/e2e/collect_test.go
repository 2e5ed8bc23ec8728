//go:build e2e

package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// TestCollect reads accounts of one emulator with cistern collect. What makes the emulator strict comes last.
func TestCollect(t *testing.T) {
	t.Parallel()
	e := startEmulator(t)
	program := cistern(t)
	t.Run("accounts", func(t *testing.T) {
		t.Run("one", func(t *testing.T) {
			t.Parallel()
			testAccount(t, e, program)
		})
		t.Run("organization", func(t *testing.T) {
			t.Parallel()
			testOrganization(t, e, program)
		})
		t.Run("GovCloud", func(t *testing.T) {
			t.Parallel()
			testGovCloud(t, e, program)
		})
	})
	t.Run("permissions", func(t *testing.T) { testPermissions(t, e, program) })
}

// testAccount reads the emulator's own account, and leaves it as whole as it was.
func testAccount(t *testing.T, e *emulator, program string) {
	c := e.root()
	c.build(t, published(t), "us-east-1", "eu-west-1")
	whole := c.behind(e.front(t, "us-east-1", "eu-west-1"))
	t.Run("whole", func(t *testing.T) { testWhole(t, program, whole) })
	t.Run("every region", func(t *testing.T) { testEveryRegion(t, program, c) })
	t.Run("some regions", func(t *testing.T) { testSomeRegions(t, program, c) })
	t.Run("a role", func(t *testing.T) { testRole(t, program, whole) })
	t.Run("audit", func(t *testing.T) { testAudit(t, program, whole) })
	t.Run("chain", func(t *testing.T) { testChain(t, program, whole) })
}

// testWhole reads an account in which nothing is missing.
func testWhole(t *testing.T, program string, c caller) {
	got := collect(t, program, c)
	if got.code != 0 || len(got.Gaps) > 0 {
		t.Errorf("cistern collect: got exit code %d and gaps %q, want 0 and none", got.code, gapsOf(got.Snapshot))
	}
	r, code := evaluate(t, program, got.file)
	if code != 0 {
		t.Errorf("cistern evaluate: got exit code %d, want 0", code)
	}
	for _, row := range r.Accounts[0].Results {
		needsOther := strings.HasPrefix(row.ID, "4.") && row.Status == report.Manual // data than a snapshot holds
		if row.Status != report.Pass && !needsOther {
			t.Errorf("%s: got %s, want pass: %v", row.Control, row.Status, row.Findings)
		}
	}
	said := got.Collection.Caller
	if got.Account.ID != account || got.Account.Partition != "aws" || said == nil || !strings.HasPrefix(said.ARN, "arn:aws:sts::"+account+":") {
		t.Errorf("got account %+v read by %+v, want %s in aws, read by itself", got.Account, said, account)
	}
	if ends := got.Collection.Endpoints; len(ends) != 1 || ends[0].Service != "*" || ends[0].URL != c.url {
		t.Errorf("got endpoints %+v, want %s for all services", ends, c.url)
	}
	trails := got.CloudTrail.Trails
	if len(trails) != 1 || trails[0].Region != "us-east-1" || !slices.Equal(trails[0].SeenIn, []string{"eu-west-1", "us-east-1"}) {
		t.Errorf("got trails %+v, want one of us-east-1, seen in both regions", trails)
	}
	calls := map[string]int{}
	for _, call := range got.Collection.Calls {
		calls[call.Operation]++
		if call.Status != "ok" || *call.Attempts != 1 || call.RequestID == nil {
			t.Errorf("got the call %+v, want it ok at the first attempt, with a request id", call)
		}
	}
	// Alarms are listed once a region, whatever the number of filters; a topic is asked once, whatever the number of alarms.
	for operation, want := range map[string]int{
		"describe-trails": 2, "get-trail-status": 1, "get-event-selectors": 1, "describe-metric-filters": 1, "describe-log-groups": 1,
		"describe-alarms": 2, "list-alarm-mute-rules": 2, "get-topic-attributes": 1, "list-subscriptions-by-topic": 1, "describe-hub": 2,
	} {
		if calls[operation] != want {
			t.Errorf("%s: got %d calls, want %d", operation, calls[operation], want)
		}
	}
}

// testEveryRegion reads all the regions that the emulator names, from the emulator itself: what it cannot answer is a gap.
func testEveryRegion(t *testing.T, program string, c caller) {
	got := collect(t, program, c)
	regions := got.Collection.Regions.Enabled
	if len(regions) < 20 {
		t.Errorf("got %d regions, want those of all of AWS", len(regions))
	}
	var want []string
	for _, region := range regions {
		want = append(want, region+" cloudwatch list-alarm-mute-rules error 500") // the emulator knows no mute rules
	}
	if found := gapsOf(got.Snapshot); !slices.Equal(found, want) {
		t.Errorf("got gaps %q, want %q", found, want)
	}
	r, code := evaluate(t, program, got.file)
	if code != 3 {
		t.Errorf("cistern evaluate: got exit code %d, want 3: Security Hub is on in two regions only", code)
	}
	for _, row := range r.Accounts[0].Results {
		switch {
		case watching(row) && row.Status != report.Pass:
			t.Errorf("%s: got %s, want pass: %v", row.Control, row.Status, row.Findings)
		case watching(row) && !slices.ContainsFunc(row.Notes, func(n string) bool { return strings.Contains(n, "cloudwatch:ListAlarmMuteRules") }):
			t.Errorf("%s: got notes %q, want one on mute rules, which were not read", row.Control, row.Notes)
		case row.Control == "security-hub-enabled" && (row.Status != report.Fail || len(row.Findings) != len(regions)-2):
			t.Errorf("%s: got %s and %d findings, want fail and one for each of the other %d regions", row.Control, row.Status, len(row.Findings), len(regions)-2)
		}
	}
}

// testSomeRegions reads some regions and expects what may be in the others to be unknown.
func testSomeRegions(t *testing.T, program string, c caller) {
	elsewhere := []string{"cloudtrail-log-validation", "cloudtrail-kms", "security-hub-enabled"} // ask for every trail, every region
	for _, tt := range []struct {
		regions string
		chain   report.Status
		link    string
	}{
		{"us-east-1,eu-west-1", report.Pass, ""},
		{"us-east-1", report.Pass, ""},
		{"eu-west-1", report.Unknown, "alarm"}, // the trail, its log group and filters are found from there, their alarms are not
	} {
		t.Run(tt.regions, func(t *testing.T) {
			got := collect(t, program, c, "--regions", tt.regions)
			var want []string
			for _, region := range slices.Sorted(strings.SplitSeq(tt.regions, ",")) {
				want = append(want, region+" cloudwatch list-alarm-mute-rules error 500")
			}
			if found := gapsOf(got.Snapshot); !slices.Equal(found, want) {
				t.Errorf("got gaps %q, want %q", found, want)
			}
			r, code := evaluate(t, program, got.file)
			if code != 4 {
				t.Errorf("cistern evaluate: got exit code %d, want 4", code)
			}
			for _, row := range r.Accounts[0].Results {
				wanted, link := report.Pass, ""
				switch {
				case slices.Contains(elsewhere, row.Control):
					wanted = report.Unknown
				case watching(row):
					wanted, link = tt.chain, tt.link
				case row.Status == report.Manual:
					continue
				}
				if row.Status != wanted || watching(row) && row.Findings[0].Link != link {
					t.Errorf("%s: got %s %+v, want %s, link %q", row.Control, row.Status, row.Findings, wanted, link)
				}
			}
		})
	}
}

// testRole reads the account with a session token, and once more as a role that is assumed first. That neither is in the snapshot
// or on stderr, collect looks for itself.
func testRole(t *testing.T, program string, c caller) {
	session := c.become(t, c.account, "Auditor")
	if session.token == "" || session.key == c.key {
		t.Fatalf("got key %q and no token, want a session's", session.key)
	}
	as := collect(t, program, session)
	assumed := collect(t, program, session, "--role-arn", c.arn("iam", "role/Reader"))
	if issued := c.front.issued(); len(issued) < 6 {
		t.Errorf("got %d credentials handed out, want those of two roles", len(issued))
	}
	for role, s := range map[string]*snapshots.Snapshot{"Auditor": as.Snapshot, "Reader": assumed.Snapshot} {
		want := "arn:aws:sts::" + account + ":assumed-role/" + role + "/"
		if s.Collection.Caller == nil || !strings.HasPrefix(s.Collection.Caller.ARN, want) {
			t.Errorf("got caller %+v, want %s...", s.Collection.Caller, want)
		}
	}
	for _, made := range []string{"sts get-caller-identity ok", "cloudtrail describe-trails ok", "sns list-subscriptions-by-topic ok"} {
		if !strings.Contains(as.stderr, made) {
			t.Errorf("cistern collect --verbose: got %q, want a line with %q", as.stderr, made)
		}
	}
}

// testAudit collects and evaluates in one go.
func testAudit(t *testing.T, program string, c caller) {
	dir := t.TempDir()
	inside := func(arguments ...string) (string, string, int) {
		return run(t, c.environment(), "sh", append([]string{"-c", `cd "$0" && exec "$@"`, dir, program, "audit", "-f", "json"}, arguments...)...)
	}
	stdout, stderr, code := inside()
	kept, err := filepath.Glob(filepath.Join(dir, "cistern-"+account+"-*.json"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("cistern audit: got the snapshots %q (%v), want one of account %s: %s", kept, err, account, stderr)
	}
	if code != 0 || !strings.Contains(stderr, filepath.Base(kept[0])) {
		t.Errorf("cistern audit: got exit code %d and %q, want 0 and where the snapshot is", code, stderr)
	}
	again, _, _ := run(t, nil, program, "evaluate", "-f", "json", kept[0])
	if again != stdout {
		t.Errorf("cistern evaluate of the kept snapshot: got another report than that of cistern audit:\n%s\nwant\n%s", again, stdout)
	}
	r, err := report.Read(strings.NewReader(stdout))
	if err != nil {
		t.Fatal(err)
	}
	canonical, _, _ := run(t, nil, program, "snapshot", "canonical", kept[0])
	sum := sha256.Sum256([]byte(canonical))
	if got, want := r.Accounts[0].Snapshot.Digest, "sha256:"+hex.EncodeToString(sum[:]); got != want {
		t.Errorf("the report's digest: got %s, want that of the kept snapshot, %s", got, want)
	}
	c.keepsSecrets(t, stderr+stdout, kept...)

	kept[0] = filepath.Join(dir, "some.json")
	stdout, _, code = inside("--regions", "us-east-1", "--keep", kept[0], "-o", "report.json", "--verbose")
	written, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	if code != 4 || stdout != "" || !bytes.Contains(written, []byte(`"unknown"`)) {
		t.Errorf("cistern audit of one of two regions: got exit code %d and %q on stdout, want 4, and a report in its file alone", code, stdout)
	}
	readSnapshot(t, program, kept[0])
}

// testGovCloud reads an account of another partition. The emulator names the same regions there, so that one is asked for.
func testGovCloud(t *testing.T, e *emulator, program string) {
	const region = "us-gov-west-1"
	c := e.root()
	c.region = region
	c = c.become(t, "210987654321", "Auditor")
	c.build(t, []filter{one(t, root)})
	for name, got := range map[string]collected{
		"the region asked for": collect(t, program, c, "--regions", region),
		"the partition's only": collect(t, program, c.behind(e.front(t, region))),
	} {
		if got.Account.ID != c.account || got.Account.Partition != "aws-us-gov" {
			t.Errorf("%s: got account %+v, want %s in aws-us-gov", name, got.Account, c.account)
		}
		trails := got.CloudTrail.Trails
		if len(trails) != 1 || trails[0].TrailARN != c.arn("cloudtrail", "trail/"+trailName) || trails[0].Status == nil {
			t.Errorf("%s: got trails %+v, want that of %s, with its status", name, trails, region)
		}
		r, _ := evaluate(t, program, got.file)
		passing := []string{root, "cloudtrail-multi-region", "s3-data-events-write", "s3-data-events-read"}
		if len(got.Gaps) == 0 {
			passing = append(passing, "cloudtrail-kms", "cloudtrail-log-validation")
		}
		for _, control := range passing {
			if found := row(t, r, control); found.Status != report.Pass {
				t.Errorf("%s: %s: got %s, want pass: %v", name, control, found.Status, found.Findings)
			}
		}
	}
}
