package evaluator

import (
	"bytes"
	"slices"

	"github.com/cistern-audit/cistern/snapshots/octets"
)

// skimmer walks over JSON as fast as it can be looked at: it finds values without checking what is in them.
type skimmer struct {
	text []byte
	at   int

	mentions map[string]bool // the accounts that it came across, in an ARN or as the owner of a metric
	owners   map[string]bool // those that own metrics
	last     []byte          // the mention before
}

// next is the next byte that is not white space, 0 at the end.
func (s *skimmer) next() byte {
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; c {
		case ' ', '\n', '\t', '\r':
		default:
			return c
		}
	}
	return 0
}

// ended tells that nothing more follows.
func (s *skimmer) ended() bool { return s.next() == 0 && s.at >= len(s.text) }

// object calls each with the name of every member, whose value it must walk over.
func (s *skimmer) object(each func(name string) bool) bool {
	if s.next() != '{' {
		return false
	}
	s.at++
	for first := true; ; first = false {
		switch c := s.next(); {
		case c == '}':
			s.at++
			return true
		case c == ',' && !first:
			s.at++
			s.next()
		case !first:
			return false
		}
		name := s.text1()
		if s.next() != ':' {
			return false
		}
		s.at++
		if !each(name) {
			return false
		}
	}
}

// text1 is the string that stands here without escapes; "" if none does.
func (s *skimmer) text1() string {
	if s.next() != '"' {
		return ""
	}
	s.at++
	end := bytes.IndexByte(s.text[s.at:], '"')
	if end < 0 || bytes.IndexByte(s.text[s.at:s.at+end], '\\') >= 0 {
		s.at = len(s.text)
		return ""
	}
	text := string(s.text[s.at : s.at+end])
	s.note(s.at, s.at+end)
	s.at += end + 1
	return text
}

// skip walks over a value.
func (s *skimmer) skip() bool {
	depth := 0
	for s.next(); s.at < len(s.text); s.at++ {
		switch s.text[s.at] {
		case '"':
			if !s.skipString() {
				return false
			}
			s.at--
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
			if depth < 0 { // of what this value is in
				return true
			}
		case ',':
			if depth == 0 {
				return true
			}
			continue
		case '\n':
			s.at += octets.Blanks(s.text[s.at+1:])
			continue
		default:
			continue // a number, a word, white space
		}
		if depth == 0 {
			s.at++
			return true
		}
	}
	return false
}

func (s *skimmer) skipString() bool {
	begin := s.at + 1
	for s.at++; ; s.at++ {
		end := bytes.IndexByte(s.text[s.at:], '"')
		if end < 0 {
			return false
		}
		back := 0
		for s.at+end-back > 0 && s.text[s.at+end-back-1] == '\\' {
			back++
		}
		s.at += end
		if back%2 == 0 {
			s.note(begin, s.at)
			s.at++
			return true
		}
	}
}

// note looks for accounts in a string of the text.
func (s *skimmer) note(begin, end int) {
	const name = "AccountId"
	raw := s.text[begin:end]
	if len(raw) == len(name) && string(raw) == name {
		if id := ownerAfter(s.text[end+1:]); len(id) > 0 {
			s.mention(id)
			if s.owners == nil {
				s.owners = map[string]bool{}
			}
			s.owners[string(id)] = true
		}
		return
	}
	for {
		i := bytes.Index(raw, []byte("arn:"))
		if i < 0 {
			return
		}
		raw = raw[i+len("arn:"):]
		if id := arnAccount(raw); len(id) > 0 {
			s.mention(id)
		}
	}
}

func (s *skimmer) mention(id []byte) {
	if bytes.Equal(id, s.last) {
		return
	}
	if s.last = id; !s.mentions[string(id)] {
		if s.mentions == nil {
			s.mentions = map[string]bool{}
		}
		s.mentions[string(id)] = true
	}
}

// others are some accounts but for one, sorted; nil if there are none.
func others(accounts map[string]bool, self string) []string {
	var all []string
	for id := range accounts {
		if id != self {
			all = append(all, id)
		}
	}
	slices.Sort(all)
	return all
}

// spelled tells whether a plain character of the text is spelled by its number: then names cannot be found by looking for them.
func spelled(text []byte) bool {
	for at := 0; ; {
		i := bytes.Index(text[at:], []byte(`\u00`))
		if i < 0 {
			return false
		}
		if at += i + len(`\u00`); at < len(text) && text[at] >= '2' && text[at] <= '7' {
			return true
		}
	}
}

// mentioned are the other accounts that a text names in an ARN or as the owner of a metric.
func mentioned(text []byte, self string) []string {
	s := skimmer{text: text}
	s.skip()
	return others(s.mentions, self)
}

// arnAccount is the account in partition:service:region:account:resource.
func arnAccount(rest []byte) []byte {
	const longest = 300
	rest = rest[:min(len(rest), longest)]
	if end := bytes.IndexByte(rest, '"'); end >= 0 {
		rest = rest[:end]
	}
	for range 3 {
		i := bytes.IndexByte(rest, ':')
		if i < 0 {
			return nil
		}
		rest = rest[i+1:]
	}
	if end := bytes.IndexByte(rest, ':'); end > 0 {
		return rest[:end]
	}
	return nil
}

// ownerAfter is the string that is the value of a field, behind the field's name.
func ownerAfter(rest []byte) []byte {
	const longest = 100
	rest = bytes.TrimLeft(rest[:min(len(rest), longest)], " \t\r\n:")
	if len(rest) == 0 || rest[0] != '"' {
		return nil
	}
	if end := bytes.IndexByte(rest[1:], '"'); end > 0 {
		return rest[1 : 1+end]
	}
	return nil
}
