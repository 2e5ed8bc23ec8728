package evaluator

import (
	"cmp"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// UnreadError is a snapshot that cannot be used. It is a row of the report, and no reason to stop.
type UnreadError struct {
	Unread report.Unread
	Err    error
}

func (e *UnreadError) Error() string { return e.Unread.File + ": " + e.Unread.Problem }

// Unwrap is what snapshots.Read says of it.
func (e *UnreadError) Unwrap() error { return e.Err }

// ChangedError is a snapshot that is not what its card was made of. What is judged by it, or beside it, would be of two times: it is
// a row of the report instead.
type ChangedError struct {
	Name string
	How  string // such as "it is gone"; "" if its content is another
}

func (e *ChangedError) Error() string {
	text := e.Name + ": it changed while it was judged"
	if e.How != "" {
		text += ": " + e.How
	}
	return text
}

// Hint is the way out.
func (e *ChangedError) Hint() string { return "run again when nothing writes to the snapshots" }

// Unread is a snapshot that could not be read as a report has it. The account is none where nobody knows it.
func Unread(file, account string, err error) report.Unread {
	u := report.Unread{File: file, Account: account, Problem: strings.TrimPrefix(err.Error(), file+": "), Hint: snapshots.HintOf(err)}
	var syntax *snapshots.SyntaxError
	var invalid *snapshots.InvalidError
	switch {
	case errors.As(err, &syntax):
		u.Line, u.Pointer = syntax.Line, syntax.Pointer
	case errors.As(err, &invalid) && len(invalid.Problems) > 0:
		u.Pointer = invalid.Problems[0].Pointer
	}
	return u
}

// unreadOr is an error of reading a card's snapshot: an *UnreadError where the snapshot is at fault.
func unreadOr(card Card, err error) error {
	if broken(err) || errors.As(err, new(*ChangedError)) {
		return &UnreadError{Unread(card.Name, card.Account, err), err}
	}
	return err
}

// broken tells whether the fault is the snapshot's own: it would be the same tomorrow.
func broken(err error) bool {
	var syntax *snapshots.SyntaxError
	var schema *snapshots.SchemaError
	var invalid *snapshots.InvalidError
	var input *InputError
	var packed flate.CorruptInputError
	if errors.As(err, &syntax) || errors.As(err, &schema) || errors.As(err, &invalid) || errors.As(err, &input) || errors.As(err, &packed) {
		return true
	}
	return slices.ContainsFunc([]error{snapshots.ErrTooLarge, gzip.ErrHeader, gzip.ErrChecksum, io.ErrUnexpectedEOF}, func(known error) bool {
		return errors.Is(err, known)
	})
}

func sortedUnread(all []report.Unread) []report.Unread {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b report.Unread) int {
		return cmp.Or(strings.Compare(a.File, b.File), strings.Compare(a.Account, b.Account))
	})
	return all
}
