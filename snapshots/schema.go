package snapshots

import (
	"encoding/json"
	"reflect"
)

// Schema is the JSON Schema of a snapshot, derived from the types of this package. It uses only what drafts 7 and
// 2020-12 have in common, and lists, never maps keyed by name, so that a type checker sees every field. Unknown fields
// are allowed: AWS adds some every year.
func Schema() []byte {
	definitions := map[string]any{}
	document := definitionOf(snapshotShape, definitions)
	document["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	document["title"] = "One AWS account at one moment, " + SchemaName
	document["$defs"] = definitions
	properties := document["properties"].(map[string]any)
	properties["schema"] = map[string]any{"type": "string", "enum": []string{SchemaName}}
	data, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		panic("snapshots: schema: write: " + err.Error()) // maps, lists and strings: cannot happen
	}
	return append(data, '\n')
}

func schemaOf(s *shape, definitions map[string]any) map[string]any {
	switch s.form {
	case object:
		return objectSchema(s, definitions)
	case list:
		return map[string]any{"type": "array", "items": schemaOf(s.elem, definitions)}
	case dictionary:
		return map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "string"}}
	case open:
		return map[string]any{"type": "object"}
	case flag:
		return map[string]any{"type": "boolean"}
	case integer:
		return map[string]any{"type": "integer"}
	case number:
		return map[string]any{"type": "number"}
	case moment:
		return map[string]any{"type": "string", "format": "date-time"}
	}
	return map[string]any{"type": "string"}
}

func objectSchema(s *shape, definitions map[string]any) map[string]any {
	t := s.typ
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if definitions[t.Name()] == nil {
		definitions[t.Name()] = definitionOf(s, definitions)
	}
	return map[string]any{"$ref": "#/$defs/" + t.Name()}
}

func definitionOf(s *shape, definitions map[string]any) map[string]any {
	properties := map[string]any{}
	required := []string{}
	for _, f := range s.fields {
		property := schemaOf(f.shape, definitions)
		if f.enum != nil {
			property["enum"] = f.enum
		}
		properties[f.name] = property
		if f.required {
			required = append(required, f.name)
		}
	}
	definition := map[string]any{"type": "object", "properties": properties}
	if len(required) > 0 {
		definition["required"] = required
	}
	return definition
}
