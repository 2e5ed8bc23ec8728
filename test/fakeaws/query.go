package fakeaws

import (
	"bytes"
	"encoding/xml"
	"strings"
)

// markup is XML as it is written.
type markup struct{ bytes.Buffer }

// text writes an element that holds text.
func (m *markup) text(name, value string) {
	m.WriteString("<" + name + ">")
	_ = xml.EscapeText(m, []byte(value)) // a buffer takes it all
	m.WriteString("</" + name + ">")
}

// in writes an element that holds elements.
func (m *markup) in(name string, inner func()) {
	m.WriteString("<" + name + ">")
	inner()
	m.WriteString("</" + name + ">")
}

// mark stands where the request's id goes; no text of a document can hold it.
const mark = "<!---->"

func marked(status int, document *markup) *answer {
	head, tail, _ := strings.Cut(document.String(), mark)
	return &answer{status: status, kind: "text/xml", head: []byte(head), tail: []byte(tail), marked: true}
}

func (r *request) xmlAnswer(inner *markup) *answer {
	name := r.operation.name
	m := &markup{}
	m.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<" + name + `Response xmlns="` + r.service.namespace + `">`)
	if r.service.protocol == ec2Query {
		m.WriteString("<requestId>" + mark + "</requestId>")
		m.Write(inner.Bytes())
	} else {
		m.in(name+"Result", func() { m.Write(inner.Bytes()) })
		m.WriteString("<ResponseMetadata><RequestId>" + mark + "</RequestId></ResponseMetadata>")
	}
	m.WriteString("</" + name + "Response>")
	return marked(200, m)
}

func (r *request) xmlRefusal(refused *refusal) *answer {
	m := &markup{}
	m.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	if r.service.protocol == ec2Query {
		m.in("Response", func() {
			m.in("Errors", func() {
				m.in("Error", func() {
					m.text("Code", refused.code)
					m.text("Message", refused.message)
				})
			})
			m.WriteString("<RequestID>" + mark + "</RequestID>")
		})
		return marked(refused.status, m)
	}
	m.WriteString(`<ErrorResponse xmlns="` + r.service.namespace + `">`)
	m.in("Error", func() {
		m.text("Type", "Sender")
		m.text("Code", refused.code)
		m.text("Message", refused.message)
	})
	m.WriteString("<RequestId>" + mark + "</RequestId></ErrorResponse>")
	return marked(refused.status, m)
}
