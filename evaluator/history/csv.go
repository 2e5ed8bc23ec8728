package history

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// The headers. Columns may be added at the end; none is taken away or moves.
var (
	outageColumns = []string{
		"kind", "account", "alias", "benchmark", "id", "control", "title", "severity", "state", "last_pass", "first_fail", "last_fail", "first_pass",
		"mended_by", "at_least_seconds", "at_most_seconds", "links", "message", "fails", "waived", "unknowns", "holes",
	}
	spanColumns = []string{
		"kind", "account", "alias", "benchmark", "id", "control", "title", "severity", "status", "first_seen", "last_seen", "snapshots", "link", "message", "after_hole",
	}
)

// sheet is a table in the making: RFC 4180, so lines end in CR LF.
type sheet struct {
	*csv.Writer
	h     *History
	width int
}

// writeCSV writes a row for each outage, or for each span; then what is missing, with its kind.
func writeCSV(h *History, w io.Writer, states bool) error {
	columns, write := outageColumns, (*sheet).outages
	if states {
		columns, write = spanColumns, (*sheet).spans
	}
	s := &sheet{csv.NewWriter(w), h, len(columns)}
	s.UseCRLF = true
	if err := s.Write(columns); err != nil {
		return err
	}
	if err := write(s); err != nil {
		return err
	}
	if err := s.missing(); err != nil {
		return err
	}
	s.Flush()
	return s.Error()
}

// row writes texts of accounts; what is no text stands behind them.
func (s *sheet) row(texts []string, figures ...string) error {
	cells := make([]string, 0, s.width)
	for _, text := range texts {
		cells = append(cells, report.Cell(text))
	}
	cells = append(cells, figures...)
	return s.Write(append(cells, make([]string, s.width-len(cells))...))
}

// about are the columns that both tables begin with. An id alone would be a number to a spreadsheet, and 5.10 become 5.1.
func (s *sheet) about(kind, account, alias string, c *Control) []string {
	return []string{kind, "aws:" + account, alias, s.h.Benchmark.ID, strings.TrimSpace(s.h.Benchmark.ID + " " + c.ID), c.Control, c.Title, c.Severity}
}

func (s *sheet) outages() error {
	for i := range s.h.Outages {
		o := &s.h.Outages[i]
		most := ""
		if o.AtMost != nil {
			most = strconv.FormatInt(*o.AtMost, 10)
		}
		texts := append(s.about("outage", o.Account, o.Alias, &s.h.Controls[o.row]),
			string(o.State), timeText(o.LastPass), timeText(o.FirstFail), timeText(o.LastFail), timeText(o.FirstPass), string(o.MendedBy))
		texts = append(texts, strconv.FormatInt(o.AtLeast, 10), most, strings.Join(o.Links, " > "), o.Message)
		if err := s.row(texts, strconv.Itoa(o.Fails), strconv.Itoa(o.Waivers), strconv.Itoa(o.Unknowns), strconv.FormatBool(o.Holes)); err != nil {
			return err
		}
	}
	return nil
}

func (s *sheet) spans() error {
	for i := range s.h.Accounts {
		a := &s.h.Accounts[i]
		for j := range a.Controls {
			for _, span := range a.Controls[j].Spans {
				texts := append(s.about("state", a.Account, a.Alias, &s.h.Controls[j]), string(span.Status), timeText(span.FirstSeen), timeText(span.LastSeen),
					strconv.Itoa(span.Snapshots), span.Link, span.Message)
				if err := s.row(texts, strconv.FormatBool(span.AfterHole)); err != nil {
					return err
				}
			}
		}
		for _, hole := range a.Holes {
			texts := append(s.about("hole", a.Account, a.Alias, &Control{}), "", timeText(hole.From), timeText(hole.To))
			if err := s.row(texts); err != nil {
				return err
			}
		}
	}
	return nil
}

// missing are the snapshots and policies that were of no use: the message is in the column of messages.
func (s *sheet) missing() error {
	at := map[int]int{len(outageColumns): 17, len(spanColumns): 13}[s.width]
	write := func(kind, account, text string) error {
		cells := make([]string, at+1)
		cells[0], cells[at] = kind, text
		if account != "" {
			cells[1] = "aws:" + account
		}
		return s.row(cells)
	}
	for i := range s.h.Unread {
		u := &s.h.Unread[i]
		if err := write("unread", u.Account, u.File+": "+u.Problem); err != nil {
			return err
		}
	}
	for i := range s.h.Errors {
		e := &s.h.Errors[i]
		if err := write("policy_error", e.Account, e.File+": "+e.Problem); err != nil {
			return err
		}
	}
	return nil
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
