package astfile

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"

	"github.com/open-policy-agent/opa/v1/ast"
)

// ErrDamaged is a file that Encode has not written, or not in this form, or not for these texts.
var ErrDamaged = errors.New("read compiled policies: the file is damaged, or of another version")

// Decode reads what Encode wrote.
func Decode(file []byte, texts Texts) (*Policies, error) {
	const start = len(format) + 4
	if len(file) < start || string(file[:len(format)]) != format {
		return nil, ErrDamaged
	}
	body := file[start:]
	if crc32.ChecksumIEEE(body) != binary.BigEndian.Uint32(file[len(format):]) {
		return nil, ErrDamaged
	}
	return decode(body, texts)
}

// decode reads the file without its head. Whatever the bytes are, it takes no more than a multiple of their memory.
func decode(body []byte, texts Texts) (*Policies, error) {
	d := &decoder{in: body, indexed: map[*ast.Rule]bool{}}
	d.tables(texts)
	p := &Policies{Modules: map[string]*ast.Module{}, Indexed: d.indexed}
	for n := d.size(); n > 0 && !d.broken; n-- {
		name := d.text()
		p.Modules[name] = d.module()
	}
	if d.broken || len(d.in) > 0 {
		return nil, ErrDamaged
	}
	return p, nil
}

// The things that are made many at a time.
const (
	slabTerms = iota
	slabSlices
	slabExprs
	slabBodies
	slabRules
	slabs
)

// decoder finds nothing more where the file turned out to be broken, and what it made until then is thrown away.
type decoder struct {
	in      []byte
	broken  bool
	indexed map[*ast.Rule]bool
	of      *ast.Module // that is read

	strings   []string
	asStrings []ast.Value
	asVars    []ast.Value
	locations []ast.Location

	terms  slab[ast.Term]
	slices slab[*ast.Term]
	exprs  slab[ast.Expr]
	bodies slab[*ast.Expr]
	rules  slab[ast.Rule]
	heads  slab[ast.Head]
}

// slab is things of one kind that are made together and taken one after the other.
type slab[T any] []T

func (s *slab[T]) one() *T { return &s.take(1)[0] }

// take is the next n.
func (s *slab[T]) take(n int) []T {
	if n > len(*s) {
		return make([]T, n)
	}
	taken := (*s)[:n:n]
	*s = (*s)[n:]
	return taken
}

func (d *decoder) fail() {
	d.broken, d.in = true, nil
}

func (d *decoder) number() int {
	n, used := binary.Uvarint(d.in)
	if used <= 0 || n > math.MaxInt32 {
		d.fail()
		return 0
	}
	d.in = d.in[used:]
	return int(n)
}

// size is a number of things to come, each of which takes a byte at least.
func (d *decoder) size() int {
	n := d.number()
	if n > len(d.in) {
		d.fail()
		return 0
	}
	return n
}

func (d *decoder) byte() int {
	if len(d.in) == 0 {
		d.fail()
		return 0
	}
	b := d.in[0]
	d.in = d.in[1:]
	return int(b)
}

// index is the number of one of n things.
func (d *decoder) index(n int) int {
	i := d.number()
	if i >= n {
		d.fail()
		return 0
	}
	return i
}

// tables reads what the modules refer to by number.
func (d *decoder) tables(texts Texts) {
	d.terms = make(slab[ast.Term], d.size())
	d.slices = make(slab[*ast.Term], d.size())
	d.exprs = make(slab[ast.Expr], d.size())
	d.bodies = make(slab[*ast.Expr], d.size())
	rules := d.size()
	d.rules, d.heads = make(slab[ast.Rule], rules), make(slab[ast.Head], rules)
	d.readStrings()
	tabs := make([][]int, d.size())
	for i := range tabs {
		if n := d.size(); n > 0 {
			tabs[i] = make([]int, n)
		}
		for j := range tabs[i] {
			tabs[i][j] = d.number()
		}
	}
	d.locations = make([]ast.Location, d.size())
	for i := range d.locations {
		d.readLocation(&d.locations[i], tabs, texts)
	}
}

func (d *decoder) readLocation(at *ast.Location, tabs [][]int, texts Texts) {
	at.File = d.text()
	at.Row, at.Col, at.Offset = d.number(), d.number(), d.number()
	columns, length := d.index(len(tabs)), d.number()
	if d.broken {
		return
	}
	at.Tabs = tabs[columns]
	if length == 0 {
		at.Text = []byte(d.text())
		return
	}
	text := texts[at.File]
	if at.Offset+length > len(text) {
		d.fail()
		return
	}
	at.Text = text[at.Offset : at.Offset+length : at.Offset+length]
}

func (d *decoder) readStrings() {
	lengths, all := make([]int, d.size()), 0
	for i := range lengths {
		lengths[i] = d.size()
		all += lengths[i]
	}
	if all > len(d.in) {
		d.fail()
		return
	}
	text := string(d.in[:all])
	d.in = d.in[all:]
	d.strings = make([]string, len(lengths))
	for i, n := range lengths {
		d.strings[i], text = text[:n], text[n:]
	}
	d.asStrings, d.asVars = make([]ast.Value, len(lengths)), make([]ast.Value, len(lengths))
}

func (d *decoder) text() string {
	i := d.index(len(d.strings))
	if d.broken {
		return ""
	}
	return d.strings[i]
}

func (d *decoder) location() *ast.Location {
	i := d.index(len(d.locations) + 1)
	if i == 0 {
		return nil
	}
	return &d.locations[i-1]
}
