package evaluator

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// attestation is somebody's word that a control is met by means that a snapshot does not show.
type attestation struct {
	decision
	evidence string
}

var attestationFields = []string{"control", "accounts", "evidence", "owner", "reason", "ticket", "expires"}

func readAttestation(e *entry) (*attestation, error) {
	d, err := e.read("control", "evidence", "owner", "expires")
	if err != nil {
		return nil, err
	}
	evidence, err := e.text("evidence")
	if err != nil {
		return nil, err
	}
	if strings.Contains(evidence, "://") {
		if u, err := url.Parse(evidence); err != nil || u.Host == "" {
			return nil, e.wrong(e.fields["evidence"].Line, "write https://host/path, or the id of a document", "evidence %q is not an address", evidence)
		}
	}
	return &attestation{d, evidence}, nil
}

// attest makes a row that fails or is unknown by the data, or that only a human can judge, a manual one that somebody answers for.
// The findings stay as they are, and so does what the data says. allowed tells whether the edition lets the control be met by
// other means; what no data decides may be attested in any edition.
func (ws *Waivers) attest(account string, asOf time.Time, allowed bool, r *report.Result) {
	if ws == nil {
		return
	}
	ws.each(func(d *decision, _ ...[]string) { d.asked = d.asked || d.control == r.Control || d.control == r.ID })
	if r.Status != report.Fail && r.Status != report.Unknown && r.Status != report.Manual && r.Status != report.Waived {
		return
	}
	for _, a := range ws.attestations {
		switch {
		case !a.of(account, r.Control, r.ID):
		case !a.live(asOf):
			r.Notes = append(r.Notes, a.lapsed())
		case r.Status == report.Waived:
			a.refused = "the failure is waived"
		case r.Attestation != nil:
			a.used = true
			r.Notes = append(r.Notes, fmt.Sprintf("also attested until %s by %s: %s", a.expires, a.owner, a.evidence))
		case r.Status != report.Manual && !allowed:
			a.refused = "the edition allows no other way to meet the control"
			r.Notes = append(r.Notes, fmt.Sprintf("the attestation of %s is not applied: %s", a.owner, a.refused))
		default:
			a.used = true
			r.Attestation = &report.Attestation{
				Status: r.Status, Evidence: a.evidence, Owner: a.owner, Reason: a.reason, Ticket: a.ticket, Expires: a.expires,
			}
			r.Status = report.Manual
		}
	}
}
