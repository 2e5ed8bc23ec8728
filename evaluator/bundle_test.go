package evaluator

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
)

const bundled = `# METADATA
# custom: {control: ours, severity: low}
package mine.ours

verdict := {"status": "pass", "findings": [], "notes": [data.limits.word]}
`

// archived is a tar.gz of what write puts into it.
func archived(t *testing.T, write func(*tar.Writer)) []byte {
	t.Helper()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	w := tar.NewWriter(z)
	write(w)
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func put(w *tar.Writer, name, text string) {
	if w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text)), Typeflag: tar.TypeReg}) == nil {
		io.WriteString(w, text)
	}
}

// filesBundle is a bundle of files as they are.
func filesBundle(t *testing.T, files ...string) []byte {
	return archived(t, func(w *tar.Writer) {
		for i := 0; i < len(files); i += 2 {
			put(w, files[i], files[i+1])
		}
	})
}

// opaBundle is one as OPA writes it, signed if there is a key.
func opaBundle(t *testing.T, key string) []byte {
	t.Helper()
	b := bundle.Bundle{
		Manifest: bundle.Manifest{Revision: "7", Roots: &[]string{"mine", "limits"}, Metadata: map[string]any{"owner": "sec"}},
		Data:     map[string]any{"limits": map[string]any{"word": "from the bundle"}},
		Modules: []bundle.ModuleFile{{
			URL: "/mine/ours.rego", Path: "/mine/ours.rego", Raw: []byte(bundled),
			Parsed: ast.MustParseModuleWithOpts(bundled, ast.ParserOptions{RegoVersion: ast.RegoV1}),
		}},
	}
	if key != "" {
		if err := b.GenerateSignature(bundle.NewSigningConfig(key, "RS256", ""), "", false); err != nil {
			t.Fatal(err)
		}
	}
	var text bytes.Buffer
	if err := bundle.NewWriter(&text).DisableFormat(true).Write(b); err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}

// keyPair is a private key and the public one that belongs to it, in PEM.
func keyPair(t *testing.T) (private, public string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	text, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: text}))
}

func TestBundleIsASource(t *testing.T) {
	private, public := keyPair(t)
	source, err := OpenBundle("b.tar.gz", bytes.NewReader(opaBundle(t, private)), Verification{Key: public})
	if err != nil {
		t.Fatal(err)
	}
	if b := source.Bundle; b.Revision != "7" || b.Signed != "RS256" || b.Metadata["owner"] != "sec" {
		t.Errorf("got %+v, want revision 7, signed, of sec", b)
	}
	e, err := Compile(t.Context(), []Source{source})
	if err != nil {
		t.Fatal(err)
	}
	_, o := testRun(t, nil, testEdition)
	rep, err := e.Evaluate(t.Context(), []Input{{"a.json", sample(t, "compliant")}}, o)
	if err != nil {
		t.Fatal(err)
	}
	rows := rep.Accounts[0].Results
	if got := rows[len(rows)-1]; got.Control != "ours" || len(got.Notes) != 1 || got.Notes[0] != "from the bundle" {
		t.Errorf("got %+v, want the word of the data", got)
	}
	if got := rep.Policies.Sources[0]; got.String() != "b.tar.gz (bundle, revision 7, signed RS256): adds ours" {
		t.Errorf("got %s, want the bundle and what it adds", got)
	}
}

// changed is the archive with every file's text put through f, and files added.
func changed(t *testing.T, archive []byte, f func(name, text string) (string, bool), more ...string) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	return archived(t, func(w *tar.Writer) {
		for r := tar.NewReader(z); ; {
			header, err := r.Next()
			if err != nil {
				break
			}
			text, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			if now, keep := f(header.Name, string(text)); keep {
				put(w, header.Name, now)
			}
		}
		for i := 0; i < len(more); i += 2 {
			put(w, more[i], more[i+1])
		}
	})
}

func TestBundleSignature(t *testing.T) {
	private, public := keyPair(t)
	_, other := keyPair(t)
	signed := opaBundle(t, private)
	same := func(_, text string) (string, bool) { return text, true }
	cases := []struct {
		name    string
		archive []byte
		v       Verification
		want    string
	}{
		{"the right key", signed, Verification{Key: public}, ""},
		{"a key of that name", signed, Verification{Key: public, KeyID: "mine"}, ""},
		{"no key", signed, Verification{}, ""},
		{"not signed", opaBundle(t, ""), Verification{Key: public}, "verify signature: the bundle is not signed"},
		{"another key", signed, Verification{Key: other}, "verify signature: failed to verify JWT signature"},
		{"no key at all", signed, Verification{Key: "hello"}, "failed to parse PEM block"},
		{"another algorithm", signed, Verification{Key: public, Algorithm: "HS256"}, "failed to verify JWT signature"},
		{"an algorithm that is none", signed, Verification{Key: public, Algorithm: "none"}, "verify signature: "},
		{"another scope", signed, Verification{Key: public, Scope: "prod"}, "scope mismatch"},
		{"a file changed", changed(t, signed, func(_, text string) (string, bool) {
			return strings.Replace(text, "pass", "fail", 1), true
		}), Verification{Key: public}, "mine/ours.rego: digest mismatch"},
		{"data changed", changed(t, signed, func(_, text string) (string, bool) {
			return strings.Replace(text, "from the bundle", "from elsewhere", 1), true
		}), Verification{Key: public}, "data.json: digest mismatch"},
		{"a file added", changed(t, signed, same, "/mine/more.rego", "package mine.more"), Verification{Key: public}, "mine/more.rego not included in bundle signature"},
		{"a hidden file added", changed(t, signed, same, "/.x", "x"), Verification{Key: public}, ".x not included in bundle signature"},
		{"a file taken out", changed(t, signed, func(name, text string) (string, bool) {
			return text, !strings.HasSuffix(name, ".rego")
		}), Verification{Key: public}, "mine/ours.rego: was signed and is not there"},
		{"a signature elsewhere", changed(t, opaBundle(t, ""), same, "/mine/.signatures.json", "{}"), Verification{Key: public}, "is not signed"},
		{"a signature that is none", changed(t, opaBundle(t, ""), same, "/.signatures.json", "x"), Verification{Key: public}, ".signatures.json: "},
		{"an empty signature", changed(t, opaBundle(t, ""), same, "/.signatures.json", "{}"), Verification{Key: public}, "missing JWT"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := OpenBundle("b.tgz", bytes.NewReader(c.archive), c.v)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("got %v, want it read", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestBundleRefuses(t *testing.T) {
	entry := func(kind byte, name, link string) []byte {
		return archived(t, func(w *tar.Writer) { w.WriteHeader(&tar.Header{Name: name, Linkname: link, Typeflag: kind}) })
	}
	cases := []struct {
		name    string
		archive []byte
		want    string
	}{
		{"no archive", []byte("hello"), "is not a gzip archive"},
		{"nothing", nil, "is not a gzip archive"},
		{"half an archive", opaBundle(t, "")[:100], "unexpected EOF"},
		{"a symbolic link", entry(tar.TypeSymlink, "x.rego", "/etc/passwd"), "is a link or a device"},
		{"a hard link", entry(tar.TypeLink, "x.rego", "y.rego"), "is a link or a device"},
		{"a device", entry(tar.TypeChar, "x.rego", ""), "is a link or a device"},
		{"a way out", filesBundle(t, "../x.rego", "package x"), "is no name of a file below"},
		{"a way out in the middle", filesBundle(t, "/a/../../x.rego", "package x"), "is no name of a file below"},
		{"a name of Windows", filesBundle(t, `C:\x.rego`, "package x"), "is no name of a file below"},
		{"two slashes", filesBundle(t, "//x.rego", "package x"), "is no name of a file below"},
		{"a name with a line end", filesBundle(t, "x\ny.rego", "package x"), "is no name of a file below"},
		{"twice", filesBundle(t, "/x.rego", "package x", "x.rego", "package y"), "is in it twice"},
		{"a file and a folder", filesBundle(t, "x", "", "x/y.rego", "package y"), "is a file and a folder"},
		{"wasm", filesBundle(t, "/policy.wasm", "x"), "policy.wasm: is a compiled policy (wasm)"},
		{"a plan", filesBundle(t, "/plan.json", "{}"), "plan.json: is a compiled policy (plan)"},
		{"a delta", filesBundle(t, "/patch.json", `{"data": []}`), "patch.json: is a delta bundle"},
		{"no manifest", filesBundle(t, "/.manifest", "{"), "manifest"},
		{"data outside of the roots", filesBundle(t, "/.manifest", `{"roots": ["a"]}`, "/data.json", `{"b": 1}`), "do not permit data at path '/b'"},
		{"roots that overlap", filesBundle(t, "/.manifest", `{"roots": ["a", "a/b"]}`), "overlapped roots"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := OpenBundle("b.tgz", bytes.NewReader(c.archive), Verification{})
			var input *InputError
			if !errors.As(err, &input) || !strings.Contains(err.Error(), c.want) || input.File != "b.tgz" {
				t.Errorf("got %v, want b.tgz to be refused: %q", err, c.want)
			}
		})
	}
}

func TestBundleIsBounded(t *testing.T) {
	large := strings.Repeat("#", 5000)
	archive := filesBundle(t, "a.rego", large, "b.rego", large)
	wide := bounds{packed: 1 << 20, file: 1 << 20, total: 1 << 20, ratio: 1000, free: 1 << 20, files: 10}
	cases := []struct {
		name   string
		narrow func(*bounds)
		want   string
	}{
		{"all is well", func(*bounds) {}, ""},
		{"the archive", func(b *bounds) { b.packed = 50 }, "the archive is larger than 50 bytes"},
		{"one file", func(b *bounds) { b.file = 4999 }, `"a.rego" is larger than 4999 bytes`},
		{"all files", func(b *bounds) { b.total = 8000 }, "it unpacks to more than 8000 bytes"},
		{"the ratio", func(b *bounds) { b.ratio, b.free = 2, 0 }, "2 times its size"},
		{"their number", func(b *bounds) { b.files = 1 }, "it holds more than 1 files"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := wide
			c.narrow(&b)
			files, err := unpack(bytes.NewReader(archive), b)
			switch {
			case c.want == "" && (err != nil || len(files) != 2):
				t.Errorf("got %v, want two files", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestBundleManifestIsKept(t *testing.T) {
	const old = "package main\n\ndeny[msg] { msg := \"no\" }\n"
	cases := []struct{ name, manifest, policy, want string }{
		{"outside of the roots", `{"roots": ["other"]}`, bundled, "package mine.ours: is not below the roots of the bundle's manifest: other"},
		{"version 0", `{"rego_version": 0}`, old, ""},
		{"version 0 of one file", `{"rego_version": 1, "file_rego_versions": {"/mine/*.rego": 0}}`, old, ""},
		{"version 1", `{"rego_version": 1}`, old, "keyword is required"},
		{"a version that there is not", `{"rego_version": 9}`, old, "manifest has"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			source, err := OpenBundle("b.tgz", bytes.NewReader(filesBundle(t, "/.manifest", c.manifest, "/mine/x.rego", c.policy)), Verification{})
			var e *Engine
			if err == nil {
				e, err = Compile(t.Context(), []Source{source})
			}
			switch {
			case c.want == "" && (err != nil || len(e.Notes()) != 0):
				t.Errorf("got %v, want it compiled without a word", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
