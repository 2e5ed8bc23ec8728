package snapshots

import (
	"regexp"
	"sync"
)

// pattern is a regular expression that is compiled when it is first used: redaction knows many, and most runs redact nothing.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
