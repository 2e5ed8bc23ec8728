package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// csvColumns are the header. Columns may be added at the end; none is taken away or moves.
var csvColumns = [...]string{
	"account", "alias", "benchmark", "id", "control", "title", "section", "level", "assessment", "severity", "status",
	"finding_status", "region", "resource", "link", "message", "evidence", "pointers", "notes",
	"waiver", "attestation", "owner", "expires", "exceptions", "remediation", "as_of", "collected_at", "snapshot_digest", "policies_digest",
}

// writeCSV writes a row for each finding, and one for a result without any: RFC 4180, so lines end in CR LF.
func writeCSV(w io.Writer, r *Report, _ Style) error {
	table := csv.NewWriter(w)
	table.UseCRLF = true
	if err := table.Write(csvColumns[:]); err != nil {
		return err
	}
	for i := range r.Accounts {
		a := &r.Accounts[i]
		for j := range a.Results {
			result := &a.Results[j]
			findings := result.Findings
			if len(findings) == 0 {
				findings = []Finding{{}}
			}
			for k := range findings {
				if err := table.Write(csvRow(r, a, result, &findings[k])); err != nil {
					return err
				}
			}
		}
	}
	table.Flush()
	return table.Error()
}

func csvRow(r *Report, a *Account, result *Result, f *Finding) []string {
	var level, evidence, waiver, attestation, owner, expires string
	if result.Level > 0 {
		level = strconv.Itoa(result.Level)
	}
	if len(f.Evidence) > 0 {
		evidence = compact(f.Evidence)
	}
	if result.Waiver != nil {
		waiver, owner, expires = waivedText(result.Waiver), result.Waiver.Owner, result.Waiver.Expires
	}
	if result.Attestation != nil {
		attestation, owner, expires = attestedText(result.Attestation), result.Attestation.Owner, result.Attestation.Expires
	}
	var exceptions []string
	for i := range result.Exceptions {
		exceptions = append(exceptions, exceptedText(&result.Exceptions[i]))
	}
	row := []string{
		a.Account, a.Alias, r.Benchmark.ID, result.ID, result.Control, result.Title, result.Section, level, result.Assessment, result.Severity,
		string(result.Status), string(f.Status), f.Region, f.Resource, f.Link, f.Message, evidence, joinLines(f.Pointers), joinLines(result.Notes),
		waiver, attestation, owner, expires, joinLines(exceptions), result.Remediation, r.AsOf, a.Snapshot.CollectedAt, a.Snapshot.Digest, r.Policies.Digest,
	}
	for i := range row {
		row[i] = csvCell(row[i])
	}
	return row
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
