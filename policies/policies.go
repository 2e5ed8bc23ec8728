// Package policies holds the Rego of every control, the library they share and the benchmark editions, all embedded.
package policies

import "embed"

// FS is the tree of policies: lib, logging and monitoring hold Rego, benchmarks the editions, .regal what the linter need not ask.
//
//go:embed benchmarks lib logging monitoring .regal/config.yaml compiled.ast
var FS embed.FS
