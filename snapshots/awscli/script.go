package awscli

import _ "embed"

//go:embed collect.sh
var script string

// Script is a POSIX shell script that makes a folder of AWS CLI output, laid out as [Import] likes it best, with the
// AWS CLI alone.
func Script() string { return script }
