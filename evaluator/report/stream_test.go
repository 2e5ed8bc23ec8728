package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"reflect"
	"strings"
	"testing"
)

// spooled is a report whose accounts are text that is read whenever they are asked for.
func spooled(t *testing.T, r *Report) *Stream {
	t.Helper()
	s := &Stream{Head: &Report{}}
	*s.Head = *r
	s.Head.Accounts = nil
	var texts [][]byte
	for i := range r.Accounts {
		s.Briefs = append(s.Briefs, BriefOf(&r.Accounts[i]))
		text, err := MarshalAccount(&r.Accounts[i])
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	s.Texts = func(yield func([]byte, error) bool) {
		for _, text := range texts {
			if !yield(text, nil) {
				return
			}
		}
	}
	s.Accounts = ReadAccounts(s.Texts)
	return s
}

// TestAStreamIsWrittenAsTheWhole writes each report in every format, once with its accounts in memory and once as they come.
func TestAStreamIsWrittenAsTheWhole(t *testing.T) {
	unread := everything()
	unread.Unread = []Unread{{File: "a.json", Line: 3, Problem: "not JSON", Hint: "copy it again"}, {File: "b.json", Account: "444455556666", Pointer: "/x", Problem: "no list"}}
	for name, r := range map[string]*Report{
		"decided": everything(), "hostile": nastyReport(), "old": oldReport(t), "kept": kept(), "many": many(onePage + 1), "some": many(drawAll + 1), "unread": unread,
		"empty": {Schema: SchemaName, AsOf: "2026-01-05T11:00:00Z"},
	} {
		saved := written(t, "json", r, Style{})
		r, err := readAny(saved)
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range Formats() {
			want := written(t, format.Name, r, Style{Width: 100, Color: true})
			var got bytes.Buffer
			if err := WriteStream(&got, format.Name, spooled(t, r), Style{Width: 100, Color: true}); err != nil {
				t.Errorf("%s as %s: %v", name, format.Name, err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("%s as %s: got other bytes of the stream", name, format.Name)
			}
		}
		var whole, stream []Page
		for page, err := range HTMLPages(r.Stream()) {
			whole = append(whole, page)
			if err != nil {
				t.Error(err)
			}
		}
		for page, err := range HTMLPages(spooled(t, r)) {
			stream = append(stream, page)
			if err != nil {
				t.Error(err)
			}
		}
		for i := range whole {
			if i >= len(stream) || !bytes.Equal(whole[i].Content, stream[i].Content) {
				t.Errorf("%s: got another page %s of the stream", name, whole[i].Name)
			}
		}
	}
}

// TestFormsAreWrittenAsTheWhole writes reports of which nothing is at hand but accounts in the form of the format.
func TestFormsAreWrittenAsTheWhole(t *testing.T) {
	style := Style{Width: 100, Color: true}
	for name, r := range map[string]*Report{"decided": everything(), "hostile": nastyReport(), "old": oldReport(t), "kept": kept(), "many": many(mostColumns + 1)} {
		for _, format := range []string{"json", "jsonl", "text"} {
			form, ok := FormOf(format, r.AsOf, style)
			if !ok {
				t.Fatalf("%s: got no form", format)
			}
			s := spooled(t, r)
			s.Texts, s.Accounts = nil, nil
			s.Forms = func(asked Form) iter.Seq2[[]byte, error] {
				if asked != form {
					t.Errorf("%s: got %+v asked for, want %+v", format, asked, form)
				}
				return func(yield func([]byte, error) bool) {
					for i := range r.Accounts {
						if text, err := form.Account(&r.Accounts[i]); !yield(text, err) {
							return
						}
					}
				}
			}
			var got bytes.Buffer
			if err := WriteStream(&got, format, s, style); err != nil {
				t.Errorf("%s as %s: %v", name, format, err)
			}
			if want := written(t, format, r, style); !bytes.Equal(got.Bytes(), want) {
				t.Errorf("%s as %s: got other bytes of the forms", name, format)
			}
		}
	}
	for _, format := range []string{"csv", "none", ""} {
		form, ok := FormOf(format, "2026-01-05T11:00:00Z", style)
		if _, err := form.Account(&Account{}); ok || err == nil {
			t.Errorf("%q: got a form", format)
		}
	}
	if _, ok := FormOf("text", "", style); ok {
		t.Error("text: got a form of a report of no time")
	}
}

// TestPackedIsReadAsJSONIs holds the short form to the one that stands in a report.
func TestPackedIsReadAsJSONIs(t *testing.T) {
	for name, r := range map[string]*Report{"decided": everything(), "hostile": nastyReport(), "old": oldReport(t), "kept": kept()} {
		for i := range r.Accounts {
			long, err := MarshalAccount(&r.Accounts[i])
			if err != nil {
				t.Fatal(err)
			}
			short, err := Packed().Account(&r.Accounts[i])
			if err != nil {
				t.Fatal(err)
			}
			want, err := ReadAccount(long)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := ReadAccount(short); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: got %+v (%v), want %+v", name, got, err, want)
			}
		}
	}
}

// TestRecordsAreUsed writes each report with and without the records of its accounts.
func TestRecordsAreUsed(t *testing.T) {
	for _, format := range Formats() {
		r, style := everything(), Style{Width: 100, Verbose: true}
		chained, f := wholeChain()
		a := &r.Accounts[0]
		a.Records, a.Results[0].Findings = chained.Records, []Finding{*f}
		with := written(t, format.Name, r, style)
		a.Records = nil
		if got, want := !bytes.Equal(written(t, format.Name, r, style), with), UsesRecords(format.Name); got != want {
			t.Errorf("%s: got records used: %t, want %t", format.Name, got, want)
		}
	}
}

// readAny is Read without its checks, which a report that a test made up may not stand.
func readAny(text []byte) (*Report, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	r := &Report{}
	err := decoder.Decode(r)
	r.normalize()
	return r, err
}

// TestJSONIsWhatTheEncoderWrites holds the document that is put together to the one that is written at once.
func TestJSONIsWhatTheEncoderWrites(t *testing.T) {
	for name, r := range map[string]*Report{"decided": everything(), "hostile": nastyReport(), "many": many(30)} {
		var want bytes.Buffer
		if err := encode(&want, r, "  "); err != nil {
			t.Fatal(err)
		}
		if got := written(t, "json", r, Style{}); !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%s: got other bytes than those of the encoder", name)
		}
	}
}

func TestAStreamThatBreaks(t *testing.T) {
	gone := errors.New("the disk is gone")
	s := everything().Stream()
	s.Accounts = func(yield func(*Account, error) bool) { yield(nil, gone) }
	for _, format := range Formats() {
		if err := WriteStream(io.Discard, format.Name, s, Style{}); !errors.Is(err, gone) {
			t.Errorf("%s: got %v, want that the accounts could not be read", format.Name, err)
		}
	}
	broken := func(yield func([]byte, error) bool) { yield([]byte(`{"account": `), nil) }
	for a, err := range ReadAccounts(iter.Seq2[[]byte, error](broken)) {
		if err == nil {
			t.Errorf("got %+v, want an error", a)
		}
	}
}

// TestGoldenUnreadIsSeen wants the snapshots that could not be read in every format: nobody may take the report for one of all accounts.
func TestGoldenUnreadIsSeen(t *testing.T) {
	r := everything()
	r.Unread = []Unread{{File: "prod.json", Line: 3, Problem: "not JSON: a brace is missing", Hint: "copy it again"}}
	for _, format := range Formats() {
		text := string(written(t, format.Name, r, Style{}))
		flat := strings.NewReplacer("\n", "", " ", "", `\`, "", "&#8203;", "").Replace(text)
		if !strings.Contains(flat, "prod.json") || !strings.Contains(flat, "abraceismissing") {
			t.Errorf("%s: got no snapshot that could not be read, want prod.json and why", format.Name)
		}
	}
	golden(t, "unread.txt", written(t, "text", r, Style{Width: 80}))
}

// TestReaderReadsWhatReadReads goes over the saved reports of all versions account by account.
func TestReaderReadsWhatReadReads(t *testing.T) {
	for name, text := range versionFiles(t) {
		want, err := Read(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		reader, err := NewReader(bytes.NewReader(text))
		if err != nil {
			t.Errorf("%s: got %v, want the head", name, err)
			continue
		}
		got := *reader.Head
		for {
			a, err := reader.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got.Accounts = append(got.Accounts, *a)
		}
		if !reflect.DeepEqual(&got, want) {
			t.Errorf("%s: got another report than Read gives", name)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(old))
	f.Add([]byte(`{"schema": "cistern/report/v1", "accounts": [{}], "x": 1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		reader, err := NewReader(bytes.NewReader(text))
		for err == nil {
			_, err = reader.Next()
		}
		_, wrong := Read(bytes.NewReader(text))
		if errors.Is(err, io.EOF) && wrong != nil {
			t.Errorf("got a whole report, and Read says %v", wrong)
		}
	})
}
