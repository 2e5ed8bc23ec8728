package report

import (
	"fmt"
	"strings"
)

// markdownFacts are what a comment says of all accounts, gathered while they go by.
type markdownFacts struct {
	grid                    *gridSum
	rows                    map[Status]*markdownRows
	unread, answered, notes points
}

// markdownRows are the rows of a status, by control.
type markdownRows struct {
	order []*markdownRow
	place map[string]*markdownRow
}

// markdownRow is one control in all accounts where it has a status.
type markdownRow struct {
	n     int
	texts []string // of the first few accounts
	names []string // of the accounts behind the first
}

// markdownFew is the number of accounts up to which each has a text of its own.
const markdownFew = 3

func (f *markdownFacts) add(a *Account) {
	f.grid.add(cellsOf(a))
	f.partial(a)
	for i := range a.Results {
		result := &a.Results[i]
		if rows := f.rows[result.Status]; rows != nil {
			rows.add(a, result)
		}
		if text := markdownDecisions(result); text != "" {
			f.answered.add(a, fmt.Sprintf("%s **%s**%s", looks[result.Status].glyph, markdown(heading(result)), text))
		}
		if result.Status == Fail || result.Status == Unknown || result.Status == Manual && result.Attestation == nil {
			continue
		}
		for _, note := range result.Notes { // those that stand nowhere else
			f.notes.add(a, fmt.Sprintf("%s: %s", markdown(heading(result)), markdown(note)))
		}
	}
}

// partial notes what an account's verdicts do not rest on.
func (f *markdownFacts) partial(a *Account) {
	for _, same := range gapsAlike(a.Gaps) {
		text := gapText(&same[0])
		if len(same) > 1 {
			text += fmt.Sprintf(", and in %s more", plural(len(same)-1, "region", "regions"))
		}
		f.unread.add(a, markdown(text))
	}
	if text := notAWS(a); text != "" {
		f.unread.add(a, markdown(text))
	}
	if len(a.RegionsLeftOut) > 0 {
		f.unread.add(a, "regions not asked for: "+markdown(strings.Join(a.RegionsLeftOut, ", ")))
	}
}

func (m *markdownRows) add(a *Account, result *Result) {
	if m.place == nil {
		m.place = map[string]*markdownRow{}
	}
	key := result.ID + "\x00" + result.Control
	row := m.place[key]
	if row == nil {
		row = &markdownRow{}
		m.place[key] = row
		m.order = append(m.order, row)
	}
	row.n++
	if row.n <= markdownFew {
		row.texts = append(row.texts, markdownResult(a, result))
	}
	if row.n > 1 && len(row.names) < markdownAccounts {
		row.names = append(row.names, markdownAccount(a.Account, a.Alias))
	}
}

// points are texts that hold for some accounts, in the order in which they first did.
type points struct {
	order    []string
	accounts map[string]*pointAccounts
}

// pointAccounts are the accounts that a text holds for: the first, and how many there are.
type pointAccounts struct {
	first []string
	n     int
}

// pointsNamed are so many accounts of a text.
const pointsNamed = 5

func (p *points) add(a *Account, text string) {
	if p.accounts == nil {
		p.accounts = map[string]*pointAccounts{}
	}
	of := p.accounts[text]
	if of == nil {
		of = &pointAccounts{}
		p.accounts[text] = of
		p.order = append(p.order, text)
	}
	if of.n++; of.n <= pointsNamed {
		of.first = append(of.first, markdownAccount(a.Account, a.Alias))
	}
}

// where are the accounts that a text holds for.
func (p *points) where(text string) string {
	of := p.accounts[text]
	names := strings.Join(of.first, ", ")
	if more := of.n - len(of.first); more > 0 {
		return fmt.Sprintf("%s and %d more", names, more)
	}
	return names
}

func markdownAccount(account, alias string) string {
	const most = 80
	return markdown(cut(plain(strings.Join(nonEmpty(account, alias), " ")), most))
}
