package evaluator

import (
	"bytes"
	"maps"
	"slices"
	"time"

	"github.com/cistern-audit/cistern/snapshots"
)

// Card is what is known of a snapshot without holding it: whose it is, when it was taken, and to whom it may point. It can be kept as
// JSON and be read again.
type Card struct {
	Name        string    `json:"name"` // of the file; tells snapshots apart, and errors name it
	Account     string    `json:"account"`
	CollectedAt time.Time `json:"collected_at"`
	Size        int       `json:"size"` // in bytes of JSON
	// Mentions are the other accounts that the snapshot names, in an ARN or as the owner of a metric: at least those that it points to.
	Mentions []string `json:"mentions,omitempty"`
	// Watches are the other accounts whose metrics its alarms watch.
	Watches []string `json:"watches,omitempty"`
}

// ReadCard makes a card of the text of a snapshot file, as it is or in gzip. The text is looked through and not decoded, so that a
// card is no proof that the snapshot can be used. Where there is none, the error is that of snapshots.Read.
func ReadCard(name string, text []byte) (Card, error) {
	text, err := plainText(text)
	if err != nil {
		return Card{}, err
	}
	c, owners, ok := skim(text)
	c.Name = name
	if ok && len(owners) == 0 {
		return c, nil
	}
	s, err := snapshots.Read(bytes.NewReader(text))
	switch {
	case err == nil:
		return CardOf(name, s)
	case ok: // it can be told whose it is
		return c, nil
	}
	return Card{}, err
}

// CardOf makes a card of a snapshot.
func CardOf(name string, s *snapshots.Snapshot) (Card, error) {
	text, err := s.Canonical()
	if err != nil {
		return Card{}, err
	}
	c := Card{Name: name, Account: s.Account.ID, CollectedAt: s.CollectedAt.Time, Size: len(text)}
	c.Mentions, c.Watches = mentioned(text, c.Account), watchedBy(s)
	return c, nil
}

// plainText is the JSON of a snapshot file.
func plainText(file []byte) ([]byte, error) {
	if bytes.HasPrefix(file, []byte("{")) && len(file) <= snapshots.MaxSize {
		return file, nil
	}
	return snapshots.Plain(bytes.NewReader(file))
}

// watchedBy are the other accounts whose metrics the account's alarms watch: in a monitoring account, those of its members.
func watchedBy(s *snapshots.Snapshot) []string {
	seen := map[string]bool{}
	for i := range s.CloudWatch.Alarms {
		for _, query := range s.CloudWatch.Alarms[i].Metrics {
			if query.AccountId != nil && *query.AccountId != "" && *query.AccountId != s.Account.ID {
				seen[*query.AccountId] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// skim reads the head of a snapshot and looks through the rest; it gives up on everything that is not plain to see. Where there are other
// owners of metrics than the account, its alarms must be read.
func skim(text []byte) (c Card, owners []string, ok bool) {
	c.Size = len(text)
	s := skimmer{text: text}
	var schema string
	ok = s.object(func(name string) bool {
		switch name {
		case "schema":
			schema = s.text1()
		case "collected_at":
			at, err := time.Parse(time.RFC3339, s.text1())
			c.CollectedAt = at.UTC()
			return err == nil
		case "account":
			return s.object(func(name string) bool {
				if name == "id" {
					c.Account = s.text1()
					return c.Account != ""
				}
				return s.skip()
			})
		default:
			return s.skip()
		}
		return true
	})
	if !ok || !s.ended() || schema != snapshots.SchemaName || c.Account == "" || c.CollectedAt.IsZero() || spelled(text) {
		return Card{}, nil, false
	}
	c.Mentions = others(s.mentions, c.Account)
	return c, others(s.owners, c.Account), true
}
