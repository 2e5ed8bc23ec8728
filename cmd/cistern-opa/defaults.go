package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cistern-audit/cistern/evaluator"
)

// The flags whose default is another one here than in OPA.
const (
	schemaFlag = "schema"
	quietFlag  = "skip-version-check"
	timeFlag   = "timeout" // of test: OPA gives one 5 s, which are few for the shipped ones on a slow machine
)

// testTime is what a unit test may take.
const testTime = "2m"

// setDefaults fills the flags that the user did not set. They do not count as set, so that OPA's environment variables still may.
func setDefaults(cmd *cobra.Command) error {
	if flag := unset(cmd, quietFlag); flag != nil {
		return flag.Value.Set("true")
	}
	if flag := unset(cmd, timeFlag); flag != nil && cmd.Name() == "test" {
		if err := flag.Value.Set(testTime); err != nil {
			return err
		}
	}
	flag := unset(cmd, schemaFlag)
	if flag == nil {
		return nil
	}
	file, err := schemaFile()
	if err != nil {
		return fmt.Errorf("schema of snapshots: %w (--schema FILE names another one, --schema= goes without)", err)
	}
	return flag.Value.Set(file)
}

// unset is a flag that the command has and the user did not set.
func unset(cmd *cobra.Command, name string) *pflag.Flag {
	flag := cmd.Flags().Lookup(name)
	if flag == nil || flag.Changed {
		return nil
	}
	return flag
}

// schemaFile is a file that holds the schema, which OPA only takes as one: in the user's own cache, by its digest.
func schemaFile() (string, error) {
	schema, err := evaluator.InputSchema()
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(cache, "cistern")
	file := filepath.Join(folder, fmt.Sprintf("snapshot-schema-%x.json", sha256.Sum256(schema)))
	if text, err := os.ReadFile(file); err == nil && bytes.Equal(text, schema) {
		return file, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	return file, replace(file, schema)
}

// replace writes a file so that another program never finds a part of it.
func replace(file string, text []byte) error {
	draft, err := os.CreateTemp(filepath.Dir(file), "snapshot-schema-*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = draft.Write(text)
	if closed := draft.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(draft.Name(), file)
}
