package report

import (
	"fmt"
	"time"
)

// decisions shows who answers for what the data does not say, and how long.
func (t *textWriter) decisions(r *Result) {
	for _, x := range r.Exceptions {
		t.paragraph(detail, "but for: ", fmt.Sprintf("%s, %s", x.Except, t.answered(x.Expires, x.Owner, x.Reason, x.Ticket)))
	}
	if w := r.Waiver; w != nil {
		t.paragraph(detail, "waived: ", t.answered(w.Expires, w.Owner, w.Reason, w.Ticket))
	}
	if a := r.Attestation; a != nil {
		t.paragraph(detail, "manual: ", "attested "+t.answered(a.Expires, a.Owner, a.Reason, a.Ticket))
		t.paragraph(detail, "evidence: ", a.Evidence)
		if a.Status != Manual {
			t.paragraph(detail, "by data: ", looks[a.Status].word)
		}
	}
}

// answered is until when who answers for something, and why.
func (t *textWriter) answered(expires, owner, reason, ticket string) string {
	return decided(expires+t.left(expires), owner, reason, ticket)
}

// left is how many days are left at the clock of the report, its last one included; nothing if that cannot be said.
func (t *textWriter) left(expires string) string {
	const day = 24 * time.Hour
	last, err := time.Parse(time.DateOnly, expires)
	if err != nil || t.asOf.IsZero() || !t.asOf.Before(last.Add(day)) {
		return ""
	}
	return fmt.Sprintf(" (%s left)", plural(int((last.Add(day).Sub(t.asOf)+day-1)/day), "day", "days"))
}

// attested is how many rows somebody answers for who meets the control by other means, or has judged it by hand.
func attested(accounts ...Account) int {
	n := 0
	for _, a := range accounts {
		for i := range a.Results {
			if a.Results[i].Attestation != nil {
				n++
			}
		}
	}
	return n
}
