package report

import "strings"

// String says in a line what a source of policies is and what it changes.
func (s PolicySource) String() string {
	var about []string
	if s.Kind == "bundle" {
		about = append(about, "bundle")
	}
	if s.Revision != "" {
		about = append(about, "revision "+s.Revision)
	}
	if s.Signed != "" {
		about = append(about, "signed "+s.Signed)
	}
	text := s.Name
	if len(about) > 0 {
		text += " (" + strings.Join(about, ", ") + ")"
	}
	var changes []string
	if len(s.Adds) > 0 {
		changes = append(changes, "adds "+strings.Join(s.Adds, ", "))
	}
	if len(s.Replaces) > 0 {
		changes = append(changes, "replaces "+strings.Join(s.Replaces, ", "))
	}
	if len(changes) == 0 {
		changes = []string{"adds no control and replaces nothing"}
	}
	return text + ": " + strings.Join(changes, "; ")
}
