package collector_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cistern-audit/cistern/collector"
	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/test/fakeaws"
)

// latency is that of the server of every benchmark here.
const latency = 50 * time.Millisecond

// grown is the compliant account in all regions, with so many more alarms, topics and filters in its home region.
func grown(b *testing.B, alarms, topics, filters int) *snapshots.Snapshot {
	b.Helper()
	s := sample(b, "compliant")
	s.Account.Organization = &snapshots.Organization{ID: "o-example", MasterAccountID: management}
	s.Collection.Regions.Enabled = fakeaws.Regions("aws")
	if len(s.Collection.Regions.Enabled) != 17 {
		b.Fatalf("got %d regions, want 17", len(s.Collection.Regions.Enabled))
	}
	topic, subscription := s.SNS.Topics[0], s.SNS.Subscriptions[0]
	for i := range topics {
		t, u := topic, subscription
		t.TopicArn = fmt.Sprintf("%s-%d", topic.TopicArn, i)
		u.TopicArn, u.SubscriptionArn = t.TopicArn, t.TopicArn+":1"
		t.Attributes = &snapshots.TopicAttributes{TopicArn: &t.TopicArn}
		s.SNS.Topics, s.SNS.Subscriptions = append(s.SNS.Topics, t), append(s.SNS.Subscriptions, u)
	}
	filter := s.Logs.MetricFilters[0]
	for i := range filters {
		f := filter
		f.FilterName = fmt.Sprintf("%s-%d", filter.FilterName, i)
		s.Logs.MetricFilters = append(s.Logs.MetricFilters, f)
	}
	alarm := s.CloudWatch.Alarms[0]
	for i := range alarms {
		a := alarm
		a.AlarmName = fmt.Sprintf("%s-%d", alarm.AlarmName, i)
		a.AlarmArn = fmt.Sprintf("%s-%d", alarm.AlarmArn, i)
		if topics > 0 {
			a.AlarmActions = []string{fmt.Sprintf("%s-%d", topic.TopicArn, i%topics)}
		}
		s.CloudWatch.Alarms = append(s.CloudWatch.Alarms, a)
	}
	return s
}

// apart serves n accounts like s from a process of its own, so that what is measured is the collector. It returns the address.
func apart(b *testing.B, n int, s *snapshots.Snapshot) string {
	b.Helper()
	file := filepath.Join(b.TempDir(), "account.json")
	if err := s.WriteFile(file); err != nil {
		b.Fatal(err)
	}
	server := exec.Command(os.Args[0], "-test.run", "^TestServe$")
	server.Env = append(os.Environ(), fmt.Sprintf("CISTERN_SERVE=%d", n), "CISTERN_SERVE_ACCOUNT="+file)
	in, err := server.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := server.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		_ = server.Wait() // it ended because its stdin did
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if url, ok := strings.CutPrefix(lines.Text(), "serving "); ok {
			return url
		}
	}
	b.Fatal("the server did not start")
	return ""
}

// TestServe is no test: it is the process that serves the accounts of a benchmark, until its stdin ends.
func TestServe(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("CISTERN_SERVE"))
	if err != nil {
		return
	}
	s, err := snapshots.ReadFile(os.Getenv("CISTERN_SERVE_ACCOUNT"))
	if err != nil {
		t.Fatal(err)
	}
	var accounts []*fakeaws.Account
	for i := range n {
		copied, err := fakeaws.Copy(s, fmt.Sprintf("%012d", 111122223333+i))
		if err != nil {
			t.Fatal(err)
		}
		copied.Account.Organization = s.Account.Organization
		accounts = append(accounts, &fakeaws.Account{Snapshot: copied, Roles: []string{"cistern"}})
	}
	server := fakeaws.Start(t, fakeaws.Options{Latency: latency, Forget: true}, accounts...)
	fmt.Println("serving " + server.URL)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// BenchmarkAccount reads one account of 17 regions, each answer after 50 ms.
func BenchmarkAccount(b *testing.B) {
	session := openAt(b, apart(b, 1, grown(b, 0, 0, 0)))
	calls := len(collect(b, session).Collection.Calls)
	for b.Loop() {
		if got := collect(b, session); len(got.Gaps) > 0 {
			b.Fatalf("got gaps %v", got.Gaps)
		}
	}
	b.ReportMetric(float64(calls), "calls/op")
	b.ReportMetric(float64(b.Elapsed())/float64(latency)/float64(b.N), "latencies/op")
}

func openAt(b *testing.B, url string) *collector.Session {
	b.Helper()
	none := fakeaws.Start(b, fakeaws.Options{}) // for the rest of the environment
	none.Setenv(b, management)
	b.Setenv("AWS_ENDPOINT_URL", url)
	s, err := collector.Open(b.Context(), collector.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// BenchmarkOrganization reads organisations of 17 regions an account, each answer after 50 ms. MB is the most memory that the
// collecting process had of the system. Of-limits-% compares the time with the least that the limits of the busiest operation and
// five answers in a row leave, were all accounts read at a time at no other cost: it means something where the limits are what holds
// a run up, as where a log group has 15 pages of filters (limited); typical accounts make one call of each kind, and are held up by the
// processors; large ones have 1,500 alarms each.
func BenchmarkOrganization(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("typical-%d", n), func(b *testing.B) { benchOrganization(b, n, grown(b, 0, 0, 0)) })
	}
	b.Run("limited-100", func(b *testing.B) { benchOrganization(b, 100, grown(b, 0, 0, 735)) })
	b.Run("large-100", func(b *testing.B) { benchOrganization(b, 100, grown(b, 1500, 50, 0)) })
}

func benchOrganization(b *testing.B, n int, s *snapshots.Snapshot) {
	before := debug.SetMemoryLimit(collector.MemoryLimit) // as the program does
	defer debug.SetMemoryLimit(before)
	session := openAt(b, apart(b, n, s))
	members, _, err := session.Members(b.Context(), "cistern")
	if err != nil || len(members) != n {
		b.Fatalf("got %d members and error %v, want %d", len(members), err, n)
	}
	calls, gaps, used := 0, 0, processorTime(b)
	var least time.Duration
	for b.Loop() {
		err := session.Each(b.Context(), members, func(snapshot *snapshots.Snapshot) error {
			gaps += len(snapshot.Gaps)
			least = max(least, leastOf(snapshot))
			for _, call := range snapshot.Collection.Calls {
				calls += int(*call.Pages)
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if gaps > 0 {
		b.Fatalf("got %d gaps, want none", gaps)
	}
	b.ReportMetric(float64((processorTime(b)-used).Microseconds())/float64(calls), "cpu-µs/call")
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	b.ReportMetric(float64(memory.Sys)/(1<<20), "MB")
	b.ReportMetric(100*float64(least)*float64(b.N)/float64(b.Elapsed()), "of-limits-%")
	b.ReportMetric(float64(calls)/float64(b.N), "calls/op")
	b.ReportMetric(float64(calls)/b.Elapsed().Seconds(), "calls/s")
}

// processorTime is what this process has used of the processors.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// leastOf is the least time that the limits leave for one account.
func leastOf(s *snapshots.Snapshot) time.Duration {
	perSecond := map[string]float64{}
	for _, planned := range collector.Plan(collector.Scope{}) {
		perSecond[planned.Operation] = planned.PerSecond
	}
	pages := map[[2]string]int64{}
	least := time.Duration(0)
	for _, call := range s.Collection.Calls {
		if rate := perSecond[call.Operation]; rate > 0 {
			key := [2]string{call.Operation, call.Region}
			pages[key] += *call.Pages
			least = max(least, time.Duration(float64(pages[key]-1)/rate*float64(time.Second)))
		}
	}
	return least + 5*latency
}
