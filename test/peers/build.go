package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// built are the programs, and what they say of their versions.
type built struct {
	root, cistern, fleet, opa, conftest string
	versions                            map[string]string // by program
}

// The modules of the peers, of which go.mod says the versions.
const (
	opaModule      = "github.com/open-policy-agent/opa"
	conftestModule = "github.com/open-policy-agent/conftest"
)

// build makes every program from source: ours from the tree, the peers from their modules.
func (o *order) build(ctx context.Context) (*built, error) {
	bin := filepath.Join(o.root, "bin", "peers")
	here := filepath.Join(o.root, "test", "peers")
	b := &built{root: o.root, versions: map[string]string{}}
	for _, p := range []struct {
		into         *string
		name         string
		dir, program string
	}{
		{&b.cistern, "cistern", o.root, "./cmd/cistern"},
		{&b.fleet, "fleet", o.root, "./test/fleet"},
		{&b.opa, "opa", here, opaModule},
		{&b.conftest, "conftest", here, conftestModule},
	} {
		fmt.Fprintf(o.progress, "peers: build %s ...\n", p.name)
		*p.into = filepath.Join(bin, p.name)
		if _, err := said(ctx, p.dir, "go", "build", "-o", *p.into, p.program); err != nil {
			return nil, err
		}
	}
	for name, module := range map[string]string{"opa": opaModule, "conftest": conftestModule} {
		version, err := said(ctx, here, "go", "list", "-m", "-f", "{{.Version}}", module)
		if err != nil {
			return nil, err
		}
		b.versions[name] = strings.TrimSpace(version)
	}
	version, err := said(ctx, o.root, b.cistern, "version")
	if err != nil {
		return nil, err
	}
	b.versions["cistern"] = strings.TrimSpace(version)
	return b, nil
}

// said runs a command that must succeed, and is what it wrote to stdout.
func said(ctx context.Context, dir, name string, args ...string) (string, error) {
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, errs.Bytes())
	}
	return out.String(), nil
}
