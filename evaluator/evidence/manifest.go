package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// ManifestSchema is the contract that bundle.json keeps.
const ManifestSchema = "cistern/evidence/v1"

// Manifest is bundle.json: what is needed to judge again.
type Manifest struct {
	Schema     string         `json:"schema"`
	Tool       Tool           `json:"tool"`
	Options    Options        `json:"options"`
	Snapshots  []string       `json:"snapshots"`
	Policies   []PolicySource `json:"policies"` // the user's own, in the order in which they were given
	Edition    string         `json:"edition,omitempty"`
	Waivers    string         `json:"waivers,omitempty"`
	Parameters string         `json:"parameters,omitempty"`
}

// Tool is the program that made the bundle.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Go      string `json:"go"`
	OPA     string `json:"opa"`
	// Build is what the program was built of: the module's version or the commit, with +dirty if files were changed since.
	Build string `json:"build,omitempty"`
}

func (t Tool) inReport() report.Tool { return report.Tool{Name: t.Name, Version: t.Version} }

// Options are those of the evaluation that a bundle keeps.
type Options struct {
	Benchmark   string   `json:"benchmark"`       // the edition's id
	AsOf        string   `json:"as_of,omitempty"` // RFC 3339; when each snapshot was collected if empty
	Controls    []string `json:"controls,omitempty"`
	Level       int      `json:"level,omitempty"`
	MaxEvents   int      `json:"max_events,omitempty"`
	NoRecords   bool     `json:"no_records,omitempty"`
	NoEmbedded  bool     `json:"no_embedded,omitempty"` // only the user's own policies judge
	TimeoutMS   int64    `json:"timeout_ms"`
	MemoryBytes int64    `json:"memory_bytes"`
	// The key of the user's bundles.
	KeyID     string `json:"verification_key_id,omitempty"`
	Algorithm string `json:"signing_alg,omitempty"`
	Scope     string `json:"scope,omitempty"`
}

// PolicySource is one source of the user's own policies.
type PolicySource struct {
	Path string `json:"path"`
	Kind string `json:"kind"` // folder or bundle
}

// The most that a bundle may ask of who checks it.
const (
	MaxTimeout = time.Hour
	MaxMemory  = 64 << 30
)

func (m *Manifest) encode() ([]byte, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(m)
	return text.Bytes(), err
}

// NewerError is a bundle of a contract that this program does not know.
type NewerError struct{ Schema string }

func (e *NewerError) Error() string {
	return fmt.Sprintf("%s: schema %q is newer than this program knows", manifestFile, e.Schema)
}

// newer is a *NewerError if the bundle keeps a later contract than this program's; and not if its manifest is broken.
func (b Bundle) newer() error {
	if sums, _ := readSums(b[sumsFile]); sums[manifestFile] != digest(b[manifestFile]) {
		return nil
	}
	var m struct {
		Schema string `json:"schema"`
	}
	stem := strings.TrimRight(ManifestSchema, "0123456789")
	if json.Unmarshal(b[manifestFile], &m) != nil || !strings.HasPrefix(m.Schema, stem) {
		return nil
	}
	ours, _ := strconv.Atoi(strings.TrimPrefix(ManifestSchema, stem))
	if n, err := strconv.Atoi(strings.TrimPrefix(m.Schema, stem)); err != nil || n <= ours {
		return nil
	}
	return &NewerError{m.Schema}
}

// manifest reads bundle.json. It must be as it is written, to the byte.
func (b Bundle) manifest() (*Manifest, error) {
	text, ok := b[manifestFile]
	if !ok {
		return nil, errors.New("is not there")
	}
	m := &Manifest{}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(m); err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read: something follows it")
	}
	if m.Schema != ManifestSchema {
		return nil, fmt.Errorf("read: schema is %q, not %q", m.Schema, ManifestSchema)
	}
	if again, err := m.encode(); err != nil || !bytes.Equal(again, text) {
		return nil, fmt.Errorf("is not in its one form: differs %s", firstDifference(again, text))
	}
	if problem := m.check(); problem != "" {
		return nil, errors.New(problem)
	}
	return m, b.holds(m)
}

// check is what can be said of the manifest alone.
func (m *Manifest) check() string {
	switch {
	case m.Options.TimeoutMS <= 0 || m.Options.TimeoutMS > MaxTimeout.Milliseconds():
		return fmt.Sprintf("timeout: is %d ms, not from 1 ms to %v", m.Options.TimeoutMS, MaxTimeout)
	case m.Options.MemoryBytes <= 0 || m.Options.MemoryBytes > MaxMemory:
		return fmt.Sprintf("memory: is %d bytes, not from 1 to %d", m.Options.MemoryBytes, int64(MaxMemory))
	case !slices.IsSorted(m.Snapshots) || len(slices.Compact(slices.Clone(m.Snapshots))) != len(m.Snapshots):
		return "snapshots: are not in order, or named twice"
	case !slices.Contains([]string{"", editionFile}, m.Edition), !slices.Contains([]string{"", waiversFile}, m.Waivers), !slices.Contains([]string{"", parametersFile}, m.Parameters):
		return "names an edition, waivers or parameters that are none of a bundle"
	case strings.HasPrefix(m.Options.Algorithm, "HS"):
		return "signing-alg " + m.Options.Algorithm + ": its key is a secret, which must not lie in a bundle"
	}
	return ""
}

// holds checks that the bundle's files are those that the manifest names, and no others.
func (b Bundle) holds(m *Manifest) error {
	named := map[string]bool{manifestFile: true, reportFile: true, pageFile: true, StatementFile: true, EnvelopeFile: true, sumsFile: true}
	var folders []string
	for _, name := range []string{m.Edition, m.Waivers, m.Parameters} {
		named[name] = true
	}
	for _, name := range m.Snapshots {
		named[name] = path.Dir(name) == snapshotFolder
	}
	folders = append(folders, embeddedFolder+"/")
	for i, source := range m.Policies {
		switch prefix := fmt.Sprintf("%s/%d-", policyFolder, i+1); {
		case !strings.HasPrefix(source.Path, prefix), path.Dir(source.Path) != policyFolder:
			return fmt.Errorf("policies: %q does not begin with %s", source.Path, prefix)
		case source.Kind == "bundle":
			named[source.Path] = true
		case source.Kind == "folder":
			folders = append(folders, source.Path+"/")
		default:
			return fmt.Errorf("policies: %q is neither folder nor bundle but %q", source.Path, source.Kind)
		}
	}
	named[keyFile] = m.Options.Algorithm != ""
	for _, name := range b.names() {
		if !named[name] && !slices.ContainsFunc(folders, func(folder string) bool { return strings.HasPrefix(name, folder) }) {
			return fmt.Errorf("does not name %s, which is there", name)
		}
	}
	optional := map[string]bool{"": true, StatementFile: true, EnvelopeFile: true, sumsFile: true, reportFile: true, pageFile: true}
	for name, yes := range named {
		if _, there := b[name]; yes && !there && !optional[name] {
			return fmt.Errorf("names %s, which is not there", name)
		}
	}
	return nil
}
