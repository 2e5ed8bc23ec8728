// Command cistern-beam judges archives of snapshots with cistern's evaluator in a pipeline on Apache Beam.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	// The filesystems and runners, which register themselves.
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/gcs"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/local"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/s3"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx"
)

func main() {
	time.Local = time.UTC // what a policy calls "Local" must be the same on every machine
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200) // judging leaves much garbage and keeps little
	}
	registerSteps()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stderr))
}
