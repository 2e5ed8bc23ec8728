package main

import (
	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator"
)

func newCapabilitiesCommand(std stdio) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "capabilities",
		Short: "Print what policies may use, as OPA's capabilities JSON",
		Long: `Prints the builtins and features that policies may use, in the form that "opa check --capabilities", Regal and language servers read: OPA's
builtins without those that reach a network, a clock or chance, or that nothing can stop, and ours (cwl.parse, cwl.matches, cwl.covers, cistern.group,
cistern.routes).`,
		Example: `  cistern capabilities -o capabilities.json
  opa check --strict --capabilities capabilities.json policies/`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			data, err := evaluator.Capabilities()
			if err != nil {
				return err
			}
			return writeOutput(std, output, data)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "-", "write to this `FILE`; - is stdout")
	return cmd
}
