package evaluator

import (
	"bytes"
	"compress/gzip"
	"reflect"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/snapshots"
)

func TestCardsOfTextAndOfSnapshotAreAlike(t *testing.T) {
	for _, in := range append(everySample(t), watched(t)[0]) {
		text, err := in.Snapshot.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		want, err := CardOf(in.Name, in.Snapshot)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ReadCard(in.Name, text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v (%v), want %+v", in.Name, got, err, want)
		}
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		w.Write(text)
		w.Close()
		if got, err = ReadCard(in.Name, packed.Bytes()); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s in gzip: got %+v (%v), want %+v", in.Name, got, err, want)
		}
	}
}

func TestReadCard(t *testing.T) {
	head := `{"schema": "cistern/snapshot/v1", "account": {"partition": "aws", "id": "111122223333"}, "collected_at": "2026-01-05T10:00:00Z"`
	trail := `, "cloudtrail": {"trails": [{"region": "r", "TrailARN": "arn:aws:cloudtrail:us-east-1:222233334444:trail/x"}]}`
	for _, test := range []struct{ name, text, mentions, watches, wrong string }{
		{"plain", head + `}`, "", "", ""},
		{"an ARN", head + trail + `}`, "222233334444", "", ""},
		{"its own ARN", head + strings.ReplaceAll(trail, "222233334444", "111122223333") + `}`, "", "", ""},
		{"an ARN that is spelled by numbers", head + strings.Replace(trail, "arn:aws:cloudtrail:us-east-1:2", `\u0061rn:aws\u003acloudtrail:us-east-1:\u0032`, 1) + `}`, "222233334444", "", ""},
		{"an owner of a metric", head + `, "cloudwatch": {"alarms": [{"region": "r", "AlarmName": "a", "Metrics": [{"Id": "m", "AccountId" : "333344445555"}]}]}}`, "333344445555", "333344445555", ""},
		{"an owner elsewhere", head + `, "new": {"AccountId": "333344445555"}}`, "333344445555", "", ""},
		{"braces and quotes in texts", head + `, "x": ["}", "]\"}", {"\\": "\\\\\""}], "y": -1.5e3, "z": null}`, "", "", ""},
		{"a time by number", `{"schema": "cistern/snapshot/v1", "account": {"id": "111122223333", "partition": "aws"}, "collected_at": 1767607200}`, "", "", ""},
		{"not whole", head, "", "", "the text ends where"},
		{"more behind it", head + `}{}`, "", "", "more text after the end"},
		{"another schema", strings.Replace(head, "snapshot/v1", "snapshot/v9", 1) + `}`, "", "", "newer"},
		{"no account", `{"schema": "cistern/snapshot/v1", "collected_at": "2026-01-05T10:00:00Z"}`, "", "", `"account"`},
		{"nothing", "", "", "", "the text ends where"},
		{"a list", "[]", "", "", "not a snapshot"},
		{"broken further down", head + `, "cloudwatch": {"alarms": [{"Metrics": [{"AccountId": "333344445555"}]}]}}`, "333344445555", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			card, err := ReadCard("a.json", []byte(test.text))
			if test.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), test.wrong) {
					t.Errorf("got %v, want %q in it", err, test.wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if card.Name != "a.json" || card.Account != "111122223333" || timeText(card.CollectedAt) != "2026-01-05T10:00:00Z" {
				t.Errorf("got %+v, want whose it is, and when it was taken", card)
			}
			if got := strings.Join(card.Mentions, " "); got != test.mentions {
				t.Errorf("got mentions %q, want %q", got, test.mentions)
			}
			if got := strings.Join(card.Watches, " "); got != test.watches {
				t.Errorf("got watches %q, want %q", got, test.watches)
			}
		})
	}
}

func FuzzReadCard(f *testing.F) {
	f.Add([]byte(`{"schema": "cistern/snapshot/v1", "account": {"id": "111122223333", "partition": "aws"}, "collected_at": "2026-01-05T10:00:00Z", "a": [{"b": "\\\""}, 1]}`))
	f.Add([]byte(`{"account":{"id":"1`))
	f.Add([]byte("{\"a\": \"\\"))
	f.Add([]byte(`{"AccountId"  :"`))
	f.Fuzz(func(t *testing.T, text []byte) {
		card, err := ReadCard("a.json", text)
		s, wrong := snapshots.Read(bytes.NewReader(text))
		if wrong != nil {
			return
		}
		if err != nil || card.Account != s.Account.ID || !card.CollectedAt.Equal(s.CollectedAt.Time) {
			t.Errorf("got %+v (%v), want the card of account %s at %s", card, err, s.Account.ID, s.CollectedAt)
		}
	})
}
