// Command cistern judges offline whether an AWS account would have told anyone of a dangerous CloudTrail event.
package main

import (
	"context"
	"os"
	"os/signal"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	cobra.EnableCommandSorting = false // help shows the commands as the table has them
	os.Exit(run(ctx, os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr}))
}
