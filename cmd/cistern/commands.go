package main

import "github.com/spf13/cobra"

// commands is every command of the program, in the order that help shows them.
func commands(std stdio) []*cobra.Command {
	return []*cobra.Command{
		newEvaluateCommand(std),
		newCollectCommand(std),
		newAuditCommand(std),
		newControlsCommand(std),
		newReportCommand(std),
		newMergeCommand(std),
		newDiffCommand(std),
		newHistoryCommand(std),
		newEvidenceCommand(std),
		newPatternCommand(std),
		newTestCommand(std),
		newFixCommand(std),
		newMutateCommand(std),
		newPolicyCommand(std),
		newCapabilitiesCommand(std),
		newImportCommand(std),
		newSnapshotCommand(std),
		newVersionCommand(std),
	}
}
