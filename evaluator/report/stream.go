package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
)

// Stream is a report whose accounts come one after another, as often as a format asks: there may be more of them than memory holds.
type Stream struct {
	Head   *Report // whose own accounts are not looked at
	Briefs []Brief // of the accounts, in their order
	// Accounts are all of them. An account is not used any more when the next one comes.
	Accounts iter.Seq2[*Account, error]
	// Texts are the accounts as MarshalAccount writes them; nil where they are not at hand.
	Texts iter.Seq2[[]byte, error]
	// Forms are the accounts in a form, nil where they are not at hand in it. A format that finds them here does not ask for Accounts.
	Forms func(Form) iter.Seq2[[]byte, error]

	failures map[string][]int // policies that could not judge an account, by account
}

// Brief is what is kept of every account while its results are not at hand.
type Brief struct {
	Account, Alias string
	Snapshot       Snapshot
	Summary        Summary // as the account has it
	Counted        Summary // of the rows themselves
	Rows           int     // how many there are
	Attested       int     // manual rows that somebody answers for
}

// BriefOf is what is kept of an account.
func BriefOf(a *Account) Brief {
	b := Brief{Account: a.Account, Alias: a.Alias, Snapshot: a.Snapshot, Summary: a.Summary, Rows: len(a.Results), Attested: attested(*a)}
	for i := range a.Results {
		b.Counted.Add(a.Results[i].Status)
	}
	return b
}

// Stream is the report with its accounts in memory.
func (r *Report) Stream() *Stream {
	s := &Stream{Head: r, Briefs: make([]Brief, len(r.Accounts))}
	for i := range r.Accounts {
		s.Briefs[i] = BriefOf(&r.Accounts[i])
	}
	s.Accounts = func(yield func(*Account, error) bool) {
		for i := range r.Accounts {
			if !yield(&r.Accounts[i], nil) {
				return
			}
		}
	}
	return s
}

// WriteStream writes the report in the format of that name. The bytes are those of Write, had it all accounts in memory.
func WriteStream(w io.Writer, name string, s *Stream, style Style) error {
	for _, f := range Formats() {
		if f.Name == name {
			return f.write(w, s, style)
		}
	}
	return fmt.Errorf("format %s: not one of %s", name, FormatNames())
}

// each calls f with all accounts in their order.
func (s *Stream) each(f func(i int, a *Account) error) error {
	i := 0
	for a, err := range s.Accounts {
		if err != nil {
			return err
		}
		if err := f(i, a); err != nil {
			return err
		}
		i++
	}
	return nil
}

// visit is each for what cannot fail.
func (s *Stream) visit(f func(i int, a *Account)) error {
	return s.each(func(i int, a *Account) error {
		f(i, a)
		return nil
	})
}

// attested is how many rows of all accounts somebody answers for.
func (s *Stream) attested() int {
	n := 0
	for i := range s.Briefs {
		n += s.Briefs[i].Attested
	}
	return n
}

// failuresOf are the policies that could not judge the account, or any, in their order.
func (s *Stream) failuresOf(account string) []*PolicyError {
	errors := s.Head.Policies.Errors
	if len(errors) == 0 {
		return nil
	}
	if s.failures == nil {
		s.failures = map[string][]int{}
		for i := range errors {
			s.failures[errors[i].Account] = append(s.failures[errors[i].Account], i)
		}
	}
	all, own := s.failures[""], s.failures[account]
	if account == "" {
		own = nil
	}
	var found []*PolicyError
	for len(all)+len(own) > 0 {
		if len(own) == 0 || len(all) > 0 && all[0] < own[0] {
			found, all = append(found, &errors[all[0]]), all[1:]
		} else {
			found, own = append(found, &errors[own[0]]), own[1:]
		}
	}
	return found
}

// accountIndent is where an account stands in a report that is written as JSON.
const accountIndent = "    "

// MarshalAccount is an account as it stands in a report that is written as JSON, without what is around it.
func MarshalAccount(a *Account) ([]byte, error) {
	text, err := marshalIn(accountIndent, a)
	return text, err
}

// marshalIn is a value as JSON whose further lines are indented by so much more: a part of a document that is not in memory as a whole.
func marshalIn(indent string, value any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent(indent, "  ")
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return escaped(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// texts are the accounts as JSON.
func (s *Stream) texts() iter.Seq2[[]byte, error] {
	if s.Texts != nil {
		return s.Texts
	}
	return s.formed(Form{format: "json"})
}

// whole is the report with all its accounts in memory.
func (s *Stream) whole() (*Report, error) {
	r := *s.Head
	r.Accounts = make([]Account, 0, len(s.Briefs))
	err := s.visit(func(_ int, a *Account) { r.Accounts = append(r.Accounts, *a) })
	return &r, err
}

// ReadAccounts are the accounts in texts that MarshalAccount wrote.
func ReadAccounts(texts iter.Seq2[[]byte, error]) iter.Seq2[*Account, error] {
	return func(yield func(*Account, error) bool) {
		for text, err := range texts {
			var a *Account
			if err == nil {
				a, err = ReadAccount(text)
			}
			if !yield(a, err) || err != nil {
				return
			}
		}
	}
}

// ReadAccount reads an account that MarshalAccount wrote, or one that is packed.
func ReadAccount(text []byte) (*Account, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	a := &Account{}
	if err := decoder.Decode(a); err != nil {
		return nil, misread(err)
	}
	a.normalize()
	return a, nil
}
