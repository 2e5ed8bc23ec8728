package report

// gridSum is every control in every account, counted while the accounts go by.
type gridSum struct {
	most     int // accounts up to which each cell is kept
	accounts int
	rows     []*gridSumRow
	place    map[[2]string]*gridSumRow
}

// gridSumRow is one control in all accounts.
type gridSumRow struct {
	ID, Control, Title string // of the first account that has it
	sum                Summary
	in                 map[int]Status
}

func newGridSum(most int) *gridSum {
	return &gridSum{most: most, place: map[[2]string]*gridSumRow{}}
}

// gridCell is one control in one account.
type gridCell struct {
	ID, Control, Title string
	Status             Status
}

func cellsOf(a *Account) []gridCell {
	cells := make([]gridCell, len(a.Results))
	for i := range a.Results {
		r := &a.Results[i]
		cells[i] = gridCell{r.ID, r.Control, r.Title, r.Status}
	}
	return cells
}

// add counts one account more.
func (g *gridSum) add(cells []gridCell) {
	g.accounts++
	for _, r := range cells {
		key := [2]string{r.ID, r.Control}
		row := g.place[key]
		if row == nil {
			row = &gridSumRow{ID: r.ID, Control: r.Control, Title: r.Title, in: map[int]Status{}}
			g.place[key] = row
			g.rows = append(g.rows, row)
		}
		if before, twice := row.in[g.accounts-1]; twice {
			if n := row.sum.of(before); n != nil {
				*n--
			}
		}
		row.sum.Add(r.Status)
		if g.accounts > g.most+1 {
			delete(row.in, g.accounts-2)
		}
		row.in[g.accounts-1] = r.Status
	}
}

// wide tells whether there are more accounts than cells are kept of.
func (g *gridSum) wide() bool { return g.accounts > g.most }
