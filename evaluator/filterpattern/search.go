package filterpattern

import "slices"

// maxCandidates is how many models that do not stand up as events are tried before the search gives up.
const maxCandidates = 64

// search looks for one class per variable that meets every constraint.
type search struct {
	p           *problem
	constraints []constraint
	size        []int   // of each constraint's formula
	watch       [][]int // by variable: the constraints that mention it
	met         []bool  // by constraint: holds whatever else is assigned
	open        int     // constraints not met
	order       []int
	assigned    []*class
	linked      bool // the event-source assumption is in force
	// accept tries a model; true ends the search.
	accept     func(assigned []*class) bool
	candidates int
	// inexact is set when the search saw a model that accept refused, or ran out of budget: nothing is proven then.
	inexact  bool
	overdrew bool
}

func newSearch(p *problem, constraints []constraint, first int, linked bool) *search {
	s := &search{p: p, linked: linked, assigned: make([]*class, len(p.vars)), watch: make([][]int, len(p.vars))}
	for i, c := range constraints {
		if i < first {
			s.constraints = c.split(s.constraints)
		}
	}
	leading := len(s.constraints)
	for _, c := range constraints[first:] {
		s.constraints = c.split(s.constraints)
	}
	s.met = make([]bool, len(s.constraints))
	s.open = len(s.constraints)
	weight := make([]int, len(p.vars))
	for i, c := range s.constraints {
		s.size = append(s.size, c.f.size())
		worth := 1
		if i < leading {
			worth = 1 << 20 // the variables of what is required come first
		}
		c.f.atoms(func(v, _ int) {
			weight[v] += worth
			if n := len(s.watch[v]); n == 0 || s.watch[v][n-1] != i {
				s.watch[v] = append(s.watch[v], i)
			}
		})
	}
	for v := range p.vars {
		if weight[v] > 0 {
			s.order = append(s.order, v)
		}
	}
	slices.SortStableFunc(s.order, func(a, b int) int { return weight[b] - weight[a] })
	return s
}

// run searches; found tells whether accept took a model. When it is false and inexact is too, there is no model.
func (s *search) run() (found bool) {
	all := make([]int, len(s.constraints))
	for i := range all {
		all[i] = i
	}
	newly, ok := s.settle(all)
	defer s.unsettle(newly)
	return ok && s.extend(0)
}

func (s *search) extend(depth int) bool {
	if s.open == 0 || depth == len(s.order) {
		if s.accept(s.assigned) {
			return true
		}
		s.inexact = true
		s.candidates++
		return false
	}
	v := s.order[depth]
	for i := range s.p.vars[v].domain {
		if s.overdrew || s.candidates > maxCandidates {
			s.inexact = true
			return false
		}
		c := &s.p.vars[v].domain[i]
		s.assigned[v] = c
		if s.consistent(v, c) {
			newly, ok := s.settle(s.watch[v])
			found := ok && s.extend(depth+1)
			s.unsettle(newly)
			if found {
				return true
			}
		}
		s.assigned[v] = nil
	}
	return false
}

// consistent holds a class against those of the variables it depends on.
func (s *search) consistent(v int, c *class) bool {
	for _, r := range s.p.vars[v].near {
		if other := s.assigned[r.other]; other != nil && !r.compatible(c, other) {
			return false
		}
	}
	if !s.linked || s.p.event < 0 || s.p.source < 0 || v != s.p.event && v != s.p.source {
		return true
	}
	name, source := s.assigned[s.p.event], s.assigned[s.p.source]
	if name == nil || source == nil || name.source == "" || source.vague {
		return true
	}
	return source.shape == str && source.text == name.source
}

// settle looks at constraints again; ok is false when one cannot hold any more.
func (s *search) settle(constraints []int) (newly []int, ok bool) {
	for _, i := range constraints {
		if s.met[i] {
			continue
		}
		if !s.p.budget.spend(s.size[i]) {
			s.overdrew, s.inexact = true, true
			return newly, false
		}
		switch s.constraints[i].f.eval(s.assigned) {
		case s.constraints[i].want:
			s.met[i] = true
			s.open--
			newly = append(newly, i)
		case -s.constraints[i].want:
			return newly, false
		}
	}
	return newly, true
}

func (s *search) unsettle(constraints []int) {
	for _, i := range constraints {
		s.met[i] = false
		s.open++
	}
}
