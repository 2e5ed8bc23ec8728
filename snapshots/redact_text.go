package snapshots

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shapes of originals that are found wherever they stand, the first first.
var (
	urlShape     = pattern(`(?i)[a-z][a-z0-9+.-]{1,15}://[^\s"'<>\\^|{}]+`)
	emailShape   = pattern(`[\pL\pN._%+'-]+@(?:[\pL\pN-]+(?:\.[\pL\pN-]+)*|\[[0-9A-Fa-f.:]+\])`)
	arnShape     = pattern(`arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:[A-Za-z0-9*-]*:[^\s"'\\,;()<>\[\]{}|]+`)
	ownHostShape = pattern(`(?i)[a-z0-9.*-]*amazonaws\.com(?:\.cn)?`)
	uuidShape    = pattern(`(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	uniqueShape  = pattern(`(?:AIDA|AROA|AKIA|ASIA|AGPA|AIPA|ANPA|ANVA|APKA|ABIA|ACCA)[A-Z0-9]{12,28}`)
	idShape      = pattern(`(?:vpce-svc|vpce|vpc|i|sg|eni|subnet|acl|rtb|igw|nat|tgw|vol|ami|mrk)-[0-9a-f]{8,32}`)
	unitShape    = pattern(`ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}|o-[a-z0-9]{10,32}`)
	rootShape    = pattern(`r-[a-z0-9]{4,32}`)
	hostIPShape  = pattern(`(?i)ip-\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3}`)
	ipv4Shape    = pattern(`(?:\d{1,3}\.){3}\d{1,3}`)
	ipv6Shape    = pattern(`(?i)(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|[0-9a-f]{1,4}(?::[0-9a-f]{1,4})+::(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*)?`)
	dashedShape  = pattern(`\d{4}[-_ ]\d{4}[-_ ]\d{4}`)
	phoneShape   = pattern(`\+\d[\d() .-]{5,18}\d`)
	digitsShape  = pattern(`\d{12,}`)
	numberShape  = pattern(`\d{6,11}`)
	hexShape     = pattern(`(?:[0-9a-fA-F]{2}){6,}`)

	percentShape = pattern(`[^\s"'<>]*%[0-9A-Fa-f]{2}[^\s"'<>]*`)
	base64Shape  = pattern(`[A-Za-z0-9+/_-]{12,}={0,2}`)
	escapeShape  = pattern(`\\(?:u00|x)[0-7][0-9a-fA-F]`)
)

// mostLayers is how deep encodings within encodings are looked into, mostNested how deep ARNs within ARNs are. What goes deeper becomes a pseudonym
// as a whole.
const (
	mostLayers = 4
	mostNested = 12
)

// scan replaces every original in a text: what is known, what has the shape of one, and what is so in another encoding.
func (r *Redactor) scan(text string) string { return r.layer(text, true) }

// shapesOf replaces what has the shape of an original, and leaves words that are known alone: a word of AWS may be somebody's name.
func (r *Redactor) shapesOf(text string) string { return r.layer(text, false) }

func (r *Redactor) layer(text string, words bool) string {
	r.depth++
	defer func() { r.depth-- }()
	switch {
	case text == "":
		return ""
	case r.depth > mostNested:
		return r.secret.text(text)
	}
	p := pieces{{text: text}}
	if r.depth <= mostLayers {
		deeper := func(inner string) string { return r.layer(inner, words) }
		if changed, ok := inEscapes(text, deeper); ok {
			return changed
		}
		p = p.split(percentShape(), func(token string) (string, bool) { return inside(token, url.PathUnescape, url.PathEscape, deeper) })
		p = p.splitWhole(hexShape(), func(token string) (string, bool) {
			return inside(token, func(t string) (string, error) { b, err := hex.DecodeString(t); return string(b), err },
				func(t string) string { return hex.EncodeToString([]byte(t)) }, deeper)
		})
		p = p.split(base64Shape(), func(token string) (string, bool) { return r.inBase64(token, deeper) })
	}
	p = r.shaped(p)
	if words {
		for i := range p {
			if !p[i].done {
				p[i].text = r.known.replace(p[i].text)
			}
		}
	}
	return p.join()
}

// inEscapes redacts a text that is JSON, or holds escapes of JSON that hide an original.
func inEscapes(text string, redact func(string) string) (string, bool) {
	if text[0] == '{' || text[0] == '[' {
		if changed, err := rewriteJSON([]byte(text), redact); err == nil {
			return string(changed), true
		}
	}
	if plain := html.UnescapeString(text); plain != text {
		if changed := redact(plain); changed != plain {
			return changed, true
		}
	}
	if !escapeShape().MatchString(text) {
		return text, false
	}
	plain := escapeShape().ReplaceAllStringFunc(text, func(e string) string {
		code, err := strconv.ParseUint(e[len(e)-2:], 16, 8)
		if err != nil {
			return e
		}
		return string(rune(code))
	})
	changed := redact(plain)
	return changed, changed != plain
}

// shaped replaces what has the shape of an original.
func (r *Redactor) shaped(p pieces) pieces {
	s := r.secret
	always := func(pseudonym func(string) string) func(string) (string, bool) {
		return func(text string) (string, bool) { return pseudonym(text), true }
	}
	text := p.join()
	if arn, ok := ParseARN(text); ok && len(p) == 1 && !strings.ContainsAny(arn.Resource, "\"'{}") {
		return pieces{{r.arn(arn), true}}
	}
	p = p.split(urlShape(), func(text string) (string, bool) { return s.url(text), !ownURL(text) })
	p = p.split(emailShape(), always(s.email))
	p = p.split(arnShape(), func(text string) (string, bool) {
		arn, ok := ParseARN(text)
		return r.arn(arn), ok
	})
	p = p.splitWhole(ownHostShape(), always(r.ownHost))
	p = p.splitWhole(uuidShape(), always(s.uuid))
	p = p.splitWhole(uniqueShape(), always(s.unique))
	p = p.splitWhole(idShape(), always(s.prefixed))
	p = p.splitWhole(unitShape(), always(s.unit))
	if strings.Contains(text, "/r-") {
		p = p.splitWhole(rootShape(), always(s.root))
	}
	p = p.splitWhole(hostIPShape(), func(text string) (string, bool) {
		return "ip-" + strings.ReplaceAll(s.address(strings.ReplaceAll(text[3:], "-", ".")), ".", "-"), true
	})
	p = p.splitWhole(ipv6Shape(), always(s.address))
	p = p.splitWhole(ipv4Shape(), always(s.address))
	p = p.splitWhole(dashedShape(), func(text string) (string, bool) {
		id := s.account(text[:4] + text[5:9] + text[10:])
		return id[:4] + text[4:5] + id[4:8] + text[9:10] + id[8:], true
	})
	p = p.split(phoneShape(), always(s.phone))
	p = p.splitWhole(numberShape(), func(text string) (string, bool) { // an account's id that lost its zeros as a number
		id := strings.Repeat("0", 12-len(text)) + text
		return s.account(id), r.known.accounts[id]
	})
	return p.split(digitsShape(), func(text string) (string, bool) { changed := r.digits(text); return changed, changed != text })
}

// digits replaces account ids in a text: any twelve digits, and those of a known account within more digits.
func (r *Redactor) digits(text string) string {
	return digitsShape().ReplaceAllStringFunc(text, func(run string) string {
		if len(run) == 12 {
			return r.secret.account(run)
		}
		var b strings.Builder
		for len(run) >= 12 {
			if r.known.accounts[run[:12]] {
				b.WriteString(r.secret.account(run[:12]))
				run = run[12:]
				continue
			}
			b.WriteByte(run[0])
			run = run[1:]
		}
		return b.String() + run
	})
}

// ownHost keeps what AWS calls its services; a host below one bears an account's own names.
func (r *Redactor) ownHost(text string) string {
	labels := strings.Split(text, ".")
	end := strings.Index(strings.ToLower(text), "amazonaws.com")
	kept := len(strings.Split(text[end:], ".")) + 1
	if last := len(labels) - kept; last >= 0 && IsRegion(labels[last]) {
		kept++
	}
	first := max(len(labels)-kept, 0)
	own := strings.Join(labels[:first], ".")
	return strings.TrimPrefix(r.known.replace(r.digits(own))+"."+strings.Join(labels[first:], "."), ".")
}

// unit is the pseudonym of an organisation or of a unit of one.
func (s secret) unit(text string) string {
	i := strings.LastIndexByte(text, '-') + 1
	before := text[:i]
	if root, ok := strings.CutPrefix(strings.TrimSuffix(before, "-"), "ou-"); ok {
		before = "ou-" + s.rootID(root) + "-"
	}
	return s.keep("organisation", text, before+s.word("organisation", text, min(len(text)-i, 50)))
}

func (s secret) root(text string) string {
	return s.keep("root", text, "r-"+s.rootID(strings.TrimPrefix(text, "r-")))
}

// rootID is the same in the root of an organisation and in its units.
func (s secret) rootID(text string) string { return s.word("root", text, len(text)) }

func ownURL(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && (strings.HasSuffix(parsed.Hostname(), ".amazonaws.com") || strings.HasSuffix(parsed.Hostname(), ".amazonaws.com.cn"))
}

// inside redacts what an encoding hides.
func inside(token string, decode func(string) (string, error), encode func(string) string, redact func(string) string) (string, bool) {
	plain, err := decode(token)
	if err != nil || !readable(plain) || plain == token {
		return token, false
	}
	changed := redact(plain)
	return encode(changed), changed != plain
}

func (r *Redactor) inBase64(token string, redact func(string) string) (string, bool) {
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		changed, ok := inside(token, func(t string) (string, error) { b, err := e.DecodeString(t); return string(b), err },
			func(t string) string { return e.EncodeToString([]byte(t)) }, redact)
		if ok {
			return changed, true
		}
	}
	return token, false
}

// readable tells whether decoded bytes are a text that somebody encoded, rather than chance.
func readable(text string) bool {
	return utf8.ValidString(text) && strings.IndexFunc(text, func(c rune) bool { return !unicode.IsPrint(c) && !unicode.IsSpace(c) }) < 0
}

// pieces is a text in parts, some of which are pseudonyms already.
type pieces []piece

type piece struct {
	text string
	done bool
}

// split replaces each match in the parts that are not done, unless replace refuses it.
func (p pieces) split(shape *regexp.Regexp, replace func(string) (string, bool)) pieces {
	var out pieces
	for _, one := range p {
		if one.done {
			out = append(out, one)
			continue
		}
		last := 0
		for _, at := range shape.FindAllStringIndex(one.text, -1) {
			changed, ok := replace(one.text[at[0]:at[1]])
			if !ok {
				continue
			}
			out = append(out, piece{text: one.text[last:at[0]]}, piece{changed, true})
			last = at[1]
		}
		out = append(out, piece{text: one.text[last:]})
	}
	return out
}

// splitWhole is split for matches that do not stand within a longer word; an underscore is no letter.
func (p pieces) splitWhole(shape *regexp.Regexp, replace func(string) (string, bool)) pieces {
	var out pieces
	for _, one := range p {
		if one.done {
			out = append(out, one)
			continue
		}
		text, last := one.text, 0
		for pos := 0; pos < len(text); {
			at := shape.FindStringIndex(text[pos:])
			if at == nil {
				break
			}
			start, end := pos+at[0], pos+at[1]
			if start > 0 && alphanumeric(text[start-1]) {
				for pos = start; pos < len(text) && alphanumeric(text[pos]); { // no word begins before the end of this one
					pos++
				}
				continue
			}
			changed, ok := "", false
			if end == len(text) || !alphanumeric(text[end]) {
				changed, ok = replace(text[start:end])
			}
			if ok {
				out = append(out, piece{text: text[last:start]}, piece{changed, true})
				last = end
			}
			pos = end
		}
		out = append(out, piece{text: text[last:]})
	}
	return out
}

func (p pieces) join() string {
	var b strings.Builder
	for _, one := range p {
		b.WriteString(one.text)
	}
	return b.String()
}
