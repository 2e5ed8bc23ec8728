package snapshots

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// LeastRedactionKey is how many bytes the key of a redaction has at least.
const LeastRedactionKey = 32

// ErrShortKey is a key that could be guessed, and with it the originals.
var ErrShortKey = fmt.Errorf("the key has fewer than %d bytes", LeastRedactionKey)

// ErrWeakKey is a key of so few different bytes that nobody can have drawn it by chance.
var ErrWeakKey = errors.New("the key has so few different bytes that it can be guessed")

// CollisionError is two originals that would get one pseudonym, which would join what was apart.
type CollisionError struct {
	// Kind is what they are: account, name ...
	Kind string
}

func (e *CollisionError) Error() string {
	return "redact: two different texts of the kind " + e.Kind + " have the same pseudonym"
}

// Hint is the way out.
func (e *CollisionError) Hint() string { return "redact all the files again with another key" }

// The kinds of names that are kept unless a caller asks otherwise.
const (
	alarmNames    = "alarms"
	bucketNames   = "buckets"
	filterNames   = "filters"
	keyNames      = "keys"
	logGroupNames = "log-groups"
	metricNames   = "metrics"
	otherNames    = "others"
	topicNames    = "topics"
	trailNames    = "trails"
)

// RedactableNames are the kinds of names that [RedactOptions] can have replaced. The kind others is what is only known by ARNs: functions,
// queues ...
func RedactableNames() []string {
	return []string{alarmNames, bucketNames, filterNames, keyNames, logGroupNames, metricNames, otherNames, topicNames, trailNames}
}

// RedactOptions say what else is replaced beside identities and endpoints, which always are.
type RedactOptions struct {
	// Names are the kinds of names that are replaced, of [RedactableNames].
	Names []string
	// KeepTexts keeps descriptions and messages, but for the originals that are found in them. They are replaced whole if not set.
	KeepTexts bool
	// KeepUnknown keeps the fields that this version does not know, but for the originals that are found in them. They are dropped if
	// not set.
	KeepUnknown bool
}

// Redactor replaces identities by pseudonyms: the same text by the same pseudonym, in every file that has the same key. It is taught all
// snapshots that belong together before it redacts the first, so that what one of them gives away is replaced in the others.
type Redactor struct {
	secret  secret
	options RedactOptions
	names   map[string]bool // the kinds of names that are replaced
	known   known
	dropped int64
	lost    map[string]bool // regular expressions that became pseudonyms
	depth   int             // of the text that is scanned now, within others
}

// NewRedactor makes one with a key, which stays with its owner: whoever has it can try which text gives a pseudonym.
func NewRedactor(key []byte, o RedactOptions) (*Redactor, error) {
	if len(key) < LeastRedactionKey {
		return nil, ErrShortKey
	}
	different := map[byte]bool{}
	for _, b := range key {
		different[b] = true
	}
	if len(different) < 8 {
		return nil, ErrWeakKey
	}
	r := &Redactor{secret: newSecret(key), options: o, names: map[string]bool{}, known: newKnown(), lost: map[string]bool{}}
	for _, kind := range o.Names {
		if !slices.Contains(RedactableNames(), kind) {
			return nil, fmt.Errorf("names %q: redact: there are none of this kind (%s)", kind, strings.Join(RedactableNames(), ", "))
		}
		r.names[kind] = true
	}
	return r, nil
}

// Learn finds the originals in a snapshot.
func (r *Redactor) Learn(s *Snapshot) {
	v := &visitor{text: func(rule fieldRule, text string) string { r.learn(rule, text); return text }, unknown: func(_ string, raw []byte) (string, []byte) {
		r.learnAll(string(raw))
		return "", raw
	}}
	v.visit(snapshotShape, reflect.ValueOf(s).Elem(), fieldRule{})
}

// Redact is a copy of the snapshot with pseudonyms in the places of what was learned, and of everything that has the shape of an identity.
func (r *Redactor) Redact(s *Snapshot) (*Snapshot, error) {
	copied, err := s.clone()
	if err != nil {
		return nil, err
	}
	r.dropped = 0
	v := &visitor{text: r.replace, unknown: r.unknown, change: true}
	v.visit(snapshotShape, reflect.ValueOf(copied).Elem(), fieldRule{})
	record := Redaction{Method: "hmac-sha256", KeyID: r.secret.id(), Replaced: []string{"identities", "endpoints"}}
	for kind := range r.names {
		record.Replaced = append(record.Replaced, "names of "+kind)
	}
	if !r.options.KeepTexts {
		record.Replaced = append(record.Replaced, "texts")
	}
	if r.dropped > 0 {
		record.DroppedFields = Of(r.dropped)
	}
	copied.Collection.Redactions = append(copied.Collection.Redactions, record)
	if err := r.secret.collided(); err != nil {
		return nil, err
	}
	if copied, err = copied.clone(); err != nil { // its lists in their order
		return nil, errors.New("redact: the pseudonyms make no snapshot") // without the cause, which quotes originals
	}
	return copied, nil
}

// unknown redacts a field that this version does not know: it is dropped, or kept with pseudonyms.
func (r *Redactor) unknown(name string, raw []byte) (string, []byte) {
	if !r.options.KeepUnknown {
		r.dropped++
		return "", nil
	}
	changed, err := rewriteJSON(raw, r.scan)
	if err != nil {
		r.dropped++
		return "", nil
	}
	return r.scan(name), changed
}

// visitor goes through all texts of a snapshot.
type visitor struct {
	text    func(rule fieldRule, text string) string
	unknown func(name string, raw []byte) (newName string, newRaw []byte) // nil to drop it
	change  bool
}

func (w *visitor) visit(s *shape, v reflect.Value, rule fieldRule) {
	if rule.form == droppedText {
		if w.change {
			v.SetZero()
		}
		return
	}
	if s.pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	switch s.form {
	case object:
		w.object(s, v)
	case list:
		for i := range v.Len() {
			w.visit(s.elem, v.Index(i), rule)
		}
	case dictionary:
		w.dictionary(v, rule)
	case open:
		if changed, err := rewriteJSON(v.Bytes(), func(text string) string { return w.text(rule, text) }); err == nil && w.change && len(changed) > 0 {
			v.SetBytes(changed)
		}
	case text:
		if changed := w.text(rule, v.String()); w.change {
			v.SetString(changed)
		}
	}
}

func (w *visitor) object(s *shape, v reflect.Value) {
	typ := v.Type().Name()
	about := aboutWhom(typ, v)
	for _, f := range s.fields {
		rule := ruleOf(typ, f.name)
		if about != scannedText && f.name != "Name" && f.name != "Field" {
			rule = fieldRule{form: about}
		}
		w.visit(f.shape, v.Field(f.index), rule)
	}
	if s.extra < 0 || v.Field(s.extra).Len() == 0 {
		return
	}
	extra := v.Field(s.extra).Interface().(Extra)
	changed := Extra{}
	for _, name := range sortedKeys(extra) {
		if newName, raw := w.unknown(name, extra[name]); raw != nil && s.find([]byte(newName)) < 0 {
			changed[newName] = raw
		}
	}
	if w.change {
		v.Field(s.extra).Set(reflect.ValueOf(changed))
	}
}

// aboutWhom is the form of the values that a record compares who did something, or from where, with; or what happened.
func aboutWhom(typ string, v reflect.Value) textForm {
	switch typ {
	case "Dimension":
		name := v.FieldByName("Name").String()
		switch {
		case constantWord().MatchString(name):
			return wordText
		case identityWord().MatchString(name):
			return identityText
		}
	case "AdvancedFieldSelector":
		selector := v.FieldByName("Field").String()
		switch {
		case closedSelector().MatchString(selector):
			return wordText
		case identityWord().MatchString(selector) && !strings.HasPrefix(selector, "resources."):
			return identityText
		}
	}
	return scannedText
}

func (w *visitor) dictionary(v reflect.Value, rule fieldRule) {
	changed := map[string]string{}
	for _, key := range v.MapKeys() {
		one, name := rule, fieldRule{}
		if rule.form == paramText {
			name.form = constantText
		} else if strings.HasPrefix(v.MapIndex(key).String(), "$") {
			one.form = constantText // a selector
		}
		if kind, ok := paramNames[key.String()]; ok && rule.form == paramText {
			one = fieldRule{namedText, kind}
		}
		changed[w.text(name, key.String())] = w.text(one, v.MapIndex(key).String())
	}
	if w.change && !v.IsNil() {
		v.Set(reflect.ValueOf(changed))
	}
}
