package evaluator

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
)

// Bundle is what an OPA bundle says of itself.
type Bundle struct {
	Revision string
	Signed   string         // the algorithm of the signature that was verified, "" if none was
	Metadata map[string]any // of the manifest
	manifest bundle.Manifest
	unread   bool // it has a signature, and there was no key
}

// Verification is the key with which bundles must be signed. The zero value asks for no signature.
type Verification struct {
	Key       string // a public key or certificate in PEM, or the secret of HS256
	KeyID     string // taken as the key's name; that of the signature does not matter
	Algorithm string // RS256 if empty
	Scope     string // the signature's scope must be this
}

// signatures is the file that signs the others.
const signatures = ".signatures.json"

// OpenSource is the policies at a path of the file system: a folder, or an OPA bundle. With a key there must be a signature.
func OpenSource(name string, v Verification) (Source, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return Source{}, err
	case info.IsDir() && v.Key != "":
		return Source{}, &InputError{File: name, Problem: "verify signature: is a folder, and only bundles are signed", Hint: "make one with cistern policy bundle " + name + " --signing-key KEY.pem"}
	case info.IsDir():
		return Source{Name: name, FS: os.DirFS(name)}, nil
	case !isBundle(name):
		return Source{}, &InputError{File: name, Problem: "read policies: is neither a folder nor a bundle (.tar.gz)", Hint: "give the folder that holds the .rego files"}
	}
	file, err := os.Open(name)
	if err != nil {
		return Source{}, err
	}
	defer file.Close()
	return OpenBundle(name, file, v)
}

func isBundle(name string) bool {
	return strings.HasSuffix(name, ".tar.gz") || strings.HasSuffix(name, ".tgz")
}

// OpenBundle reads an OPA bundle, as `opa build` writes it. name is its name in errors. Nothing is written to disk; an archive that is
// too large, or that holds what is no plain file, is refused.
func OpenBundle(name string, archive io.Reader, v Verification) (Source, error) {
	wrong := func(problem, hint string) (Source, error) {
		return Source{}, &InputError{File: name, Problem: problem, Hint: hint}
	}
	files, err := unpack(archive, archiveBounds)
	if err != nil {
		return wrong("read bundle: "+err.Error(), "cistern policy bundle writes bundles")
	}
	if problem, hint := unsupported(files); problem != "" {
		return wrong("read bundle: "+problem, hint)
	}
	b := &Bundle{}
	if v.Key != "" {
		if problem, hint := v.verify(files); problem != "" {
			return wrong("verify signature: "+problem, hint)
		}
		b.Signed = v.algorithm()
	}
	_, signed := files[signatures]
	b.unread = signed && v.Key == ""
	tree, err := treeOf(files)
	if err != nil {
		return wrong("read bundle: "+err.Error(), "")
	}
	if b.manifest, err = readManifest(tree); err != nil {
		return wrong("read bundle: "+err.Error(), "")
	}
	b.Revision, b.Metadata = b.manifest.Revision, b.manifest.Metadata
	return Source{Name: name, FS: tree, Bundle: b}, nil
}

// unsupported names what a bundle may hold and a policy of ours cannot be: compiled policies, and changes to another bundle.
func unsupported(files map[string][]byte) (problem, hint string) {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		switch path.Base(name) {
		case bundle.WasmFile:
			return name + ": is a compiled policy (wasm), which cannot be checked", "opa build without --target writes Rego"
		case bundle.PlanFile, bundle.PlanProtoFile:
			return name + ": is a compiled policy (plan), which cannot be checked", "opa build without --target writes Rego"
		case "patch.json":
			return name + ": is a delta bundle: it changes another one and says nothing by itself", "give the whole bundle"
		}
	}
	return "", ""
}

func (v Verification) algorithm() string {
	if v.Algorithm == "" {
		return "RS256"
	}
	return v.Algorithm
}

// verify checks that the files are those that were signed, no more and no fewer. It says what is wrong.
func (v Verification) verify(files map[string][]byte) (problem, hint string) {
	text, ok := files[signatures]
	if !ok {
		return "the bundle is not signed", "cistern policy bundle --signing-key KEY.pem signs it; without --verification-key it is read as it is"
	}
	var config bundle.SignaturesConfig
	if err := json.Unmarshal(text, &config); err != nil {
		return signatures + ": " + err.Error(), ""
	}
	id := v.KeyID
	if id == "" {
		id = "default"
	}
	keys := map[string]*bundle.KeyConfig{id: {Key: v.Key, Algorithm: v.algorithm(), Scope: v.Scope}}
	left, err := bundle.VerifyBundleSignature(config, bundle.NewVerificationConfig(keys, id, v.Scope, nil))
	if err != nil {
		return err.Error(), "is it the key that belongs to the one it was signed with, and its --signing-alg and --scope?"
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if name == signatures {
			continue
		}
		if err := bundle.VerifyBundleFile(name, *bytes.NewBuffer(files[name]), left); err != nil {
			return err.Error(), "the file was changed or added after the bundle was signed"
		}
	}
	if len(left) > 0 {
		return fmt.Sprintf("%s: was signed and is not there", slices.Min(slices.Collect(maps.Keys(left)))), "the file was taken out after the bundle was signed"
	}
	return "", ""
}

// readManifest reads the manifest and holds the data against it. The policies are read and held against it where they are parsed.
func readManifest(tree fs.FS) (bundle.Manifest, error) {
	loader, err := bundle.NewFSLoader(tree)
	if err != nil {
		return bundle.Manifest{}, err
	}
	loader = loader.WithFilter(func(name string, info fs.FileInfo, _ int) bool {
		return !info.IsDir() && path.Ext(name) == ".rego" || info.Name() == signatures
	})
	read, err := bundle.NewCustomReader(loader).WithSkipBundleVerification(true).Read()
	if err != nil {
		return bundle.Manifest{}, err
	}
	return read.Manifest, nil
}

// permits says what is wrong with a module that lies in the bundle: its package must be below the manifest's roots.
func (b *Bundle) permits(file string, module *ast.Module) PolicyErrors {
	if b == nil || b.manifest.Roots == nil || bundle.RootPathsContain(*b.manifest.Roots, strings.Join(packageNames(module), "/")) {
		return nil
	}
	return PolicyErrors{{
		File: file, Line: module.Package.Loc().Row,
		Problem: fmt.Sprintf("package %s: is not below the roots of the bundle's manifest: %s", strings.Join(packageNames(module), "."), strings.Join(*b.manifest.Roots, ", ")),
	}}
}

// version is the Rego version that the manifest gives a file, undefined if none does.
func (b *Bundle) version(file string) ast.RegoVersion {
	if b == nil || b.manifest.RegoVersion == nil && len(b.manifest.FileRegoVersions) == 0 {
		return ast.RegoUndefined
	}
	whole := bundle.Bundle{Manifest: b.manifest}
	version, err := whole.RegoVersionForFile("/"+file, ast.RegoUndefined)
	if err != nil {
		return ast.RegoUndefined
	}
	return version
}

// treeOf is the files as a tree. A zip archive in memory is one that the standard library has.
func treeOf(files map[string][]byte) (fs.FS, error) {
	var text bytes.Buffer
	w := zip.NewWriter(&text)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		entry, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			return nil, err
		}
		if _, err := entry.Write(files[name]); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return zip.NewReader(bytes.NewReader(text.Bytes()), int64(text.Len()))
}
