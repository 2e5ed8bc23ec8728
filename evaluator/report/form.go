package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
)

// Form is how a format writes accounts one by one, each before it is known what else the report says. Its zero value is of no format.
type Form struct {
	format string
	asOf   string // of the report, where the format tells of it
	style  Style
}

// FormOf is the form of a format in a report of that time; not every format has one.
func FormOf(format, asOf string, style Style) (Form, bool) {
	switch {
	case format == "json", format == "jsonl":
		return Form{format: format}, true
	case format == "text" && asOf != "":
		return Form{format, asOf, style}, true
	}
	return Form{}, false
}

// Packed is the form in which accounts take the least, for ReadAccount alone.
func Packed() Form { return Form{format: packed} }

const packed = "packed"

// Account is an account in this form, which WriteStream makes a part of the report.
func (f Form) Account(a *Account) ([]byte, error) {
	switch f.format {
	case packed:
		var b bytes.Buffer
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		err := encoder.Encode(a)
		return b.Bytes(), err
	case "json":
		return MarshalAccount(a)
	case "jsonl":
		return linesOf(a)
	case "text":
		return f.text(a)
	}
	return nil, fmt.Errorf("write report: accounts have no form of their own as %q", f.format)
}

// UsesRecords tells whether a format shows the records of accounts; the others are the same without.
func UsesRecords(format string) bool { return format == "json" || format == "html" }

// formed are the accounts in a form: as they were made before, or else made now.
func (s *Stream) formed(form Form) iter.Seq2[[]byte, error] {
	if s.Forms != nil {
		if made := s.Forms(form); made != nil {
			return made
		}
	}
	return func(yield func([]byte, error) bool) {
		for a, err := range s.Accounts {
			var text []byte
			if err == nil {
				text, err = form.Account(a)
			}
			if !yield(text, err) || err != nil {
				return
			}
		}
	}
}
