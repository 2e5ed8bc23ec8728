// Package astfile writes Rego modules as OPA's compiler leaves them, and reads them back: what is shipped need not be compiled again.
package astfile

import (
	"github.com/open-policy-agent/opa/v1/ast"
)

// Policies are compiled modules, and what an evaluation needs besides them.
type Policies struct {
	Modules map[string]*ast.Module // by the names under which they were compiled
	Indexed map[*ast.Rule]bool     // those that hold a comprehension that the compiler found an index for
}

// Texts are the files that the modules' locations lie in, by name. A location's text is a part of its file and is not written.
type Texts map[string][]byte

// format is raised with every change of the form.
const format = "cistern/ast/v1\n"

// What a term is, in one byte.
const (
	kindNull = iota
	kindFalse
	kindTrue
	kindNumber
	kindString
	kindVar
	kindRef
	kindCall
	kindArray
	kindObject
	kindSet
	kindArrayComprehension
	kindSetComprehension
	kindObjectComprehension
)

// What an expression holds, in one byte beside the flags.
const (
	holdsTerm = iota
	holdsTerms
	holdsEvery
	holdsNot
	holdsAnd
	holdsOr

	holdsMask   = 7
	isGenerated = 8
	isNegated   = 16
)

// What a rule is and has.
const (
	isDefault = 1 << iota
	isIndexed
	isAssigned
	hasKey
	hasValue
	hasArgs
	hasElse
)

// Which bodies of a `not`, an `and` or an `or` are in braces.
const (
	explicitLhs = 1 << iota
	explicitRhs
)
