package evaluator

import (
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// flow is a part of the snapshot that a value may hold.
type flow struct {
	within string // where in the value: "" if the value is that part, "/name/*" if it is built around it
	way    string // "input/cloudtrail/trails/*"; or a constant, `"text`; or unfollowed
}

// flows are all that a value may hold.
type flows map[flow]bool

const (
	whole      = "input"         // the snapshot, as the user's policies see it
	libraries  = "library:input" // the same as the shipped library sees it: what it reads, it answers for
	unfollowed = "?"             // what a value holds besides, and nobody knows
	anyKey     = "*"
)

func unknownFlows() flows { return flows{{way: unfollowed}: true} }

// add takes over the flows of another value, and tells whether any were new.
func (f flows) add(more flows) bool {
	before := len(f)
	for each := range more {
		f[each] = true
	}
	return len(f) > before
}

// at is what a value holds below a key.
func (f flows) at(key string) flows {
	below := flows{}
	for each := range f {
		switch {
		case each.within != "":
			first, rest, more := strings.Cut(each.within[1:], "/")
			if first != key && first != anyKey && key != anyKey {
				continue
			}
			if more {
				rest = "/" + rest
			}
			below[flow{rest, each.way}] = true
		case each.way == unfollowed:
			below[each] = true
		case strings.HasPrefix(each.way, whole), strings.HasPrefix(each.way, libraries):
			below[flow{"", each.way + "/" + key}] = true
		}
	}
	return below
}

// under is a value that holds this one below a key.
func (f flows) under(key string) flows {
	above := flows{}
	for each := range f {
		above[flow{"/" + key + each.within, each.way}] = true
	}
	return above
}

// moved is a list of the same elements in other places.
func (f flows) moved() flows {
	all := f.at(anyKey).under(anyKey)
	for each := range f {
		if each.within == "" {
			all[each] = true
		}
	}
	return all
}

// constants are the texts that the value may be.
func (f flows) constants() []string {
	var all []string
	for each := range f {
		if text, ok := strings.CutPrefix(each.way, `"`); ok && each.within == "" {
			all = append(all, text)
		}
	}
	return all
}

// is tells whether the value may be that part of the snapshot.
func (f flows) is(way string) bool { return f[flow{"", way}] }

// users tells whether the user's own policies have handed on a part of the snapshot.
func (f flows) users() bool {
	for each := range f {
		if strings.HasPrefix(each.way, whole) {
			return true
		}
	}
	return false
}

// handedOut is what a value of the library is to the user's policies: a whole snapshot, or a part that is no list, is theirs to read.
// What the library made of the lists is the library's.
func (f flows) handedOut() flows {
	out := unknownFlows()
	for each := range f {
		if rest, ok := strings.CutPrefix(each.way, libraries); ok {
			if at := wayPlace(whole + rest); len(at.parts) < 2 || at.parts[0] == "account" {
				out[flow{each.within, whole + rest}] = true
			}
			continue
		}
		out[each] = true
	}
	return out
}

// keyOf is a key as it stands in a way.
func keyOf(term *ast.Term) string {
	name, ok := term.Value.(ast.String)
	if !ok {
		return anyKey
	}
	return strings.NewReplacer("~", "~0", "/", "~1", "*", "~2").Replace(string(name))
}

// snapshotPlace is a way split: whose snapshot, and where in it.
type snapshotPlace struct {
	linked bool
	parts  []string
}

func wayPlace(way string) snapshotPlace {
	parts := strings.Split(way, "/")[1:]
	if len(parts) == 0 || parts[0] != "linked" {
		return snapshotPlace{false, parts}
	}
	return snapshotPlace{true, parts[min(2, len(parts)):]}
}
