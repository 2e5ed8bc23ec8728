package evaluator

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
)

// BundleOptions is what a bundle says of itself, and the key that signs it. The zero value is one without a revision or signature.
type BundleOptions struct {
	Revision  string
	Key       string // a private key in PEM, or the secret of HS256; not signed if empty
	KeyID     string
	Algorithm string // RS256 if empty
}

// WriteBundle makes an OPA bundle of the policies and data files in a folder, without their tests, and without what they import from
// elsewhere: OPA's own build takes only what compiles by itself. Below its roots, the packages and data that are there, nothing else
// may lie. The same files give the same bytes.
func WriteBundle(source Source, o BundleOptions) ([]byte, error) {
	files, err := regoFiles(source, false)
	if err != nil {
		return nil, err
	}
	data, err := sourceFiles(source, isData)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, &InputError{File: source.Name, Problem: "bundle policies: there are none (*.rego)", Hint: "give the folder that holds the .rego files"}
	}
	b := bundle.Bundle{Manifest: bundle.Manifest{Revision: o.Revision}}
	b.Manifest.SetRegoVersion(ast.RegoV1)
	var roots []string
	for _, file := range files {
		p := readPolicy(source, file)
		if p.err == nil {
			p.err = p.old
		}
		if p.err != nil {
			return nil, fromOPA(file.name, p.err).orNil()
		}
		name := "/" + file.path
		b.Modules = append(b.Modules, bundle.ModuleFile{URL: name, Path: name, RelativePath: name, Raw: file.text, Parsed: p.module})
		roots = append(roots, strings.Join(packageNames(p.module), "/"))
	}
	var tree dataTree
	for _, file := range data {
		if _, err := tree.add(file); err != nil {
			return nil, err
		}
	}
	if b.Data = tree.root; b.Data == nil {
		b.Data = map[string]any{}
	}
	for name := range b.Data {
		roots = append(roots, name)
	}
	roots = outermost(roots)
	b.Manifest.Roots = &roots
	return o.write(source, b)
}

// write signs the bundle if there is a key, and writes it.
func (o BundleOptions) write(source Source, b bundle.Bundle) ([]byte, error) {
	if o.Key != "" {
		config := bundle.NewSigningConfig(o.Key, o.Algorithm, "")
		if err := b.GenerateSignature(config, o.KeyID, true); err != nil {
			return nil, &InputError{
				File: source.Name, Problem: fmt.Sprintf("sign bundle by %s: %v", config.Algorithm, err),
				Hint: "--signing-key is a private key in PEM, --signing-alg what it is for: RS256, ES256, or HS256 of a secret",
			}
		}
	}
	var text bytes.Buffer
	err := bundle.NewWriter(&text).UseModulePath(true).DisableFormat(true).Write(b)
	return text.Bytes(), err
}

// outermost are the paths that lie below none of the others, sorted.
func outermost(paths []string) []string {
	all := map[string]bool{}
	for _, p := range paths {
		all[p] = true
	}
	maps.DeleteFunc(all, func(p string, _ bool) bool {
		for above := path.Dir(p); above != "."; above = path.Dir(above) {
			if slices.Contains(paths, above) {
				return true
			}
		}
		return false
	})
	return slices.Sorted(maps.Keys(all))
}
