package filterpattern

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// This file turns a model of the search into a CloudTrail record that a person recognises.

// witness is a record with the assigned values that the patterns themselves confirm; nil when there is none.
func (s *solver) witness(assigned []*class, required []*Pattern, insight bool) *Event {
	for _, c := range assigned {
		if c != nil && c.vague {
			return nil
		}
	}
	m := &model{p: s.p, assigned: assigned}
	for _, source := range m.sources() {
		// A type of event that goes with its name is tried before the one that the search came upon.
		for _, loose := range []string{"$.eventType", ""} {
			record := m.record(source, loose, insight)
			if record == nil {
				continue
			}
			if e := NewEvent(m.write(record)); s.confirms(e, required) {
				return e
			}
		}
	}
	return nil
}

// record is a record with the assigned values, but for that of the loose field, and the source; nil if there is none.
func (m *model) record(source, loose string, insight bool) map[string]any {
	record := newRecord(m.text(eventNameField), source, m.text("$.userIdentity.type"), m.text("$.errorCode"), m.text("$.errorMessage"))
	if insight {
		record = insightRecord()
	}
	if !m.apply(record, loose) {
		return nil
	}
	if _, there := record["eventSource"]; there {
		record["eventSource"] = source
	}
	if name, ok := record["eventName"].(string); ok && onlySource[name] != "" && onlySource[name] != record["eventSource"] {
		return nil // no such event
	}
	return record
}

// confirms holds an event against the patterns, all the required ones among them, under this reading.
func (s *solver) confirms(e *Event, required []*Pattern) bool {
	match := func(p *Pattern) Truth { return p.program(s.r).match(e) }
	for _, p := range required {
		if match(p) != Yes {
			return false
		}
	}
	if s.q.Scope != nil && match(s.q.Scope) != Yes {
		return false
	}
	for _, p := range s.q.Except {
		if match(p) != No {
			return false
		}
	}
	for _, p := range s.q.Deployed {
		if p.form == Space && p.matchesRecord() != No || p.form != Space && p.program(s.q.deployedReading(s.r)).match(e) != No {
			return false
		}
	}
	return true
}

// model is an assignment, seen as values at selectors.
type model struct {
	p        *problem
	assigned []*class
}

// class is what is assigned at a selector; nil if nothing is.
func (m *model) class(name string) *class {
	if v, ok := m.p.byName[varKey{pathVar, name}]; ok {
		return m.assigned[v]
	}
	return nil
}

// text is the string assigned at a selector; "" if none is.
func (m *model) text(name string) string {
	if c := m.class(name); c != nil && c.shape == str {
		return c.text
	}
	return ""
}

// sources are the event sources to try: those that use the event name, as far as they would do as well, then the
// assigned one.
func (m *model) sources() []string {
	out := usualSources(m.text(eventNameField))
	if c := m.class("$.eventSource"); c != nil && c.shape == str {
		if slices.Contains(out, c.text) {
			return []string{c.text}
		}
		return append(out, c.text)
	}
	return append(out, "ec2.amazonaws.com")
}

// usualSources are the event sources that a name comes from, the most usual first.
func usualSources(name string) []string {
	if only, ok := onlySource[name]; ok {
		return []string{only}
	}
	var out []string
	for _, service := range strings.Fields(sharedNames[name]) {
		out = append(out, service+".amazonaws.com")
	}
	return out
}

// newRecord is a realistic record of the kind of event. Its ids are those of AWS's documentation.
func newRecord(name, source, identity, errorCode, errorMessage string) map[string]any {
	if source == "" {
		source = "ec2.amazonaws.com"
	}
	if name == "" {
		name = "RunInstances"
	}
	record := map[string]any{
		"eventVersion": "1.09", "userIdentity": newIdentity(identity), "eventTime": "2026-01-15T12:00:00Z",
		"eventSource": source, "eventName": name, "awsRegion": "us-east-1", "sourceIPAddress": "203.0.113.10",
		"userAgent": "aws-cli/2.17.0", "requestParameters": nil, "responseElements": nil,
		"requestID": "6f1b2c3d-1111-4222-8333-444455556666", "eventID": "0a1b2c3d-5555-4666-8777-888899990000",
		"readOnly": false, "eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": "111122223333",
		"eventCategory": "Management",
	}
	if errorCode != "" {
		record["errorCode"] = errorCode
		record["errorMessage"] = "User is not authorized to perform: " + strings.TrimSuffix(source, ".amazonaws.com") + ":" + name
	}
	if name == "ConsoleLogin" {
		outcome := "Success"
		if errorMessage != "" {
			outcome = "Failure"
			record["errorMessage"] = errorMessage
		}
		record["eventType"] = "AwsConsoleSignIn"
		record["userAgent"] = "Mozilla/5.0"
		record["responseElements"] = map[string]any{"ConsoleLogin": outcome}
		record["additionalEventData"] = map[string]any{"LoginTo": "https://console.aws.amazon.com/console/home", "MobileVersion": "No", "MFAUsed": "No"}
		delete(record, "requestID")
		if who, ok := record["userIdentity"].(map[string]any); ok {
			delete(who, "accessKeyId")
		}
	}
	return record
}

// usuallyThere tells whether a record of an API call or of a console sign-in has the field.
func usuallyThere(sel selector) bool {
	for _, record := range usualRecords() {
		if _, there := lookup(record, sel); there {
			return true
		}
	}
	return false
}

// usualRecords are not to be written to.
var usualRecords = sync.OnceValue(func() []map[string]any {
	return []map[string]any{newRecord("", "", "", "", ""), newRecord("ConsoleLogin", "", "", "", "")}
})

func newIdentity(kind string) map[string]any {
	who := map[string]any{"type": kind, "accountId": "111122223333"}
	switch kind {
	case "", "IAMUser":
		who["type"] = "IAMUser"
		who["principalId"], who["arn"] = "AIDACKCEVSQ6C2EXAMPLE", "arn:aws:iam::111122223333:user/alice"
		who["accessKeyId"], who["userName"] = "AKIAIOSFODNN7EXAMPLE", "alice"
	case "Root":
		who["principalId"], who["arn"] = "111122223333", "arn:aws:iam::111122223333:root"
	case "AssumedRole":
		who["principalId"], who["arn"] = "AROACKCEVSQ6C2EXAMPLE:alice", "arn:aws:sts::111122223333:assumed-role/Admin/alice"
		who["accessKeyId"] = "ASIAIOSFODNN7EXAMPLE"
		who["sessionContext"] = map[string]any{
			"sessionIssuer": map[string]any{"type": "Role", "principalId": "AROACKCEVSQ6C2EXAMPLE",
				"arn": "arn:aws:iam::111122223333:role/Admin", "accountId": "111122223333", "userName": "Admin"},
			"attributes": map[string]any{"creationDate": "2026-01-15T11:00:00Z", "mfaAuthenticated": "false"},
		}
	case "AWSService":
		return map[string]any{"type": kind, "invokedBy": "cloudformation.amazonaws.com"}
	}
	return who
}

func insightRecord() map[string]any {
	return map[string]any{
		"eventVersion": "1.09", "eventTime": "2026-01-15T12:00:00Z", "awsRegion": "us-east-1", "eventType": "AwsCloudTrailInsight",
		"eventID": "0a1b2c3d-5555-4666-8777-888899990000", "recipientAccountId": "111122223333", "eventCategory": "Insight",
		"sharedEventID": "1b2c3d4e-5555-4666-8777-888899990000",
	}
}

// apply writes the assigned values into the record, but for that of the loose field, those nearest to the root first. It is
// false when they do not fit.
func (m *model) apply(record map[string]any, loose string) bool {
	var order []int
	for i, c := range m.assigned {
		if c != nil && m.p.vars[i].kind != messageVar && m.p.vars[i].name != loose {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := &m.p.vars[a], &m.p.vars[b]
		if d := len(x.sel) - len(y.sel); d != 0 {
			return d
		}
		return int(x.kind) - int(y.kind)
	})
	var root any = record
	for _, i := range order {
		v, c := &m.p.vars[i], m.assigned[i]
		ok := true
		if v.kind == wildcardVar {
			root, ok = placeSelection(root, v.sel, c)
		} else {
			root, ok = place(root, v.sel, c)
		}
		if !ok {
			return false
		}
	}
	for _, i := range order { // children may have been put into a list that must hold a null
		if c := m.assigned[i]; c.shape == listWithNull && m.p.vars[i].kind == pathVar {
			if v, ok := lookup(root, m.p.vars[i].sel); !ok || !hasNull(v) {
				return false
			}
		}
	}
	return true
}

// place sets what stands at the steps below v to a member of the class and returns v, or what takes its place.
func place(v any, steps []step, c *class) (any, bool) {
	if len(steps) == 0 {
		return c.value(v), true
	}
	if c.shape == missing {
		return remove(v, steps), true
	}
	next, _ := child(v, steps[0])
	next, ok := place(next, steps[1:], c)
	if !ok {
		return nil, false
	}
	return put(v, steps[0], next)
}

// put sets the member of v that the step leads to, making v a container if it is none.
func put(v any, st step, member any) (any, bool) {
	if st.kind == stepKey {
		parent, ok := v.(map[string]any)
		if !ok {
			parent = map[string]any{}
		}
		parent[st.key] = member
		return parent, true
	}
	parent, _ := v.([]any)
	if st.index > maxIndex {
		return nil, false
	}
	withNull := hasNull(parent)
	for len(parent) <= st.index {
		parent = append(parent, "example")
	}
	parent[st.index] = member
	if withNull && !hasNull(parent) {
		parent = append(parent, nil)
	}
	return parent, true
}

// maxIndex bounds the arrays that an example may hold.
const maxIndex = 1000

func remove(v any, steps []step) any {
	next, ok := child(v, steps[0])
	switch {
	case !ok:
	case len(steps) > 1:
		remove(next, steps[1:])
	case steps[0].kind == stepKey:
		if parent, ok := v.(map[string]any); ok {
			delete(parent, steps[0].key)
		}
	default:
		if parent, ok := v.([]any); ok {
			return parent[:steps[0].index]
		}
	}
	return v
}

// value is a member of the class; old is what stands there now, which is kept when it is one.
func (c *class) value(old any) any {
	switch c.shape {
	case str:
		return c.text
	case num:
		return json.Number(c.text)
	case boolTrue, boolFalse:
		return c.shape == boolTrue
	case object:
		if _, ok := old.(map[string]any); ok {
			return old
		}
		return map[string]any{}
	case list:
		return []any{}
	case listWithNull:
		return []any{nil}
	}
	return nil
}

// placeSelection makes the wildcard of the selector select the members of the class and nothing else.
func placeSelection(v any, sel selector, c *class) (any, bool) {
	at := slices.IndexFunc(sel, func(st step) bool { return st.kind == stepWildcard })
	before, after := sel[:at], sel[at+1:]
	parent, present := lookup(v, before)
	if c.shape == missing {
		if at == 0 || !present {
			return v, at > 0
		}
		return remove(v, before), true
	}
	if len(c.members) == 0 && present {
		if _, isMap := parent.(map[string]any); !isMap || len(after) > 0 {
			return v, true
		}
	}
	if _, isContainer := parent.(map[string]any); !isContainer && at > 0 && allowed(before, false)&lists == 0 {
		parent = map[string]any{}
	}
	for i := range c.members {
		var element any
		element, ok := place(nil, after, &c.members[i])
		if !ok {
			return nil, false
		}
		switch p := parent.(type) {
		case map[string]any:
			p["example"+strconv.Itoa(i)] = element
		case []any:
			parent = append(p, element)
		default:
			parent = []any{element}
		}
	}
	if parent == nil && !present {
		parent = []any{}
	}
	if at == 0 {
		return v, true
	}
	return placeValue(v, before, parent)
}

func placeValue(v any, steps []step, value any) (any, bool) {
	if len(steps) == 0 {
		return value, true
	}
	next, _ := child(v, steps[0])
	next, ok := placeValue(next, steps[1:], value)
	if !ok {
		return nil, false
	}
	return put(v, steps[0], next)
}

// write is the record as CloudTrail writes it: one line, its own order of fields. What the message must hold besides is
// put into the user agent.
func (m *model) write(record map[string]any) json.RawMessage {
	text := writeRecord(record)
	var extra []string
	for _, i := range m.p.messages {
		v, c := &m.p.vars[i], m.assigned[i]
		if c != nil && c.truth[0] == Yes && v.found.kind == glob && v.found.matches(string(text)) != Yes {
			extra = append(extra, strings.Join(v.found.parts, ""))
		}
	}
	if len(extra) > 0 && m.class("$.userAgent") == nil {
		record["userAgent"] = strings.Join(extra, " ")
		text = writeRecord(record)
	}
	return text
}

// fieldOrder is the order in which CloudTrail writes the fields of a record and of its userIdentity; others follow by name.
var fieldOrder = []string{"eventVersion", "userIdentity", "type", "principalId", "arn", "accountId", "accessKeyId", "userName",
	"sessionContext", "sessionIssuer", "attributes", "invokedBy", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress",
	"userAgent", "errorCode", "errorMessage", "requestParameters", "responseElements", "additionalEventData", "requestID", "eventID",
	"readOnly", "resources", "eventType", "managementEvent", "recipientAccountId", "sharedEventID", "eventCategory"}

func writeRecord(record map[string]any) json.RawMessage {
	var b bytes.Buffer
	writeOrdered(&b, record)
	return b.Bytes()
}

func writeOrdered(b *bytes.Buffer, v any) {
	fields, ok := v.(map[string]any)
	if !ok {
		b.Write(compact(v))
		return
	}
	b.WriteByte('{')
	for i, k := range orderedKeys(fields) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(compact(k))
		b.WriteByte(':')
		writeOrdered(b, fields[k])
	}
	b.WriteByte('}')
}

func orderedKeys(fields map[string]any) []string {
	var known, others []string
	for _, k := range fieldOrder {
		if _, ok := fields[k]; ok {
			known = append(known, k)
		}
	}
	for k := range fields {
		if !slices.Contains(known, k) {
			others = append(others, k)
		}
	}
	slices.Sort(others)
	return append(known, others...)
}

// compact is the JSON of a value without HTML escapes.
func compact(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil { // strings, numbers, lists and maps of them always encode
		return []byte("null")
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
