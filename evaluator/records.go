package evaluator

import (
	"context"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// recordsOf is what the snapshots say at the pointers of an account's findings, each once.
func (v *visit) recordsOf(ctx context.Context, results []report.Result) map[string]any {
	if v.options.NoRecords {
		return nil
	}
	records := map[string]any{}
	for i := range results {
		for j := range results[i].Findings {
			for _, pointer := range results[i].Findings[j].Pointers {
				if _, known := records[pointer]; known {
					continue
				}
				if record, ok := v.recordAt(ctx, pointer); ok {
					records[pointer] = record
				}
			}
		}
	}
	if len(records) == 0 {
		return nil
	}
	return records
}

// recordAt is the record that a pointer means, in this account's snapshot or in that of the one it names.
func (v *visit) recordAt(ctx context.Context, pointer string) (any, bool) {
	s := v.self
	if account, rest, ok := strings.Cut(pointer, "#"); ok {
		if s, pointer = v.account(ctx, account), rest; s == nil {
			return nil, false
		}
	}
	value := pointed(s.document(), pointer)
	if value == nil {
		return nil, false
	}
	record, err := nativeOf(value)
	return record, err == nil
}

// pointed is what stands at a JSON pointer within one member of a list; nil if there is nothing, and for the whole document and whole
// lists, which are no single records.
func pointed(document ast.Value, pointer string) ast.Value {
	within := false
	value := document
	for i, name := range strings.Split(pointer, "/") {
		if i == 0 {
			continue // a pointer begins with a slash
		}
		switch v := value.(type) {
		case ast.Object:
			if strings.Contains(name, "~") {
				name = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
			}
			value = at(v, ast.StringTerm(name))
		case *ast.Array:
			n, err := strconv.Atoi(name)
			if err != nil || n < 0 || n >= v.Len() {
				return nil
			}
			within, value = true, v.Elem(n).Value
		default:
			return nil
		}
	}
	if !within {
		return nil
	}
	return value
}
