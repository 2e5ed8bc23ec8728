package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"

	"github.com/rogpeppe/go-internal/testscript"
)

// writeBundle is the scripts' command "bundle FILE DIR [SECRET]": the files of DIR as an OPA bundle, signed with the text of the file
// SECRET (HS256), if there is one.
func writeBundle(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: bundle FILE DIR [SECRET]")
	}
	files := map[string]string{}
	tree := os.DirFS(ts.MkAbs(args[1]))
	ts.Check(fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(tree, name)
		files[name] = string(text)
		return err
	}))
	if len(args) == 3 {
		files[".signatures.json"] = signatureOf(ts, files, ts.ReadFile(args[2]))
	}
	var archive bytes.Buffer
	packed := gzip.NewWriter(&archive)
	w := tar.NewWriter(packed)
	for name, text := range files {
		ts.Check(w.WriteHeader(&tar.Header{Name: "/" + name, Mode: 0o600, Size: int64(len(text)), Typeflag: tar.TypeReg}))
		_, err := w.Write([]byte(text))
		ts.Check(err)
	}
	ts.Check(w.Close())
	ts.Check(packed.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), archive.Bytes(), 0o600))
}

// signatureOf signs files none of which is JSON or YAML: OPA would hash what these mean.
func signatureOf(ts *testscript.TestScript, files map[string]string, secret string) string {
	type file struct {
		Name      string `json:"name"`
		Hash      string `json:"hash"`
		Algorithm string `json:"algorithm"`
	}
	var signed struct {
		Files []file `json:"files"`
	}
	for name, text := range files {
		sum := sha256.Sum256([]byte(text))
		signed.Files = append(signed.Files, file{name, hex.EncodeToString(sum[:]), "SHA-256"})
	}
	payload, err := json.Marshal(signed)
	ts.Check(err)
	encode := base64.RawURLEncoding.EncodeToString
	token := encode([]byte(`{"alg":"HS256"}`)) + "." + encode(payload)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(token))
	text, err := json.Marshal(map[string][]string{"signatures": {token + "." + encode(mac.Sum(nil))}})
	ts.Check(err)
	return string(text)
}
