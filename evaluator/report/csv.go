package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// csvColumns are the header. Columns may be added at the end; none is taken away or moves.
var csvColumns = [...]string{
	"account", "alias", "benchmark", "id", "control", "title", "section", "level", "assessment", "severity", "status",
	"finding_status", "region", "resource", "link", "message", "evidence", "pointers", "notes",
	"waiver", "attestation", "owner", "expires", "exceptions", "remediation", "as_of", "collected_at", "snapshot_digest", "policies_digest", "kind",
}

// csvRow is a row by the names of its columns.
type csvRow map[string]string

// writeCSV writes a row for each finding, and one for a result without any, then what the verdicts do not rest on: RFC 4180, so lines end in
// CR LF.
func writeCSV(w io.Writer, s *Stream, _ Style) error {
	r := s.Head
	table := csv.NewWriter(w)
	table.UseCRLF = true
	write := func(rows ...csvRow) error {
		for _, row := range rows {
			row["benchmark"], row["as_of"], row["policies_digest"] = r.Benchmark.ID, r.AsOf, r.Policies.Digest
			if err := table.Write(row.cells()); err != nil {
				return err
			}
		}
		return nil
	}
	if err := table.Write(csvColumns[:]); err != nil {
		return err
	}
	err := s.each(func(_ int, a *Account) error {
		for j := range a.Results {
			if err := write(csvResult(r, a, &a.Results[j])...); err != nil {
				return err
			}
		}
		return write(csvAbout(a)...)
	})
	if err != nil {
		return err
	}
	if err := write(csvRun(r)...); err != nil {
		return err
	}
	table.Flush()
	return table.Error()
}

// csvRun is what is to be known of the run as a whole.
func csvRun(r *Report) []csvRow {
	var rows []csvRow
	for _, about := range []struct {
		kind  string
		texts []string
	}{{"note", r.Notes}, {"policy_source", sourceTexts(r)}} {
		for _, text := range about.texts {
			rows = append(rows, csvRow{"kind": about.kind, "message": text})
		}
	}
	for i := range r.Policies.Errors {
		e := &r.Policies.Errors[i]
		rows = append(rows, csvRow{"kind": "policy_error", "account": csvAccount(e.Account), "control": e.Control, "message": policyErrorText(e)})
	}
	for i := range r.Unread {
		u := &r.Unread[i]
		rows = append(rows, csvRow{"kind": "unread", "account": csvAccount(u.Account), "resource": u.File, "message": unreadText(u)})
	}
	return rows
}

// cells are the row as it is written. Of all columns, only the level is a number, and the last day of a decision a date.
func (row csvRow) cells() []string {
	cells := make([]string, len(csvColumns))
	for i, name := range csvColumns {
		cells[i] = csvCell(row[name])
		if name != "level" && name != "expires" && csvNumber.MatchString(cells[i]) {
			cells[i] = "'" + cells[i]
		}
	}
	return cells
}

// csvNumber is what a spreadsheet would take for a number or a date, and show as another one: a filter may be named 5.10, or 1E5.
var csvNumber = regexp.MustCompile(`(?i)^[0-9][0-9.,:/ -]*(e[0-9]+)?[0-9.,:/ -]*$`)

// csvAccount is an account's number as a spreadsheet leaves it: a number of its own would lose the zeros before it.
func csvAccount(id string) string {
	if id == "" {
		return ""
	}
	return "aws:" + id
}

// csvResult is a result as a row for each finding.
func csvResult(r *Report, a *Account, result *Result) []csvRow {
	findings := result.Findings
	if len(findings) == 0 {
		findings = []Finding{{}}
	}
	var exceptions []string
	for i := range result.Exceptions {
		exceptions = append(exceptions, exceptedText(&result.Exceptions[i]))
	}
	var rows []csvRow
	for i := range findings {
		f := &findings[i]
		row := csvRow{
			"kind": "finding", "account": csvAccount(a.Account), "alias": a.Alias, "control": result.Control, "title": result.Title, "section": result.Section,
			"id":         strings.Join(nonEmpty(r.Benchmark.ID, result.ID), " "), // 5.10 alone would become 5.1
			"assessment": result.Assessment, "severity": result.Severity, "status": string(result.Status), "finding_status": string(f.Status),
			"region": f.Region, "resource": f.Resource, "link": f.Link, "message": f.Message, "pointers": joinLines(f.Pointers), "notes": joinLines(result.Notes),
			"exceptions": joinLines(exceptions), "remediation": WayOut(result, f), "collected_at": a.Snapshot.CollectedAt, "snapshot_digest": a.Snapshot.Digest,
		}
		if result.Level > 0 {
			row["level"] = strconv.Itoa(result.Level)
		}
		if len(f.Evidence) > 0 {
			row["evidence"] = compact(f.Evidence)
		}
		if w := result.Waiver; w != nil {
			row["waiver"], row["owner"], row["expires"] = waivedText(w), w.Owner, w.Expires
		}
		if at := result.Attestation; at != nil {
			row["attestation"], row["owner"], row["expires"] = attestedText(at), at.Owner, at.Expires
		}
		rows = append(rows, row)
	}
	return rows
}

// csvAbout is what the verdicts on an account do not rest on.
func csvAbout(a *Account) []csvRow {
	var rows []csvRow
	for i := range a.Gaps {
		g := &a.Gaps[i]
		rows = append(rows, csvRow{"kind": "gap", "region": g.Region, "resource": g.Resource, "message": gapText(g)})
	}
	for _, region := range a.RegionsLeftOut {
		rows = append(rows, csvRow{"kind": "region_left_out", "region": region, "message": "not asked for"})
	}
	for _, text := range endpointTexts(a) {
		rows = append(rows, csvRow{"kind": "endpoint", "message": text})
	}
	for _, row := range rows {
		row["account"], row["alias"], row["collected_at"], row["snapshot_digest"] = csvAccount(a.Account), a.Alias, a.Snapshot.CollectedAt, a.Snapshot.Digest
	}
	return rows
}

// joinLines puts texts under each other, each in one line.
func joinLines(texts []string) string {
	var clean []string
	for _, text := range texts {
		clean = append(clean, Clean(text))
	}
	return strings.Join(clean, "\n")
}

// csvCell makes a text safe for a spreadsheet: what it would take for a formula is led by an apostrophe, and nothing is longer than it
// takes in one cell.
func csvCell(text string) string {
	const most = 32000 // a cell of Excel takes 32,767 characters, and what is longer spills into the next row
	parts := strings.Split(text, "\n")
	for i := range parts {
		parts[i] = Clean(parts[i])
	}
	text = strings.Join(parts, "\n")
	if short := cut(text, most); short != text {
		text = short + fmt.Sprintf(" (%d characters; the JSON has all)", len([]rune(text)))
	}
	if strings.IndexAny(text, "=+-@\t\r\n＝＋－＠") == 0 {
		return "'" + text
	}
	return text
}
