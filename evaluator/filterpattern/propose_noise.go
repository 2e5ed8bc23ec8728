package filterpattern

import "encoding/json"

// Noise finds a routine record that the pattern matches and surely none of the wanted ones does: an alarm on it would ring
// all day. It is nil when none of the routine records is one.
func Noise(p *Pattern, wanted []*Pattern) json.RawMessage {
	inForce := Question{InForce: true}
	for _, r := range routine {
		record := newRecord(r.name, r.source, r.identity, r.errorCode, "")
		for k, v := range r.fields {
			record[k] = v
		}
		text := writeRecord(record)
		e := NewEvent(text)
		noise := inForce.matches(p, e) == Yes
		for _, w := range wanted {
			noise = noise && w.MatchEvent(e) == No
		}
		if noise {
			return text
		}
	}
	return nil
}
