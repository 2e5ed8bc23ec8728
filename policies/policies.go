// Package policies holds the Rego of every control, the library they share and the benchmark editions, all embedded.
package policies

import "embed"

// FS is the tree of policies: lib, logging and monitoring hold Rego, benchmarks the editions.
//
//go:embed benchmarks lib logging monitoring
var FS embed.FS
