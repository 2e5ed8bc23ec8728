package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersionCommand(std stdio) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program and what it was built with",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(std.out, versionLine())
			return err
		},
	}
}

func versionLine() string {
	where := runtime.GOOS + "/" + runtime.GOARCH
	if build := buildOf(debug.ReadBuildInfo()); build != "" && build != version {
		where += ", " + build
	}
	return fmt.Sprintf("cistern %s (%s %s)", version, runtime.Version(), where)
}

// buildOf is what the program was built of: the commit, or else the module's version; with +dirty if files were changed since. It is empty
// where the build does not say, and never part of a report, whose bytes are to be the same.
func buildOf(info *debug.BuildInfo, ok bool) string {
	if !ok {
		return ""
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	build := settings["vcs.revision"]
	if build != "" && settings["vcs.modified"] == "true" {
		build += "+dirty"
	}
	if build == "" && info.Main.Version != "(devel)" {
		build = info.Main.Version
	}
	return build
}
