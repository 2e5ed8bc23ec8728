package fakeaws

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/cistern-audit/cistern/snapshots"
)

// object is a JSON object of an answer.
type object map[string]any

func (r *request) jsonKind() string {
	switch r.service.protocol {
	case json10:
		return "application/x-amz-json-1.0"
	case restJSON:
		return "application/json"
	}
	return "application/x-amz-json-1.1"
}

func (r *request) jsonAnswer(value any) *answer {
	body, err := json.Marshal(value)
	if err != nil {
		return r.refused(fmt.Errorf("write the answer: %w", err))
	}
	return &answer{status: 200, kind: r.jsonKind(), head: body}
}

func (r *request) jsonRefusal(refused *refusal) *answer {
	a := &answer{status: refused.status, kind: r.jsonKind(), headers: map[string]string{}}
	fields := object{"__type": r.service.shapes + refused.code, "message": refused.message}
	switch {
	case r.service.protocol == restJSON:
		// AWS adds where the error is documented.
		a.headers["x-amzn-ErrorType"] = refused.code + ":http://internal.amazon.com/coral/com.amazonaws." + r.service.name + "/"
		fields = object{"Message": refused.message, "message": refused.message, "Code": refused.code}
	case r.service.name == "cloudwatch": // which spoke query once, and tells the codes of then
		a.headers["x-amzn-query-error"] = refused.code + ";Sender"
	}
	a.head, _ = json.Marshal(fields)
	return a
}

// wire is a record as its service sends it: without what cistern adds to it and the fields that are left out, and with
// times in seconds since 1970.
func wire(record any, leftOut ...string) (object, error) {
	text, err := snapshots.Marshal(record)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	fields := object{}
	if err := d.Decode(&fields); err != nil {
		return nil, err
	}
	delete(fields, "region")
	for _, name := range leftOut {
		delete(fields, name)
	}
	for _, name := range moments(reflect.TypeOf(record)) {
		text, ok := fields[name].(string)
		if !ok {
			continue
		}
		t, err := snapshots.ParseTime(text)
		if err != nil {
			return nil, err
		}
		fields[name] = seconds(t.Time)
	}
	return fields, nil
}

// moments are the names of a record's fields that are times.
func moments(record reflect.Type) []string {
	var names []string
	for i := range record.NumField() {
		f := record.Field(i)
		if f.Type == reflect.TypeFor[*snapshots.Time]() || f.Type == reflect.TypeFor[snapshots.Time]() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	return names
}

// seconds is a moment as JSON protocols write it: seconds since 1970, with as many decimals as it needs.
func seconds(t time.Time) json.Number {
	text := fmt.Sprintf("%d", t.Unix())
	if nanos := t.Nanosecond(); nanos != 0 {
		text += strings.TrimRight(fmt.Sprintf(".%09d", nanos), "0")
	}
	return json.Number(text)
}

// wired is a list of records as their service sends them.
func wired[T any](records []T, leftOut ...string) ([]object, error) {
	list := make([]object, 0, len(records))
	for _, record := range records {
		fields, err := wire(record, leftOut...)
		if err != nil {
			return nil, err
		}
		list = append(list, fields)
	}
	return list, nil
}

// where is the records of a list for which keep holds.
func where[T any](records []T, keep func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(records), func(record T) bool { return !keep(record) })
}
