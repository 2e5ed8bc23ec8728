package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Reader reads a report that was written as json without holding its accounts: first what is known of it as a whole, then one account
// after another. It refuses what Read refuses.
type Reader struct {
	// Head is the report without its accounts.
	Head *Report

	decoder *json.Decoder
	seen    map[string]int
	sum     Summary
	seal    *seal // of what was read so far
}

// NewReader reads a report up to its accounts, which stand last in it.
func NewReader(in io.Reader) (*Reader, error) {
	r := &Reader{Head: &Report{}, decoder: json.NewDecoder(in), seen: map[string]int{}, seal: newSeal()}
	r.decoder.UseNumber()
	if err := r.open('{'); err != nil {
		return nil, err
	}
	var head bytes.Buffer
	for before := byte('{'); r.decoder.More(); before = ',' {
		name, err := r.decoder.Token()
		if err != nil {
			return nil, unended(err)
		}
		if name == "accounts" {
			head.WriteString("}")
			if before == '{' {
				return nil, &SchemaError{}
			}
			return r, r.take(head.Bytes())
		}
		var value json.RawMessage
		if err := r.decoder.Decode(&value); err != nil {
			return nil, unended(err)
		}
		quoted, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&head, "%c%s:%s", before, quoted, value)
		if err := r.seal.field(quoted, value); err != nil {
			return nil, err
		}
	}
	if _, err := r.decoder.Token(); err != nil {
		return nil, unended(err)
	}
	var schema struct{ Schema string }
	head.WriteString("}")
	if json.Unmarshal(head.Bytes(), &schema) == nil && schema.Schema != SchemaName {
		return nil, &SchemaError{schema.Schema}
	}
	return nil, absent("/accounts", "a list of accounts")
}

// take makes the fields before the accounts the head.
func (r *Reader) take(head []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(head))
	decoder.UseNumber()
	wrong := decoder.Decode(r.Head)
	if r.Head.Schema != SchemaName {
		return &SchemaError{r.Head.Schema}
	}
	if wrong != nil {
		return misread(wrong)
	}
	if err := r.Head.checkHead(); err != nil {
		return err
	}
	r.Head.normalize()
	return r.open('[')
}

// open walks over a bracket.
func (r *Reader) open(bracket json.Delim) error {
	token, err := r.decoder.Token()
	switch {
	case errors.Is(err, io.EOF) && bracket == '{':
		return errors.New("read report: the file is empty")
	case err != nil:
		return unended(err)
	case token != bracket && bracket == '{':
		return &SchemaError{}
	case token != bracket:
		return absent("/accounts", "a list of accounts")
	}
	return nil
}

// Next is the next account; io.EOF after the last, once the report is known to be whole.
func (r *Reader) Next() (*Account, error) {
	if !r.decoder.More() {
		return nil, r.end()
	}
	a, err := r.account()
	if err != nil {
		return nil, err
	}
	at := fmt.Sprintf("/accounts/%d", len(r.seen))
	if a.Account == "" {
		return nil, absent(at+"/account", "the id of an account")
	}
	if first, twice := r.seen[a.Account]; twice {
		return nil, twiceIn(at, a.Account, first)
	}
	r.seen[a.Account] = len(r.seen)
	if err := a.check(at); err != nil {
		return nil, err
	}
	for _, status := range Statuses {
		r.sum.AddN(status, a.Summary.Count(status))
	}
	a.normalize()
	return a, nil
}

// account is the next account as it stands there.
func (r *Reader) account() (*Account, error) {
	if !r.Head.Shard.sealed() {
		a := &Account{}
		if err := r.decoder.Decode(a); err != nil {
			return nil, unended(err)
		}
		return a, nil
	}
	if n := len(r.seen) + 1; n > r.Head.Shard.Accounts {
		return nil, r.Head.Shard.holds(n)
	}
	var text json.RawMessage
	if err := r.decoder.Decode(&text); err != nil {
		return nil, unended(err)
	}
	r.seal.account(text)
	a := &Account{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(a); err != nil {
		return nil, unended(err)
	}
	return a, nil
}

// end holds the counts to those of the rows, and wants nothing more.
func (r *Reader) end() error {
	for _, bracket := range []json.Delim{']', '}'} {
		token, err := r.decoder.Token()
		switch {
		case err != nil:
			return unended(err)
		case token != bracket:
			return &InvalidError{"/" + fmt.Sprint(token), "stands behind the accounts; want them last", hintEvaluate}
		}
	}
	var syntax *json.SyntaxError
	if _, err := r.decoder.Token(); err == nil || errors.As(err, &syntax) {
		return errors.New("read report: something follows the report")
	} else if !errors.Is(err, io.EOF) {
		return unended(err)
	}
	part := r.Head.Shard
	if err := part.holds(len(r.seen)); err != nil {
		return err
	}
	if found := r.seal.digest(); part.sealed() && found != part.Digest {
		return &InvalidError{"/shard/digest", fmt.Sprintf("is %s, and what the file holds has %s", part.Digest, found), part.hint()}
	}
	if err := sameCounts("/summary", r.Head.Summary, r.sum); err != nil {
		return err
	}
	return io.EOF
}

// unended is a mistake in the text of a report.
func unended(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errors.New("read report: the file ends in the middle")
	}
	return misread(err)
}

// checkHead is check but for the accounts.
func (r *Report) checkHead() error {
	for _, text := range []struct{ pointer, value, want string }{
		{"/benchmark/id", r.Benchmark.ID, "the name of an edition"}, {"/policies/digest", r.Policies.Digest, "the sha256 of the policies"},
	} {
		if text.value == "" {
			return absent(text.pointer, text.want)
		}
	}
	if r.AsOf == "" {
		return absent("/as_of", "a time such as 2026-01-31T12:00:00Z")
	}
	if at, err := time.Parse(time.RFC3339, r.AsOf); err != nil || at.Year() < 1970 {
		return &InvalidError{"/as_of", fmt.Sprintf("%q is no time such as 2026-01-31T12:00:00Z", r.AsOf), hintEvaluate}
	}
	return nil
}

func twiceIn(at, account string, first int) error {
	return &InvalidError{at + "/account", fmt.Sprintf("%q is at /accounts/%d, too; want each account once", account, first), hintEvaluate}
}
