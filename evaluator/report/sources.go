package report

import (
	"slices"
	"strings"
)

// String says in a line what a source of policies is and what it changes.
func (s PolicySource) String() string {
	changes := s.changes()
	if len(changes) == 0 {
		changes = []string{"adds no control and replaces nothing"}
	}
	return s.about() + ": " + strings.Join(changes, "; ")
}

func (s PolicySource) about() string {
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
	if len(about) == 0 {
		return s.Name
	}
	return s.Name + " (" + strings.Join(about, ", ") + ")"
}

func (s PolicySource) changes() []string {
	var changes []string
	if len(s.Adds) > 0 {
		changes = append(changes, "adds "+strings.Join(s.Adds, ", "))
	}
	if len(s.Replaces) > 0 {
		changes = append(changes, "replaces "+strings.Join(s.Replaces, ", "))
	}
	return changes
}

// sourceText is String with the policies of the source that could not judge: a control that a source would add has a row, if it is of
// no use, and is not among those it adds.
func sourceText(r *Report, s *PolicySource) string {
	var broken []string
	for i := range r.Policies.Errors {
		e := &r.Policies.Errors[i]
		of := e.File == s.Name || strings.HasPrefix(e.File, strings.TrimSuffix(s.Name, "/")+"/")
		if name := plainOr(e.Control, e.File); of && !slices.Contains(broken, name) {
			broken = append(broken, name)
		}
	}
	if len(broken) == 0 {
		return s.String()
	}
	return s.about() + ": " + strings.Join(append(s.changes(), "could not judge: "+strings.Join(broken, ", ")), "; ")
}

// sourceTexts are the sources of policies, a line each, with the digest of each.
func sourceTexts(r *Report) []string {
	var all []string
	for i := range r.Policies.Sources {
		s := &r.Policies.Sources[i]
		text := sourceText(r, s)
		if s.Digest != "" {
			text += " (" + s.Digest + ")"
		}
		all = append(all, text)
	}
	return all
}

// endpointTexts are the services whose calls did not go to AWS, and where they went.
func endpointTexts(a *Account) []string {
	var all []string
	for _, e := range a.Snapshot.Endpoints {
		all = append(all, e.Service+" "+e.URL)
	}
	return all
}

// notAWS says that an account was read elsewhere than at AWS; nothing if it was read there.
func notAWS(a *Account) string {
	if len(a.Snapshot.Endpoints) == 0 {
		return ""
	}
	return "not read from AWS: " + strings.Join(endpointTexts(a), ", ")
}
