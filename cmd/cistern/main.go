// Command cistern judges offline whether an AWS account would have told anyone of a dangerous CloudTrail event.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

func main() {
	startCollection()
	time.Local = time.UTC // what a policy calls "Local" must be the same on every machine
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)       // a second signal ends the program at once
	cobra.EnableCommandSorting = false // help shows the commands as the table has them
	os.Exit(run(ctx, os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr}))
}
