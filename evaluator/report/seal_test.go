package report

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

// sealedPart is a part with two accounts as it is written.
func sealedPart(t *testing.T) string {
	t.Helper()
	file, err := os.Open("testdata/versions/v1-shard.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	second := r.Accounts[0]
	second.Account = "222233334444"
	r.Accounts = append(r.Accounts, second)
	for _, status := range Statuses {
		r.Summary.AddN(status, second.Summary.Count(status))
	}
	if err := r.Stream().Seal(); err != nil {
		t.Fatal(err)
	}
	return string(written(t, "json", r, Style{}))
}

// drain reads a part to its end, as merging does: one that says nothing of what it holds is none.
func drain(text string) error {
	r, err := NewReader(strings.NewReader(text))
	if err == nil && !r.Head.Shard.sealed() {
		return errors.New("is not sealed")
	}
	for err == nil {
		_, err = r.Next()
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func TestAPartIsWhatWasWritten(t *testing.T) {
	text := sealedPart(t)
	if err := drain(text); err != nil {
		t.Fatalf("got %v, want a part", err)
	}
	if _, err := Read(strings.NewReader(text)); err != nil {
		t.Errorf("got %v, want a part", err)
	}
	lines := strings.SplitAfter(text, "\n")
	for i := range lines[:len(lines)-1] {
		if err := drain(strings.Join(lines[:i], "")); err == nil {
			t.Errorf("got no error for a part that is cut off before line %d, want one", i+1)
		}
		if err := drain(strings.Join(lines[:i], "") + strings.Join(lines[i+1:], "")); err == nil {
			t.Errorf("got no error for a part without line %d, %q, want one", i+1, lines[i])
		}
	}
	for i := range len(text) - 1 { // without its last line break, it is whole
		if err := drain(text[:i]); err == nil {
			t.Errorf("got no error for the first %d bytes of a part, want one", i)
		}
	}
	// A letter of a text is changed, wherever it stands.
	changed := 0
	for i, c := range []byte(text) {
		if c != 'e' {
			continue
		}
		other := []byte(text)
		other[i] = 'a'
		if err := drain(string(other)); err == nil {
			t.Errorf("got no error for another letter at byte %d (%s), want one", i, text[max(0, i-20):min(len(text), i+20)])
		}
		changed++
	}
	if changed < 50 {
		t.Errorf("got %d letters changed, want many", changed)
	}
}

func TestWhatIsSaidOfAPartThatIsNotWhole(t *testing.T) {
	text := sealedPart(t)
	accounts := strings.Index(text, `"accounts": [`)
	first, second := accounts+strings.Index(text[accounts:], "\n    {"), accounts+strings.LastIndex(text[accounts:], ",\n    {\n      \"account\": \"222")
	for _, test := range []struct{ name, text, want string }{
		{"an account less", text[:first] + text[second+1:], "read report: /shard/accounts: is 2, and the file has 1"},
		{"an account more", text[:second] + "," + text[first:second] + text[second:], "read report: /accounts/1/account: "},
		{"and another", strings.Replace(text[:second]+","+text[first:second]+text[second:], "111122223333", "000011112222", 1), "read report: /shard/accounts: is 2, and the file has 3"},
		{"another name", strings.Replace(text, `"222233334444"`, `"222233334445"`, 1), "read report: /shard/digest: is sha256:"},
		{"another option", strings.Replace(text, `"controls": "root-usage"`, `"controls": "vpc-changes"`, 1), "read report: /shard/digest: is sha256:"},
		{"no accounts", strings.Replace(text, "  \"accounts\": [", "  \"account\": [", 1), "read report: /accounts: is absent"},
	} {
		err := drain(test.text)
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
			continue
		}
		var invalid *InvalidError
		if errors.As(err, &invalid) && strings.HasPrefix(invalid.Pointer, "/shard") && !strings.Contains(invalid.Hint, "--shard 2/7") {
			t.Errorf("%s: got the hint %q, want how to write it again", test.name, invalid.Hint)
		}
	}
	less := text[:first] + text[second+1:]
	if _, err := Read(strings.NewReader(less)); err == nil || !strings.Contains(err.Error(), "/shard/accounts") {
		t.Errorf("got %v, want an account missed when the part is read at once, too", err)
	}
}

// TestAPartOfNothing is sealed, too.
func TestAPartOfNothing(t *testing.T) {
	r, err := Read(strings.NewReader(sealedPart(t)))
	if err != nil {
		t.Fatal(err)
	}
	r.Accounts, r.Summary = []Account{}, Summary{}
	if err := r.Stream().Seal(); err != nil {
		t.Fatal(err)
	}
	text := written(t, "json", r, Style{})
	if err := drain(string(text)); err != nil || r.Shard.Accounts != 0 {
		t.Errorf("got %v of %d accounts, want a part of none", err, r.Shard.Accounts)
	}
	if err := drain(string(bytes.Replace(text, []byte(`"index": 2`), []byte(`"index": 3`), 1))); err == nil {
		t.Error("got no error for another number, want one")
	}
}
