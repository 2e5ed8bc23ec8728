package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash"
)

// seal is over all that a part of a report holds: how many accounts, and a digest of its text but for white space between the fields before
// the accounts. It stands in the part itself, so that one that was cut off or changed is known.
type seal struct {
	accounts int
	sum      hash.Hash
}

func newSeal() *seal { return &seal{sum: sha256.New()} }

// field adds a field that stands before the accounts.
func (s *seal) field(name, value []byte) error {
	var shard Shard
	if string(name) == `"shard"` && json.Unmarshal(value, &shard) == nil {
		shard.Accounts, shard.Digest = 0, ""
		var err error
		if value, err = json.Marshal(shard); err != nil {
			return err
		}
	}
	fmt.Fprintf(s.sum, "%s:%d:%s\n", name, len(value), value)
	return nil
}

func (s *seal) account(text []byte) {
	s.accounts++
	fmt.Fprintf(s.sum, "%d:%s\n", len(text), text)
}

func (s *seal) digest() string { return fmt.Sprintf("sha256:%x", s.sum.Sum(nil)) }

// Seal writes into the head of a part how many accounts it has, and a digest over it. A Reader holds the part to them.
func (s *Stream) Seal() error {
	head := *s.Head
	head.Accounts = []Account{}
	text, err := marshalIn("", &head)
	if err != nil {
		return err
	}
	r, err := NewReader(bytes.NewReader(text))
	if err != nil {
		return err
	}
	for account, err := range s.texts() {
		if err != nil {
			return err
		}
		r.seal.account(account)
	}
	s.Head.Shard.Accounts, s.Head.Shard.Digest = r.seal.accounts, r.seal.digest()
	return nil
}

// sealed tells that the report is a part that says what it holds.
func (s *Shard) sealed() bool { return s != nil && s.Digest != "" }

// holds compares the number of accounts that a part was written with with what it has.
func (s *Shard) holds(accounts int) error {
	if !s.sealed() || s.Accounts == accounts {
		return nil
	}
	return &InvalidError{"/shard/accounts", fmt.Sprintf("is %d, and the file has %d", s.Accounts, accounts), s.hint()}
}

func (s *Shard) hint() string {
	return fmt.Sprintf("the part was cut or changed after it was written: take it as it was, or judge it again with cistern evaluate --shard %d/%d", s.Index, s.Of)
}
