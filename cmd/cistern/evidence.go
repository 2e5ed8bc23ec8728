package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator/evidence"
)

func newEvidenceCommand(std stdio) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "evidence",
		Short: "Bundle, sign and check the evidence of an audit",
		Long: `An evidence bundle is a folder or a zip archive that holds an audit whole: the snapshots, the policies that judged them, the report, and
a record of how it all came about. It can be checked without this program, and with it the report is made again. docs/evidence.md is its manual.`,
	}
	cmd.AddCommand(newEvidencePackCommand(std), newEvidenceSignCommand(std), newEvidenceVerifyCommand(std))
	return cmd
}

// thisTool is the program as a bundle names it.
func thisTool() evidence.Tool {
	tool := evidence.Tool{Name: "cistern", Version: version, Go: runtime.Version(), OPA: "unknown"}
	info, ok := debug.ReadBuildInfo()
	tool.Build = buildOf(info, ok)
	if ok {
		for _, module := range info.Deps {
			if module.Path == "github.com/open-policy-agent/opa" {
				tool.OPA = module.Version
			}
		}
	}
	return tool
}

// isArchive tells whether a bundle of that name is a zip archive, as it is on standard output; else it is a folder.
func isArchive(path string) bool {
	return path == "-" || strings.HasSuffix(strings.ToLower(path), ".zip")
}

// readBundle reads a bundle. The problems are the bundle's own; the error is a path that cannot be read.
func readBundle(path string) (b evidence.Bundle, folder bool, problems []evidence.Problem, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, false, nil, readable(err)
	}
	if info.IsDir() {
		b, problems, err = evidence.ReadFolder(os.DirFS(path))
		return b, true, problems, readable(err)
	}
	text, err := readArchive(path, info)
	if err != nil {
		return nil, false, nil, err
	}
	b, problems = evidence.ReadZip(text)
	return b, false, problems, nil
}

// readArchive reads a file that begins as an archive does; of another it reads that beginning alone.
func readArchive(path string, info os.FileInfo) ([]byte, error) {
	const most = 4 << 30
	large := usageError(fmt.Errorf("%s: read bundle: is larger than %d bytes", path, int64(most)), "")
	if info.Size() > most {
		return nil, large
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, readable(err)
	}
	defer file.Close()
	begin := make([]byte, len(archiveMark))
	n, err := io.ReadFull(file, begin)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, readable(err)
	}
	if string(begin[:n]) != archiveMark {
		return begin[:n], nil
	}
	rest, err := io.ReadAll(io.LimitReader(file, most+1))
	if err != nil {
		return nil, readable(err)
	}
	if len(rest)+n > most {
		return nil, large
	}
	return append(begin, rest...), nil
}

// archiveMark is how an archive begins.
const archiveMark = "PK\x03\x04"

// keyProblem turns an error of a key into wrong usage with its way out.
func keyProblem(err error) error {
	var key *evidence.KeyError
	if errors.As(err, &key) {
		return usageError(err, key.Hint)
	}
	return readable(err)
}

// readSecret reads a private key.
func readSecret(path string) (*evidence.Key, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, readable(err)
	}
	key, err := evidence.ReadKey(path, text)
	return key, keyProblem(err)
}

// readPublicKeys reads public keys.
func readPublicKeys(paths []string) ([]*evidence.PublicKey, error) {
	var keys []*evidence.PublicKey
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, readable(err)
		}
		key, err := evidence.ReadPublicKey(path, text)
		if err != nil {
			return nil, keyProblem(err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}
