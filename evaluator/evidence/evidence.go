// Package evidence makes, signs and checks evidence bundles: snapshots, the policies that judged them, the report, and a statement of
// how it all came about, in files that stand up without this program.
package evidence

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/snapshots"
)

// The files of a bundle that have a fixed name.
const (
	manifestFile   = "bundle.json"
	reportFile     = "report.json"
	pageFile       = "report.html"
	editionFile    = "edition.yaml"
	waiversFile    = "waivers.yaml"
	parametersFile = "parameters.yaml"
	sumsFile       = "SHA256SUMS"
	// StatementFile is the in-toto Statement, EnvelopeFile the signed envelope around it.
	StatementFile = "evidence.intoto.json"
	EnvelopeFile  = "evidence.dsse.json"

	snapshotFolder = "snapshots"
	policyFolder   = "policies"
	embeddedFolder = "policies/embedded"
	keyFile        = "policies/verification-key.pem"
)

// Bundle is the files of an evidence bundle, by their names in it.
type Bundle map[string][]byte

// names are those of the files, in order.
func (b Bundle) names() []string { return slices.Sorted(maps.Keys(b)) }

// tree is the files below a folder of the bundle as a file system.
func (b Bundle) tree(folder string) (fs.FS, error) {
	below := Bundle{}
	for name, text := range b {
		if rest, ok := strings.CutPrefix(name, folder+"/"); ok {
			below[rest] = text
		}
	}
	return below.reader()
}

// Contents are what a bundle is made of.
type Contents struct {
	Snapshots []*snapshots.Snapshot
	Embedded  fs.FS // the shipped policies and editions
	Own       []Policies
	Key       []byte // the public key that the bundles of Own are signed with; none if empty
	Edition   []byte // an edition that is in none of the policies
	Waivers   []byte
	// Parameters is the text of a parameters file.
	Parameters []byte
	Options    Options
	Tool       Tool
}

// Policies are a folder or an OPA bundle of the user's own.
type Policies struct {
	Name    string // what it is called in the bundle, after its number
	FS      fs.FS  // of a folder
	Archive []byte // of a bundle, as it was given
}

// NameError is a file that cannot lie in a bundle.
type NameError struct{ Name, Problem string }

func (e *NameError) Error() string { return fmt.Sprintf("%q: %s", e.Name, e.Problem) }

// Pack judges the snapshots and makes the bundle. What is judged are the files of the bundle themselves, under their names there, so that
// nothing of where they came from matters. The error may be any of evaluator's.
func Pack(ctx context.Context, c Contents) (Bundle, error) {
	b := Bundle{}
	m := &Manifest{Schema: ManifestSchema, Tool: c.Tool, Options: c.Options, Snapshots: []string{}, Policies: []PolicySource{}}
	if err := b.addSnapshots(m, c.Snapshots); err != nil {
		return nil, err
	}
	if err := b.addPolicies(m, c); err != nil {
		return nil, err
	}
	for _, file := range []struct {
		name  string
		text  []byte
		there *string
	}{{editionFile, c.Edition, &m.Edition}, {waiversFile, c.Waivers, &m.Waivers}, {parametersFile, c.Parameters, &m.Parameters}} {
		if file.text != nil {
			b[file.name], *file.there = file.text, file.name
		}
	}
	if problems := checkNames(b.names()); len(problems) > 0 {
		return nil, &NameError{problems[0].File, problems[0].Problem}
	}
	if problem := m.check(); problem != "" {
		return nil, fmt.Errorf("%s: %s", manifestFile, problem)
	}
	if err := b.derive(ctx, m); err != nil {
		return nil, err
	}
	return b, nil
}

// derive makes the files that follow from the others.
func (b Bundle) derive(ctx context.Context, m *Manifest) error {
	var err error
	if b[manifestFile], err = m.encode(); err != nil {
		return err
	}
	judged, err := b.judge(ctx, m)
	if err != nil {
		return err
	}
	b[reportFile], b[pageFile] = judged.json, judged.page
	if b[StatementFile], err = b.statement(m, judged); err != nil {
		return err
	}
	b[sumsFile] = b.sums()
	return nil
}

func (b Bundle) addSnapshots(m *Manifest, all []*snapshots.Snapshot) error {
	for _, s := range all {
		if !snapshots.IsAccountID(s.Account.ID) {
			return &NameError{s.Account.ID, "is no account's id"}
		}
		name := snapshotFolder + "/" + s.Account.ID + ".json"
		if _, twice := b[name]; twice {
			return &NameError{s.Account.ID, "there are two snapshots of this account"}
		}
		var err error
		if b[name], err = s.Canonical(); err != nil {
			return err
		}
		m.Snapshots = append(m.Snapshots, name)
	}
	slices.Sort(m.Snapshots)
	return nil
}

// addPolicies adds the shipped policies, or their editions alone, and the user's own.
func (b Bundle) addPolicies(m *Manifest, c Contents) error {
	wanted := judges
	if c.Options.NoEmbedded {
		wanted = isEdition
	}
	if err := b.addTree(embeddedFolder, c.Embedded, wanted); err != nil {
		return err
	}
	for i, own := range c.Own {
		name := fmt.Sprintf("%s/%d-%s", policyFolder, i+1, plainName(own.Name))
		source := PolicySource{Path: name, Kind: "folder"}
		if own.Archive != nil {
			source.Kind, b[name] = "bundle", own.Archive
		} else if err := b.addTree(name, own.FS, judges); err != nil {
			return err
		}
		m.Policies = append(m.Policies, source)
	}
	if c.Key != nil {
		b[keyFile] = c.Key
	}
	return nil
}

// addTree adds the files of a tree that judging reads.
func (b Bundle) addTree(folder string, from fs.FS, wanted func(name string) bool) error {
	return fs.WalkDir(from, ".", func(name string, entry fs.DirEntry, err error) error {
		hidden := name != "." && strings.HasPrefix(entry.Name(), ".")
		switch {
		case err != nil:
			return err
		case entry.IsDir() && hidden:
			return fs.SkipDir
		case entry.IsDir(), hidden, !wanted(name):
			return nil
		}
		b[path.Join(folder, name)], err = fs.ReadFile(from, name)
		return err
	})
}

// judges tells whether a file of policies has a say in a verdict: tests have none.
func judges(name string) bool {
	switch path.Base(name) {
	case "data.json", "data.yaml", "data.yml":
		return true
	}
	return strings.HasSuffix(name, ".rego") && !strings.HasSuffix(name, "_test.rego") || isEdition(name)
}

func isEdition(name string) bool {
	return path.Dir(name) == "benchmarks" && strings.HasSuffix(name, ".yaml")
}

// plainName is a name with letters, digits and a few signs only.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", r) {
			return r
		}
		return '-'
	}, name)
}

// evaluatorOptions are the options as the evaluator takes them.
func (b Bundle) evaluatorOptions(m *Manifest) (evaluator.Options, error) {
	o := evaluator.Options{
		Controls: m.Options.Controls, Level: m.Options.Level, NoRecords: m.Options.NoRecords,
		Timeout: time.Duration(m.Options.TimeoutMS) * time.Millisecond, Memory: m.Options.MemoryBytes,
		Parameters: map[string]any{}, Tool: m.Tool.inReport(),
	}
	var err error
	if m.Options.AsOf != "" {
		if o.AsOf, err = time.Parse(time.RFC3339, m.Options.AsOf); err != nil {
			return o, err
		}
	}
	if m.Parameters != "" {
		parameters, err := evaluator.ParseParameters(m.Parameters, b[m.Parameters])
		if err != nil {
			return o, err
		}
		if parameters != nil {
			o.Parameters = parameters
		}
	}
	if m.Options.MaxEvents > 0 {
		o.Parameters["max_events"] = m.Options.MaxEvents
	}
	if m.Waivers != "" {
		o.Waivers, err = evaluator.ParseWaivers(m.Waivers, b[m.Waivers])
	}
	return o, err
}
