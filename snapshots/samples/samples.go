// Package samples holds small snapshots of made-up accounts: one that meets every monitoring control, a fresh one that
// has nothing, and one for each way in which the chain from a trail to a person breaks. The files are written by the
// package's test from one account and one change each (go test ./snapshots/samples -run Golden -update).
package samples

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

//go:embed *.json
var files embed.FS

// FS holds the samples as canonical files, <name>.json.
func FS() fs.FS { return files }

// Names are the names of the samples, sorted: broken-..., compliant, empty.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic("samples: list: " + err.Error()) // embedded: cannot happen
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".json"))
	}
	slices.Sort(names)
	return names
}

// Read is the sample called name.
func Read(name string) (*snapshots.Snapshot, error) {
	f, err := files.Open(name + ".json")
	if err != nil {
		return nil, fmt.Errorf("sample %q: there is none; there are %s", name, strings.Join(Names(), ", "))
	}
	defer f.Close()
	return snapshots.Read(f)
}
