package report

// gridRow is one control in several accounts.
type gridRow struct {
	*Result                 // of the first account that has it
	in      map[int]*Result // by the account's place
}

// controlsOf are the controls that accounts have, in the order in which the first account has them.
func controlsOf(accounts []Account) []gridRow {
	var rows []gridRow
	place := map[[2]string]int{}
	for i := range accounts {
		for j := range accounts[i].Results {
			r := &accounts[i].Results[j]
			key := [2]string{r.ID, r.Control}
			at, known := place[key]
			if !known {
				at = len(rows)
				place[key] = at
				rows = append(rows, gridRow{r, map[int]*Result{}})
			}
			rows[at].in[i] = r
		}
	}
	return rows
}
