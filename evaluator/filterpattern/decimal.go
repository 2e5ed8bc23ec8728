package filterpattern

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// decimal is an exact decimal number: sign, digits without leading or trailing zeros, and the power of ten of the point
// before the first digit (0.digits x 10^exp). Zero has no digits. Values of any exponent compare without being expanded.
type decimal struct {
	neg    bool
	digits string
	exp    int64
}

// parseDecimal reads [+-]? digits [. digits] [e [+-]? digits]; ok is false for anything else, and for an exponent beyond
// 32 bits, which AWS refuses.
func parseDecimal(s string) (d decimal, ok bool) {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		d.neg = s[0] == '-'
		s = s[1:]
	}
	mantissa, exponent := s, ""
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exponent = s[:i], s[i+1:]
		if !isExponent(exponent) {
			return decimal{}, false
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if whole == "" && fraction == "" || !isDigits(whole) || !isDigits(fraction) {
		return decimal{}, false
	}
	if exponent != "" {
		n, err := strconv.ParseInt(exponent, 10, 32)
		if err != nil {
			return decimal{}, false
		}
		d.exp = n
	}
	d.exp += int64(len(whole))
	digits := whole + fraction
	trimmed := strings.TrimLeft(digits, "0")
	d.exp -= int64(len(digits) - len(trimmed))
	d.digits = strings.TrimRight(trimmed, "0")
	if d.digits == "" {
		return decimal{}, true
	}
	return d, true
}

func isExponent(s string) bool {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	return s != "" && isDigits(s)
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// compare is -1, 0 or 1 as d is less than, equal to or greater than o.
func (d decimal) compare(o decimal) int {
	switch {
	case d.digits == "" && o.digits == "":
		return 0
	case d.sign() != o.sign():
		if d.sign() < o.sign() {
			return -1
		}
		return 1
	}
	magnitude := 0
	switch {
	case d.exp != o.exp:
		magnitude = 1
		if d.exp < o.exp {
			magnitude = -1
		}
	default:
		magnitude = strings.Compare(d.digits, o.digits)
	}
	return magnitude * d.sign()
}

func (d decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.neg:
		return -1
	}
	return 1
}

// number is a number of an event as CloudWatch Logs sees it: integers exactly as written, everything else as the shortest
// decimal of the nearest double, printed as Java prints it (1e3 is "1000.0"). An overflow is not finite: it has a text
// and no value.
type number struct {
	text   string
	val    decimal
	finite bool
}

// readNumber reads a JSON number.
func readNumber(src string) number {
	if !strings.ContainsAny(src, ".eE") {
		d, ok := parseDecimal(src)
		return number{text: src, val: d, finite: ok}
	}
	f, err := strconv.ParseFloat(src, 64)
	if err != nil && math.IsInf(f, 0) {
		if f < 0 {
			return number{text: "-Infinity"}
		}
		return number{text: "Infinity"}
	}
	text := javaDouble(f)
	d, ok := parseDecimal(text)
	return number{text: text, val: d, finite: ok}
}

// javaDouble prints a finite double as Java's Double.toString does: plain between 10^-3 and 10^7, else d.dddE±n.
func javaDouble(f float64) string {
	if abs := math.Abs(f); f == 0 || abs >= 1e-3 && abs < 1e7 {
		s := strconv.FormatFloat(f, 'f', -1, 64)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return s
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'E', -1, 64), "E")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	n, err := strconv.Atoi(exponent)
	if err != nil { // FormatFloat always writes an integer there
		return mantissa
	}
	return mantissa + "E" + strconv.Itoa(n)
}

// negated is -d.
func (d decimal) negated() decimal {
	d.neg = !d.neg
	return d
}

// maxExpanded bounds the exponents for which sums and samples are worked out in full.
const maxExpanded = 400

// rat is the number as a fraction; ok is false when its exponent is too large to expand.
func (d decimal) rat() (*big.Rat, bool) {
	if d.exp > maxExpanded || d.exp < -maxExpanded {
		return nil, false
	}
	if d.digits == "" {
		return new(big.Rat), true
	}
	r, ok := new(big.Rat).SetString("0." + d.digits + "e" + strconv.FormatInt(d.exp, 10))
	if ok && d.neg {
		r.Neg(r)
	}
	return r, ok
}

// plus is the sum, or o when the exponents are too large to expand.
func (d decimal) plus(o decimal) decimal {
	x, ok1 := d.rat()
	y, ok2 := o.rat()
	if !ok1 || !ok2 {
		return o
	}
	return fromRat(x.Add(x, y))
}

// middle is a number between the two.
func (d decimal) middle(o decimal) decimal {
	x, ok1 := d.rat()
	y, ok2 := o.rat()
	if !ok1 || !ok2 {
		return d
	}
	x.Add(x, y)
	return fromRat(x.Mul(x, big.NewRat(1, 2)))
}

// integer is the number without its fraction.
func (d decimal) integer() decimal {
	r, ok := d.rat()
	if !ok {
		return d
	}
	return fromRat(new(big.Rat).SetInt(new(big.Int).Quo(r.Num(), r.Denom())))
}

func fromRat(r *big.Rat) decimal {
	n, _ := r.FloatPrec() // sums and halves of decimals are decimals: always exact
	d, _ := parseDecimal(r.FloatString(n))
	return d
}

// samples are JSON numbers with the value, as an integer and with a fraction, where CloudWatch Logs would read them so.
func (d decimal) samples() []string {
	r, ok := d.rat()
	if !ok {
		return nil
	}
	var out []string
	if r.IsInt() {
		out = append(out, r.Num().String())
	}
	n, _ := r.FloatPrec()
	text := r.FloatString(max(n, 1))
	if num := readNumber(text); num.finite && num.val.compare(d) == 0 {
		out = append(out, text)
	}
	return out
}
