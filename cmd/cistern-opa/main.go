// Command cistern-opa is OPA's own command line, which knows cistern's builtins and the snapshot's schema: everything that OPA's manual
// says works on these policies. It is a module of its own, so that what it links decides nothing about cistern.
package main

import (
	"errors"
	"os"

	"github.com/open-policy-agent/opa/cmd"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator"
)

func main() {
	registerBuiltins()
	os.Exit(run(newRoot()))
}

// registerBuiltins makes cistern's functions known to every command, as OPA's own are.
func registerBuiltins() {
	for _, f := range evaluator.Builtins() {
		function := &rego.Function{Name: f.Decl.Name, Decl: f.Decl.Decl, Description: f.Decl.Description}
		rego.RegisterBuiltinDyn(function, func(_ rego.BuiltinContext, args []*ast.Term) (*ast.Term, error) { return f.Call(args) })
	}
}

func newRoot() *cobra.Command {
	root := cmd.Command(&cobra.Command{
		Use:   "cistern-opa",
		Short: "OPA's command line, with cistern's builtins and the snapshot's schema",
		Long: `OPA's own command line (https://www.openpolicyagent.org/docs/cli), which differs in four things: it knows the builtins cwl.parse, cwl.matches,
cwl.covers, cistern.group and cistern.routes; commands that take --schema check input against the snapshot's JSON Schema unless one is given (--schema= goes without); a unit
test may take 2m; and "run" does not ask GitHub for newer versions unless --skip-version-check=false.

cistern policy export DIR writes the policies, tests and data that these commands work on; give it beside your own: test DIR mine.`,
	}, "OPA")
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return setDefaults(cmd) }
	for _, command := range root.Commands() {
		if flag := command.Flags().Lookup(schemaFlag); flag != nil {
			flag.Usage += " (default: the snapshot's)"
		}
		if flag := command.Flags().Lookup(timeFlag); flag != nil && command.Name() == "test" {
			flag.DefValue = testTime
		}
		if flag := command.Flags().Lookup(quietFlag); flag != nil {
			flag.DefValue = "true"
		}
	}
	return root
}

// run ends as the opa program does: its commands print their own errors, and say by a type what the exit code is.
func run(root *cobra.Command) int {
	err := root.Execute()
	var exit *cmd.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.Exit
	}
	return 1
}
