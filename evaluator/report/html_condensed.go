package report

// shown is the report that one page shows: of more accounts than one page can show, what its summary says of them.
func (s *Stream) shown() (*Report, error) {
	if len(s.Briefs) <= onePage {
		return s.whole()
	}
	return s.condensed()
}

// condensed is the report with what a summary says of each account: the status of every row, where the chain broke, what could not be
// read. Evidence, records and texts are left out.
func (s *Stream) condensed() (*Report, error) {
	r := *s.Head
	r.Accounts = make([]Account, 0, len(s.Briefs))
	known := map[string]string{}
	once := func(text *string) { // ids and titles are the same in all accounts
		if same, ok := known[*text]; ok {
			*text = same
			return
		}
		known[*text] = *text
	}
	attested := &Attestation{}
	err := s.visit(func(_ int, a *Account) {
		c := Account{Account: a.Account, Alias: a.Alias, Snapshot: a.Snapshot, Summary: a.Summary, Gaps: a.Gaps, RegionsLeftOut: a.RegionsLeftOut}
		c.Results = make([]Result, len(a.Results))
		for i := range a.Results {
			from := &a.Results[i]
			row := Result{ID: from.ID, Control: from.Control, Title: from.Title, Level: from.Level, Status: from.Status}
			once(&row.ID)
			once(&row.Control)
			once(&row.Title)
			once((*string)(&row.Status))
			if from.Attestation != nil {
				row.Attestation = attested
			}
			if row.Status == Fail || row.Status == Unknown {
				row.Findings = links(from.Findings, once)
			}
			c.Results[i] = row
		}
		r.Accounts = append(r.Accounts, c)
	})
	return &r, err
}

// links are the findings as far as they say where the chain broke, each link once.
func links(findings []Finding, once func(*string)) []Finding {
	var all []Finding
	seen := map[string]bool{}
	for i := range findings {
		link := findings[i].Link
		if link == "" || seen[link] {
			continue
		}
		seen[link] = true
		once(&link)
		all = append(all, Finding{Link: link})
	}
	return all
}
