package collector_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cistern-audit/cistern/collector"
	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/test/fakeaws"
)

// TestNoSecrets wants no credential in a snapshot or an event, even where AWS repeats it: a refused signature comes back with the
// headers that were signed.
func TestNoSecrets(t *testing.T) {
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	server := company(t, fakeaws.Options{}, nil)
	now := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	var said strings.Builder
	s := open(t, server, management, collector.Options{
		Now: func() time.Time { return now },
		Watch: func(e collector.Event) {
			mu.Lock()
			defer mu.Unlock()
			fmt.Fprintf(&said, "%+v\n", e)
		},
	})
	members, _, err := s.Members(t.Context(), "audit/cistern")
	if err != nil {
		t.Fatal(err)
	}
	token := func(id string) string { return "fake-session-token/" + id + "/cistern/cistern-20260105T100000Z" }
	server.Interfere(func(c fakeaws.Call) fakeaws.Fault {
		if c.Service == "sts" {
			return fakeaws.Fault{}
		}
		return fakeaws.Fault{Kind: fakeaws.Refuse, Status: 403, Code: "SignatureDoesNotMatch",
			Message: "The Canonical String for this request should have been 'POST x-amz-security-token:" + token(c.Account) +
				" \n AKIAFAKE111122223333 ASIA0000222233334444'"}
	})
	kept := each(t, s, members)
	secret := regexp.MustCompile(`fake-session-token|not-a-secret|AKIAFAKE|ASIA[0-9A-F]`)
	for id, snapshot := range kept {
		data, err := snapshot.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		if found := secret.Find(data); found != nil {
			t.Errorf("%s: got %q in the snapshot, want no secret", id, found)
		}
		if !strings.Contains(string(data), "should have been") {
			t.Errorf("%s: got a snapshot without AWS's message, want it", id)
		}
	}
	if found := secret.FindString(said.String()); found != "" || said.Len() == 0 {
		t.Errorf("got %q in %d bytes of events, want no secret", found, said.Len())
	}
}

// TestRedacted wants addresses replaced by a hash that is equal for equal addresses and keys, and nothing else changed.
func TestRedacted(t *testing.T) {
	want := sample(t, "compliant")
	queue := "arn:aws:sqs:us-east-1:111122223333:alarms"
	topic := want.SNS.Topics[0].TopicArn
	want.SNS.Subscriptions = append(want.SNS.Subscriptions, snapshots.Subscription{Region: "us-east-1", TopicArn: topic,
		SubscriptionArn: topic + ":queue", Protocol: "sqs", Endpoint: queue})
	server := fakeaws.Start(t, fakeaws.Options{}, &fakeaws.Account{Snapshot: want})
	read := func(key string) *snapshots.Snapshot {
		return collect(t, open(t, server, want.Account.ID, collector.Options{RedactKey: []byte(key)}))
	}
	plain, one, again, other := read(""), read("one key"), read("one key"), read("another key")
	address := func(s *snapshots.Snapshot) string {
		i := slices.IndexFunc(s.SNS.Subscriptions, func(u snapshots.Subscription) bool { return u.Protocol == "email" })
		return s.SNS.Subscriptions[i].Endpoint
	}
	if a := address(one); !regexp.MustCompile(`^hmac-sha256:[0-9a-f]{64}$`).MatchString(a) || a != address(again) || a == address(other) {
		t.Errorf("got %q, %q and %q with another key, want a keyed hash", a, address(again), address(other))
	}
	data, err := json.Marshal(one)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), address(plain)) || !strings.Contains(string(data), queue) {
		t.Errorf("got %s, want no %s, and the queue as it is", data, address(plain))
	}
	for _, call := range one.Collection.Calls {
		if call.Operation == "list-subscriptions-by-topic" && call.SHA256 != nil {
			t.Error("got the digest of an answer that holds addresses, want none: an address is soon guessed")
		}
	}
	j := newJudge(t)
	if got, want := j.statuses(t, one), j.statuses(t, plain); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
