package evaluator

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestWriteBundle(t *testing.T) {
	source := Source{Name: "mine", FS: fstest.MapFS{
		"a/b.rego":        {Data: []byte("package mine.a.b\n\nverdict := data.limits.word\n")},
		"a/a.rego":        {Data: []byte("package mine.a\n\nx := 1\n")},
		"a/a_test.rego":   {Data: []byte("package mine.a_test\n")},
		"limits/data.yml": {Data: []byte("word: yes\n")},
	}}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	private := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	public := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	o := BundleOptions{Revision: "7", Key: private}
	archive, err := WriteBundle(source, o)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := WriteBundle(source, o); err != nil || !bytes.Equal(archive, again) {
		t.Errorf("got other bytes the second time, %v", err)
	}
	read, err := OpenBundle("mine.tar.gz", bytes.NewReader(archive), Verification{Key: public})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := *read.Bundle.manifest.Roots, []string{"limits", "mine/a"}; !slices.Equal(got, want) {
		t.Errorf("got roots %q, want %q", got, want)
	}
	files, err := regoFiles(read, true)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.path)
	}
	if want := []string{"a/a.rego", "a/b.rego"}; !slices.Equal(names, want) || read.Bundle.Revision != "7" || read.Bundle.Signed != "RS256" {
		t.Errorf("got %q, revision %q, signed %q; want %q, 7, RS256", names, read.Bundle.Revision, read.Bundle.Signed, want)
	}
}

func TestWriteBundleRefuses(t *testing.T) {
	for _, tt := range []struct{ name, file, text, want string }{
		{"no policies", "data.json", "{}", "mine: bundle policies: there are none"},
		{"no Rego", "a.rego", "package", "mine/a.rego:1: "},
		{"old Rego", "a.rego", "package a\n\ndeny[msg] { msg := 1 }\n", "mine/a.rego:3: "},
		{"bad data", "b/data.json", "[", "mine/"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tree := fstest.MapFS{tt.file: {Data: []byte(tt.text)}}
			if tt.name == "bad data" {
				tree["a.rego"] = &fstest.MapFile{Data: []byte("package a\n")}
			}
			_, err := WriteBundle(Source{Name: "mine", FS: tree}, BundleOptions{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
