package main

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
)

const (
	startPercent = 1000 // of what is in use, by which garbage may grow until it is collected for the first time
	easedPercent = 400  // and while snapshots are judged
)

// startCollection lets garbage grow further until it is collected for the first time: most runs end before. From then on it is collected at
// Go's own pace, or at that of easeCollection.
func startCollection() {
	if os.Getenv("GOGC") != "" {
		return
	}
	before := debug.SetGCPercent(startPercent)
	runtime.AddCleanup(new(*byte), func(before int) {
		if debug.SetMemoryLimit(-1) < math.MaxInt64 { // by easeCollection, or by GOMEMLIMIT
			before = easedPercent
		}
		debug.SetGCPercent(before)
	}, before)
}

// easeCollection lets garbage grow further before it is collected, up to some times what was read: a run is short, and what it
// keeps lives to its end anyway. GOMEMLIMIT says better how much there is.
func easeCollection() {
	const least, times = 400 << 20, 6
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	if memory.HeapAlloc > least/times { // else what was read is too little to count, garbage and all
		runtime.GC()
		runtime.ReadMemStats(&memory)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(max(least, times*int64(memory.HeapAlloc)))
	}
	if now := debug.SetGCPercent(easedPercent); now == startPercent {
		debug.SetGCPercent(now) // until the first time
	}
}
