package filterpattern

import "encoding/json"

// Outcome is a decision with all that explains it, as the command line and the policies' builtin give it to other
// programs. Its JSON form is stable.
type Outcome struct {
	Answer    string           `json:"answer"`               // covers, misses or unknown
	Assumes   string           `json:"assumes,omitempty"`    // any-json, cloudtrail or event-source; not with unknown
	Required  int              `json:"required"`             // which of the required patterns is covered, or was missed
	Event     json.RawMessage  `json:"event,omitempty"`      // misses: a CloudTrail record that proves it
	Reason    string           `json:"reason,omitempty"`     // unknown: why
	Nearest   *OutcomeNearest  `json:"nearest,omitempty"`    // misses: how close the deployed patterns come
	OverBroad json.RawMessage  `json:"over_broad,omitempty"` // covers: a routine record that is matched and not wanted
	Invalid   []InvalidPattern `json:"invalid,omitempty"`    // deployed texts that AWS refuses; they match nothing
}

// OutcomeNearest is Nearest for other programs.
type OutcomeNearest struct {
	Caught     []string `json:"caught"`
	Missed     []string `json:"missed"`
	Text       string   `json:"text"`
	ExcludedBy []string `json:"excluded_by"`
}

// InvalidPattern is a text that is no filter pattern.
type InvalidPattern struct {
	Pattern string `json:"pattern"`
	Error   string `json:"error"`
}

// Decide is Covers with everything that explains the decision.
func Decide(q Question) Outcome {
	d := Covers(q)
	out := Outcome{Answer: d.Answer.String(), Required: d.Required, Event: d.Event, Reason: d.Reason}
	switch d.Answer {
	case Covered:
		out.Assumes = d.Assumes.String()
		out.OverBroad = OverBroad(q)
	case Missed:
		out.Assumes = d.Assumes.String()
		n := Explain(q, d)
		out.Nearest = &OutcomeNearest{Caught: nonNil(n.Caught), Missed: nonNil(n.Missed), Text: n.String(), ExcludedBy: nonNil(n.ExcludedBy)}
	}
	return out
}

// nonNil is never null in JSON.
func nonNil(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}
