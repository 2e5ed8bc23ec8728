package filterpattern

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestShortcuts holds the answers that need no search, or are remembered, against those of a search for everything.
func TestShortcuts(t *testing.T) {
	var memory Memory
	count := map[Answer]int{}
	plain, caught := 0, 0
	for seed := range uint64(1500) {
		g := &recordGenerator{rand.New(rand.NewPCG(seed, 5))}
		q := g.question(t)
		want := q.bySearch()
		got := Covers(q)
		count[got.Answer]++
		if q.plainly() && q.exact() {
			plain++
		}
		if !same(got, want) {
			t.Fatalf("seed %d: required %v deployed %v scope %v: got %v, a search gives %v", seed, q.Required, q.Deployed, q.Scope, got, want)
		}
		if again := memory.Covers(q); !same(again, want) {
			t.Fatalf("seed %d: required %v deployed %v scope %v: got %v remembered, a search gives %v", seed, q.Required, q.Deployed, q.Scope, again, want)
		}
		if want.Answer != Missed {
			continue
		}
		nearest := q.explainBySearch(want)
		caught += len(nearest.Caught)
		if got := Explain(q, want); !reflect.DeepEqual(got, nearest) {
			t.Fatalf("seed %d: required %v deployed %v scope %v: got %v, a search gives %v", seed, q.Required, q.Deployed, q.Scope, got, nearest)
		}
		if got := memory.Explain(q, want); !reflect.DeepEqual(got, nearest) {
			t.Fatalf("seed %d: required %v deployed %v scope %v: got %v remembered, a search gives %v", seed, q.Required, q.Deployed, q.Scope, got, nearest)
		}
	}
	t.Logf("%d covered, %d of them plainly; %d missed, with %d parts caught; %d unknown", count[Covered], plain, count[Missed], caught, count[Undecided])
	if plain < 100 || count[Covered]-plain < 50 || count[Missed] < 100 || caught < 100 {
		t.Error("got too few questions of a kind to prove anything")
	}
}

// same tells whether two decisions say the same to others.
func same(a, b Decision) bool {
	return a.Answer == b.Answer && a.Required == b.Required && a.Assumes == b.Assumes && string(a.Event) == string(b.Event) && a.Reason == b.Reason
}

// bySearch is Covers by a search.
func (q Question) bySearch() Decision {
	for i, r := range q.Required {
		if slices.ContainsFunc(q.Deployed, func(p *Pattern) bool { return p.text == r.text }) {
			return Decision{Answer: Covered, Required: i}
		}
	}
	near, far := q.closest()
	return q.search(near, far, &budget{left: decisionBudget})
}

// explainBySearch is Explain by a search for each part among all patterns.
func (q Question) explainBySearch(d Decision) *Nearest {
	near, _ := q.closest()
	n := &Nearest{ExcludedBy: excluding(near, NewEvent(d.Event))}
	for _, part := range q.Required[d.Required].parts() {
		one := q
		one.Required = []*Pattern{part.pattern}
		switch answer := one.bySearch().Answer; {
		case answer == Missed || part.pattern.MatchEvent(NewEvent(d.Event)) == Yes:
			n.Missed = append(n.Missed, part.label)
		case answer == Covered:
			n.Caught = append(n.Caught, part.label)
		default:
			return &Nearest{ExcludedBy: n.ExcludedBy}
		}
	}
	return n
}

// recordGenerator makes questions as accounts put them: what is deployed is mostly what is required, less or more a little.
type recordGenerator struct{ *rand.Rand }

var (
	someNames = []string{"CreateTrail", "StopLogging", "DeleteTrail", "CreatePolicy", "DeletePolicy", "AttachRolePolicy", "CreateRoute", "ConsoleLogin"}
	someMore  = []string{`$.eventSource = cloudtrail.amazonaws.com`, `$.eventSource = "iam.amazonaws.com"`, `$.userIdentity.type = Root`, `$.userIdentity.type != Root`,
		`$.errorCode = "AccessDenied*"`, `$.errorCode NOT EXISTS`, `$.errorCode = "*Denied"`, `$.userIdentity.invokedBy NOT EXISTS`,
		`$.additionalEventData.MFAUsed != Yes`, `$.userAgent != "*Terraform*"`, `$.readOnly IS FALSE`, `$.eventName = "*Trail"`, `$.eventName != StopLogging`}
	seldom = []string{`$.responseElements.code = 403`, `$.resources[*].type = x`, `$.eventName = %Trail$%`, `$.userAgent = "a*b"`, `$.requestParameters.a[1] = "x"`}
)

func (g *recordGenerator) of(texts []string) string { return texts[g.IntN(len(texts))] }

// alternatives are the parts of one pattern.
func (g *recordGenerator) alternatives() []string {
	var all []string
	for range 1 + g.IntN(4) {
		part := "$.eventName = " + g.of(someNames)
		switch g.IntN(6) {
		case 0:
			part = g.of(someMore)
		case 1, 2:
			part += " && " + g.of(someMore)
		}
		if g.IntN(25) == 0 {
			part = g.of(seldom) + " && " + part
		}
		all = append(all, "("+part+")")
	}
	return all
}

// like is a pattern much like another.
func (g *recordGenerator) like(parts []string) string {
	parts = slices.Clone(parts)
	if g.IntN(3) == 0 {
		parts = append(parts, g.alternatives()...)
	}
	if g.IntN(3) == 0 {
		parts = parts[1:]
	}
	for i := range parts {
		if g.IntN(8) == 0 {
			parts[i] = "(" + parts[i] + " && " + g.of(someMore) + ")"
		}
	}
	g.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	if len(parts) == 0 {
		return "{ " + g.of(someMore) + " }"
	}
	return "{" + strings.Join(parts, " || ") + "}"
}

func (g *recordGenerator) question(t *testing.T) Question {
	q := Question{InForce: g.IntN(2) == 0}
	required := g.alternatives()
	texts := []string{"{ " + strings.Join(required, " || ") + " }"}
	if g.IntN(4) == 0 {
		texts[0] = "{ " + g.of(someMore) + " && (" + strings.Join(required, " || ") + ") }"
	}
	if g.IntN(4) == 0 {
		texts = append(texts, g.like(required))
	}
	q.Required = parseAll(t, texts...)
	for range g.IntN(5) {
		if g.IntN(3) == 0 {
			q.Deployed = append(q.Deployed, mustParse(t, g.like(g.alternatives())))
			continue
		}
		q.Deployed = append(q.Deployed, mustParse(t, g.like(required)))
	}
	if g.IntN(3) == 0 {
		q.Scope = mustParse(t, "{ "+g.of(someMore)+" }")
	}
	if g.IntN(5) == 0 {
		q.Except = append(q.Except, mustParse(t, "{ "+g.of(someMore)+" }"))
	}
	return q
}
