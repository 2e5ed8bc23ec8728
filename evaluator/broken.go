package evaluator

import (
	"path"
	"regexp"

	"github.com/open-policy-agent/opa/v1/ast"
)

// brokenFile is a policy file that cannot be used.
type brokenFile struct {
	source   int
	name     string
	head     *ast.Module // its package and METADATA at least; nil if not even these can be read
	problems PolicyErrors
}

// packageClause is where what a file says of itself ends.
var packageClause = regexp.MustCompile(`(?m)^[ \t]*package[ \t]+\S+`)

// headOf is a file that does not parse up to its package line, nil if that does not parse either.
func headOf(file policyFile) *ast.Module {
	end := packageClause.FindIndex(file.text)
	if end == nil {
		return nil
	}
	for _, annotated := range []bool{true, false} {
		head, err := ast.ParseModuleWithOpts(file.name, string(file.text[:end[1]]), ast.ParserOptions{
			ProcessAnnotation: annotated,
			RegoVersion:       ast.RegoV1,
		})
		if err == nil {
			return head
		}
	}
	return nil
}

// tellApart gives each file a name of its own: errors say no more of where they are. The user's files keep theirs, which the user
// can open; where the same file is given twice, the later one.
func tellApart(sources []Source, files [][]policyFile) {
	taken := map[string]bool{}
	for i := len(files) - 1; i >= 0; i-- {
		for j := range files[i] {
			f := &files[i][j]
			if taken[f.name] && sources[i].Catalogue {
				f.name = "embedded:" + f.name
			}
			for taken[f.name] {
				if path.IsAbs(f.name) {
					f.name = "/." + f.name
				} else {
					f.name = "./" + f.name
				}
			}
			taken[f.name] = true
		}
	}
}
