package filterpattern

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// FuzzShortcuts holds the answers that need no search, or are remembered, against those of a search for everything.
func FuzzShortcuts(f *testing.F) {
	for seed := range uint64(64) {
		f.Add(seed)
	}
	var memory Memory
	f.Fuzz(func(t *testing.T, seed uint64) { playShortcuts(t, &memory, seed) })
}

// TestShortcutsRandom is FuzzShortcuts over fixed seeds.
func TestShortcutsRandom(t *testing.T) {
	var memory Memory
	covered, plain, caught, missed := 0, 0, 0, 0
	for seed := range uint64(1500) {
		q, nearest := playShortcuts(t, &memory, seed)
		switch {
		case q.plainly() && q.exact():
			plain++
		case nearest == nil:
			covered++
		default:
			caught, missed = caught+len(nearest.Caught), missed+len(nearest.Missed)
		}
	}
	t.Logf("%d covered plainly, %d others covered or unknown; %d parts caught, %d missed", plain, covered, caught, missed)
	if plain < 100 || covered < 100 || caught < 100 || missed < 100 {
		t.Error("got too few questions of a kind to prove anything")
	}
}

// playShortcuts returns the question and, where an event is missed, what explains it.
func playShortcuts(t *testing.T, memory *Memory, seed uint64) (Question, *Nearest) {
	g := &recordGenerator{rand.New(rand.NewPCG(seed, 5))}
	q := g.question(t)
	want := q.bySearch()
	for how, got := range map[string]Decision{"alone": Covers(q), "remembering": memory.Covers(q)} {
		if !same(got, want) {
			t.Fatalf("seed %d: required %v deployed %v scope %v except %v: got %v %s, a search gives %v", seed, q.Required, q.Deployed, q.Scope, q.Except, got, how, want)
		}
	}
	if want.Answer != Missed {
		return q, nil
	}
	nearest := q.explainBySearch(want)
	for how, got := range map[string]*Nearest{"alone": Explain(q, want), "remembering": memory.Explain(q, want)} {
		if !reflect.DeepEqual(got, nearest) {
			t.Fatalf("seed %d: required %v deployed %v scope %v except %v: got %v %s, a search gives %v", seed, q.Required, q.Deployed, q.Scope, q.Except, got, how, nearest)
		}
	}
	return q, nearest
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
