package snapshots

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestRedactionDecidesEveryField wants a rule for each field that holds a text, and no rule for a field that is not there.
func TestRedactionDecidesEveryField(t *testing.T) {
	left := maps.Clone(fieldRules)
	var holds func(s *shape) bool
	holds = func(s *shape) bool {
		return s.form == text || s.form == dictionary || s.form == open || s.form == list && holds(s.elem)
	}
	for _, s := range shapes {
		for _, f := range s.fields {
			name := typeName(s) + "." + f.name
			if _, ok := fieldRules[name]; !ok && holds(f.shape) {
				t.Errorf("%s: got no rule, want one in redact_fields.go: may it hold what somebody must not see?", name)
			}
			delete(left, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		t.Errorf("%s: got a rule, want none: there is no such field", name)
	}
}

// originals are what no redacted snapshot may hold.
var originals = []string{
	"111122223333", "444455556666", "alice.jones", "BreakGlassRole", "bob@corp.test", "corp.test", "+15550100123", "hooks.corp.test", "acme-production",
	"o-exampleorgid", "AIDAEXAMPLEEXAMPLE12", "203.0.113.9", "11111111-2222-3333-4444-555555555555", "2001:db8:0:0:0:0:0:17", "vpce-0123456789abcdef0",
}

// nasty is all of them in one text, plain and in the disguises in which they may come.
func nasty() string {
	plain := "arn:aws:iam::111122223333:user/alice.jones arn:aws:sts::444455556666:assumed-role/BreakGlassRole/alice.jones " + strings.Join(originals, " ")
	escaped := strings.ReplaceAll(plain, "@", `\u0040`)
	quoted, err := json.Marshal(map[string]any{plain: []any{plain, "x"}, "id": 111122223333})
	if err != nil {
		panic(err)
	}
	return strings.Join([]string{
		plain, strings.ToUpper("alice.jones corp.test"), escaped, url.PathEscape(plain), url.QueryEscape("alice.jones@corp.test"),
		base64.StdEncoding.EncodeToString([]byte(plain)), base64.RawURLEncoding.EncodeToString([]byte("AIDAEXAMPLEEXAMPLE12 bob@corp.test")),
		"1111-2222-3333", "x111122223333x", "user=alice.jones,role=BreakGlassRole;", "acme-production/alice.jones:BreakGlassRole", string(quoted),
	}, " | ")
}

// TestNoOriginalSurvives puts originals into every text of a snapshot that has every field.
func TestNoOriginalSurvives(t *testing.T) {
	quoted, err := json.Marshal(map[string]string{"nasty": nasty()})
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{nasty(), string(quoted), strings.Join(originals, "\n"), "arn:aws:sns:us-east-1:111122223333:alice.jones"} {
		for name, o := range map[string]RedactOptions{
			"default": {}, "all names": {Names: RedactableNames()}, "nothing dropped": {KeepTexts: true, KeepUnknown: true},
			"all names, nothing dropped": {Names: RedactableNames(), KeepTexts: true, KeepUnknown: true},
		} {
			s := filled()
			soil(snapshotShape, reflect.ValueOf(s).Elem(), content)
			s.Schema, s.Account.ID = SchemaName, "111122223333"
			s.Account.Alias, s.Account.Organization.ID = Of("acme-production"), "o-exampleorgid"
			s.Collection.Caller.ARN = "arn:aws:sts::444455556666:assumed-role/BreakGlassRole/alice.jones"
			s.SNS.Subscriptions = append(s.SNS.Subscriptions, Subscription{Protocol: "https", Endpoint: "https://hooks.corp.test/x"},
				Subscription{Protocol: "email", Endpoint: "bob@corp.test"})
			r, err := NewRedactor([]byte("a key of a test that has more than 32 bytes"), o)
			if err != nil {
				t.Fatal(err)
			}
			r.Learn(s)
			redacted, err := r.Redact(s)
			if err != nil {
				t.Fatal(err)
			}
			data, err := redacted.Canonical()
			if err != nil {
				t.Fatal(err)
			}
			for _, original := range append([]string{"1111-2222-3333", "BREAKGLASS"}, originals...) {
				if at := surviving(string(data), original); at != "" {
					t.Errorf("%s: got %q after redaction in %s, want it nowhere", name, original, at)
				}
			}
		}
	}
}

// soil writes a text into every text of a value.
func soil(s *shape, v reflect.Value, content string) {
	if s.pointer {
		v = v.Elem()
	}
	quoted, err := json.Marshal(content)
	if err != nil {
		panic(err)
	}
	switch s.form {
	case object:
		for _, f := range s.fields {
			soil(f.shape, v.Field(f.index), content)
		}
		if s.extra >= 0 {
			v.Field(s.extra).Set(reflect.ValueOf(Extra{"Strange": quoted, "Strange " + content: []byte("[111122223333]")}))
		}
	case list:
		soil(s.elem, v.Index(0), content)
	case dictionary:
		v.Set(reflect.ValueOf(map[string]string{content: content}))
	case open:
		v.SetBytes(fmt.Appendf(nil, `{"x": %s}`, quoted))
	case text:
		v.SetString(content)
	}
}

var tokens = regexp.MustCompile(`[A-Za-z0-9+/_-]{12,}`)

// surviving is the line where an original stands in a text in any spelling, "" if nowhere.
func surviving(data, original string) string {
	for line := range strings.Lines(data) {
		line = strings.TrimSpace(line)
		folded := strings.ToLower(line)
		for _, form := range []string{original, url.PathEscape(original), url.QueryEscape(original), strings.ReplaceAll(original, "@", `\\u0040`)} {
			if i := strings.Index(folded, strings.ToLower(form)); i >= 0 {
				return line[:min(len(line), 30)] + " ... " + line[max(0, i-60):min(len(line), i+60)]
			}
		}
		for _, token := range tokens.FindAllString(line, -1) {
			for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
				if plain, err := e.DecodeString(token); err == nil && strings.Contains(string(plain), original) {
					return token
				}
			}
		}
	}
	return ""
}
