package evaluator

import (
	"fmt"

	"gopkg.in/yaml.v3"
)

// ParseParameters reads data.parameters, YAML or JSON: what an organisation says of itself, such as how many events may pass
// before an alarm rings, or who should be subscribed. file is its name in errors.
func ParseParameters(file string, text []byte) (map[string]any, error) {
	var parameters map[string]any
	if err := decodeYAML(file, text, &parameters); err != nil {
		return nil, err
	}
	most, ok := parameters["max_events"]
	if !ok {
		return parameters, nil
	}
	if n, ok := most.(int); !ok || n < 1 {
		var tree yaml.Node
		if err := yaml.Unmarshal(text, &tree); err != nil {
			return nil, yamlError(file, err)
		}
		return nil, &InputError{File: file, Line: lineOf(&tree, "max_events"), Problem: fmt.Sprintf("max_events: is %v, not a number from 1", most)}
	}
	return parameters, nil
}
