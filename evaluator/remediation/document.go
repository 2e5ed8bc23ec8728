package remediation

import (
	"bytes"
	"encoding/json"
)

// Object is a JSON object whose members keep their order. Texts in it may hold variables.
type Object []Member

// Member is one member of an object: a string, bool, float64, int64, Object, Document, or a slice of these.
type Member struct {
	Name  string
	Value any
}

// Document is an IAM policy document. As a member of a call it is a text that holds JSON.
type Document Object

// with is the object with one more member, unless value is nil or empty.
func (o Object) with(name string, value any) Object {
	switch v := value.(type) {
	case nil:
		return o
	case *string:
		if v == nil {
			return o
		}
		value = *v
	case *int64:
		if v == nil {
			return o
		}
		value = *v
	case *float64:
		if v == nil {
			return o
		}
		value = *v
	case *bool:
		if v == nil {
			return o
		}
		value = *v
	}
	return append(o, Member{name, value})
}

// Of is the value of a member; nil if there is none of that name.
func (o Object) Of(name string) any {
	for _, m := range o {
		if m.Name == name {
			return m.Value
		}
	}
	return nil
}

// MarshalJSON writes the members in their order.
func (o Object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := marshal(m.Name)
		if err != nil {
			return nil, err
		}
		value, err := marshal(m.Value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// JSON is the document as AWS takes it.
func (d Document) JSON() string {
	text, err := Object(d).MarshalJSON()
	if err != nil {
		return "{}" // of texts and lists only: cannot happen
	}
	return string(text)
}

// MarshalJSON writes the document as a text, for that is what a call's parameter is.
func (d Document) MarshalJSON() ([]byte, error) { return marshal(d.JSON()) }

// marshal is JSON without the escapes that are for HTML.
func marshal(value any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}
