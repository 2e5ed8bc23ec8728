package snapshots

import (
	"reflect"
	"strings"
)

// passing tells whether a field of a list's record that differs does not count: it is in no content digest, or says only from
// which regions a trail was seen, which gaps and regions tell better.
func passing(list, path string) bool {
	if list == "/cloudtrail/trails" && (path == "region" || path == "seen_in") {
		return true
	}
	s := snapshotShape
	for _, name := range strings.Split(list, "/")[1:] {
		s = s.fields[s.find([]byte(name))].shape
	}
	for name := range strings.SplitSeq(path, ".") {
		if s.elem != nil {
			s = s.elem
		}
		i := s.find([]byte(strings.TrimSuffix(name, "[]")))
		if i < 0 {
			return false
		}
		if leftOut(s, s.fields[i].name) {
			return true
		}
		s = s.fields[i].shape
	}
	return false
}

// leftOut tells whether the content digest leaves a field out.
func leftOut(s *shape, name string) bool {
	t := s.typ
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	for _, f := range ContentFields() {
		if f.Type == t.Name() && f.Field == name {
			return !f.Counted
		}
	}
	return false
}
