package main

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/snapshots"
)

// redactFlags are what is redacted, by which key, and where it goes.
type redactFlags struct {
	output, key, newKey    string
	names                  []string
	keepTexts, keepUnknown bool
}

func newSnapshotRedactCommand(std stdio) *cobra.Command {
	f := &redactFlags{}
	cmd := &cobra.Command{
		Use:   "redact PATH...",
		Short: "Replace identities by pseudonyms, so that a snapshot can be shared or kept as a test",
		Long: `Replaces account ids, principals, subscribers' addresses and other identities by pseudonyms: the same text by the same
pseudonym wherever it stands, in every file that is redacted with the same key. The verdicts stay the same, and so do the links between accounts.
Descriptions and messages are replaced whole, fields that this version does not know are dropped. Names of resources are kept
unless --names says otherwise. docs/redact.md tells what becomes of each kind of text.

PATH is a snapshot (.json, .json.gz), a folder of them, or - for stdin. What belongs together is redacted together: what one file gives
away is then found in the others.`,
		Example: `  cistern snapshot redact --new-key redaction.key
  cistern snapshot redact prod.json --key redaction.key -o shared.json
  cistern snapshot redact snapshots/ --key redaction.key --names all -o shared/`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, paths []string) error {
			return f.run(std, paths)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.output, "output", "o", "-", "`FILE` to write (.gz is packed), or the folder for several snapshots; - is stdout")
	flags.StringVar(&f.key, "key", "", "`FILE` that holds the key, at least 32 bytes; it stays with you")
	flags.StringVar(&f.newKey, "new-key", "", "make a key in this new `FILE`, and redact by it what is named")
	flags.StringSliceVar(&f.names, "names", nil, "`KINDS` of names to replace, too: all, or some of "+strings.Join(snapshots.RedactableNames(), ", "))
	flags.BoolVar(&f.keepTexts, "keep-texts", false, "keep descriptions and messages, without the identities that are found in them")
	flags.BoolVar(&f.keepUnknown, "keep-unknown", false, "keep fields that this version does not know, without the identities that are found in them")
	cmd.MarkFlagsMutuallyExclusive("key", "new-key")
	completeFrom(cmd, "names", func() []string { return append([]string{"all"}, snapshots.RedactableNames()...) })
	return cmd
}

func (f *redactFlags) run(std stdio, paths []string) error {
	if f.newKey == "" && len(paths) == 0 {
		return usageError(errors.New("redact: no snapshot is named"), "cistern snapshot redact PATH... --key FILE")
	}
	if slices.Contains(f.names, "all") {
		f.names = snapshots.RedactableNames()
	}
	options := snapshots.RedactOptions{Names: f.names, KeepTexts: f.keepTexts, KeepUnknown: f.keepUnknown}
	if _, err := snapshots.NewRedactor([]byte(rand.Text()+rand.Text()), options); err != nil {
		return usageError(err, "all, or some of "+strings.Join(snapshots.RedactableNames(), ", "))
	}
	if err := spare(std.in, []output{{file: f.output}}, append([]string{f.key}, paths...)); err != nil {
		return err
	}
	if err := f.makeKey(); err != nil || len(paths) == 0 {
		return err
	}
	key, err := f.readKey()
	if err != nil {
		return err
	}
	redactor, err := snapshots.NewRedactor(key, options)
	if err != nil {
		return usageError(fmt.Errorf("%s: read key: %w", f.key, err), "cistern snapshot redact --new-key FILE makes one")
	}
	inputs, err := readInputs(std.in, paths)
	if err != nil {
		return err
	}
	redacted, err := redactAll(redactor, inputs)
	if err != nil {
		return err
	}
	for _, note := range redactor.Notes() {
		say(std.err, "note: ", note)
	}
	if f.folder(paths, len(inputs)) {
		return f.writeAll(redacted)
	}
	return f.write(std, redacted)
}

// folder tells whether the output is one: it is named as one, or there are several snapshots, or may be.
func (f *redactFlags) folder(paths []string, snapshots int) bool {
	return strings.HasSuffix(f.output, "/") || f.output != "-" && (snapshots > 1 || isFolder(f.output) || slices.ContainsFunc(paths, isFolder))
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// makeKey makes a new key in a file that only its owner can read.
func (f *redactFlags) makeKey() error {
	if f.newKey == "" {
		return nil
	}
	key := make([]byte, snapshots.LeastRedactionKey)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	file, err := os.OpenFile(f.newKey, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return usageError(fmt.Errorf("%s: write key: there is such a file", f.newKey), "--key "+f.newKey+" uses the key in it")
	}
	if err != nil {
		return unwritable(err)
	}
	_, err = fmt.Fprintln(file, hex.EncodeToString(key))
	if failed := file.Close(); err == nil {
		err = failed
	}
	f.key = f.newKey
	return unwritable(err)
}

func (f *redactFlags) readKey() ([]byte, error) {
	if f.key == "" {
		return nil, usageError(errors.New("redact: no key is named"), "--key FILE names one, --new-key FILE makes it")
	}
	text, err := os.ReadFile(f.key)
	if err != nil {
		return nil, readable(err)
	}
	return bytes.TrimRight(text, "\r\n"), nil
}

// redactAll learns from all snapshots before it redacts the first.
func redactAll(r *snapshots.Redactor, inputs []evaluator.Input) ([]*snapshots.Snapshot, error) {
	for _, in := range inputs {
		r.Learn(in.Snapshot)
	}
	var all []*snapshots.Snapshot
	for _, in := range inputs {
		one, err := r.Redact(in.Snapshot)
		var collision *snapshots.CollisionError
		if errors.As(err, &collision) {
			return nil, usageError(err, collision.Hint())
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", in.Name, err)
		}
		all = append(all, one)
	}
	return all, nil
}

// write writes one snapshot to a file or to stdout.
func (f *redactFlags) write(std stdio, redacted []*snapshots.Snapshot) error {
	switch {
	case len(redacted) > 1:
		return usageError(fmt.Errorf("--output %s: there are %d snapshots", f.output, len(redacted)), "-o FOLDER/ takes them")
	case f.output != "-":
		return unwritable(redacted[0].WriteFile(f.output))
	}
	data, err := redacted[0].Canonical()
	if err != nil {
		return err
	}
	return writeOutput(std, f.output, data)
}

// writeAll names the files by the accounts' pseudonyms: their own names may say whose they are.
func (f *redactFlags) writeAll(redacted []*snapshots.Snapshot) error {
	taken := map[string]bool{}
	var names []string
	var texts [][]byte
	for _, s := range redacted {
		text, err := s.Canonical()
		if err != nil {
			return err
		}
		name := s.Account.ID + ".json"
		if taken[name] {
			name = s.Account.ID + "-" + s.CollectedAt.UTC().Format("20060102T150405Z") + ".json"
		}
		for n := 2; taken[name]; n++ {
			name = fmt.Sprintf("%s-%d.json", s.Account.ID, n)
		}
		taken[name] = true
		names, texts = append(names, name), append(texts, text)
	}
	return writeFolder(f.output, func(yield func(string, []byte) bool) {
		for i, name := range names {
			if !yield(name, texts[i]) {
				return
			}
		}
	})
}
