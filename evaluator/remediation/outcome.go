package remediation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// addSteps are what a human must do, in order: before the changes, after them, and in place of those that were not found.
func (m *mending) addSteps(p *Plan, served map[ref][]string, after []report.Result) {
	var instead []Step
	for _, made := range m.now.promises {
		if made.account != p.Account {
			continue
		}
		p.Assumptions = append(p.Assumptions, made.assumes)
		if made.step != nil {
			step := *made.step
			if made.about.kind != TrailKind { // that of a trail's key is for those only that ask for one
				step.Controls = slices.Concat(step.Controls, m.now.touched[made.about].controls, served[made.about])
			}
			step.Controls = m.inOrder(p.Account, step.Controls)
			p.Steps = append(p.Steps, step)
		}
	}
	m.addElsewhere(p, served)
	for _, g := range m.goals {
		reason := m.failed[g.key()]
		if g.account != p.Account || reason == "" {
			continue
		}
		is := find(after, func(r *report.Result) bool { return r.ID == g.row.ID })
		switch {
		case is == nil || is.Status == report.Pass: // by what was changed for others
			continue
		case is.Status != g.row.Status: // it has come that far
			reason = cmp.Or(strings.Join(report.WaysOut(is), " "), reason)
		}
		if i := slices.IndexFunc(instead, func(s Step) bool { return s.Text == reason }); i >= 0 {
			instead[i].Controls = append(instead[i].Controls, g.row.ID)
			continue
		}
		instead = append(instead, Step{When: Instead, Text: reason, Account: p.Account, Controls: []string{g.row.ID}})
	}
	order := []When{Before, After, Instead}
	p.Steps = append(p.Steps, instead...)
	slices.SortStableFunc(p.Steps, func(a, b Step) int { return slices.Index(order, a.When) - slices.Index(order, b.When) })
}

// addElsewhere are the changes of resources of accounts that are none of the run: somebody there must make them.
func (m *mending) addElsewhere(p *Plan, served map[ref][]string) {
	for _, id := range m.strangers(p.Account) {
		step := Step{When: Before, Account: id, Text: fmt.Sprintf("In account %s, whose snapshot was not given:", id)}
		for _, r := range m.sortedRefs() {
			if r.account != id || m.now.touched[r].home != p.Account {
				continue
			}
			c, ok := m.change(r)
			if !ok {
				continue
			}
			step.Text += " " + c.Why
			step.Controls = slices.Concat(step.Controls, c.Controls, served[r])
			for _, call := range c.Calls {
				step.Commands = append(step.Commands, shellCall(call, c.Region))
			}
		}
		step.Controls = m.inOrder(p.Account, step.Controls)
		p.Assumptions = append(p.Assumptions, "account "+id+" makes the changes that the steps name")
		p.Steps = append(p.Steps, step)
	}
}

func (m *mending) sortedRefs() []ref {
	var all []ref
	for r := range m.now.touched {
		all = append(all, r)
	}
	slices.SortFunc(all, compareRefs)
	return all
}

// strangers are the accounts that are none of the run and have resources that were changed for this one.
func (m *mending) strangers(home string) []string {
	var ids []string
	for _, r := range m.sortedRefs() {
		if m.now.at(r.account) == nil && m.now.touched[r].home == home && !slices.Contains(ids, r.account) {
			ids = append(ids, r.account)
		}
	}
	slices.Sort(ids)
	return ids
}

// addControls are those that were to be mended, and any other that says something else now.
func (m *mending) addControls(p *Plan, after []report.Result) {
	for i, was := range m.before[p.Account] {
		goal := slices.ContainsFunc(m.goals, func(g goal) bool { return g.account == p.Account && g.row.ID == was.ID })
		is := after[i].Status
		if !goal && is == was.Status {
			continue
		}
		p.Controls = append(p.Controls, Control{
			ID: was.ID, Control: was.Control, Title: was.Title, Before: was.Status, After: is,
			Steps: slices.ContainsFunc(p.Steps, func(s Step) bool { return slices.Contains(s.Controls, was.ID) }),
		})
	}
}

// addVariables are those that the changes and steps take, with values that are free in the account.
func (m *mending) addVariables(p *Plan) {
	s := m.start.at(p.Account)
	region := ""
	used := map[string]bool{}
	note := func(text string) {
		for _, part := range Text(text) {
			used[part.Variable] = true
		}
	}
	for _, c := range p.Changes {
		note(c.Why)
		for _, call := range c.Calls {
			text, err := call.Parameters.MarshalJSON()
			if err == nil {
				note(string(text))
			}
		}
		if c.Kind == BucketKind {
			region = c.Region
		}
	}
	for _, step := range p.Steps {
		note(step.Text)
		for _, command := range step.Commands {
			note(command)
		}
	}
	for _, name := range variableNames {
		if used[name] {
			p.Variables = append(p.Variables, m.variable(name, s, region))
		}
	}
}

func (m *mending) variable(name string, s *snapshots.Snapshot, region string) Variable {
	o := m.options
	switch name {
	case TopicEmail:
		return Variable{Name: name, Value: o.Email, About: "the mail address that hears the alarms; its owner must confirm"}
	case TopicName:
		free := func(taken string) bool {
			return slices.ContainsFunc(s.SNS.Topics, func(t snapshots.Topic) bool { return lastPart(t.TopicArn) == taken })
		}
		value := vacant("cistern-alarms", free)
		if o.Topic != "" && !strings.Contains(o.Topic, ":") {
			value = o.Topic
		}
		return Variable{Name: name, Value: value, About: "the new SNS topic of the alarms"}
	case Namespace:
		return Variable{Name: name, Value: cmp.Or(o.Namespace, "CISBenchmark"), About: "the namespace of new metrics"}
	case LogGroupName:
		taken := func(name string) bool {
			return slices.ContainsFunc(s.Logs.LogGroups, func(g snapshots.LogGroup) bool { return g.LogGroupName == name })
		}
		return Variable{Name: name, Value: vacant("CloudTrail/management-events", taken), About: "the new log group that the trail delivers to"}
	case RoleName:
		taken := func(name string) bool { return m.start.roleTaken(s.Account.ID, name) }
		return Variable{Name: name, Value: vacant(defaultRole, taken), About: "the role by which CloudTrail writes to the log group"}
	case TrailName:
		taken := func(name string) bool {
			return slices.ContainsFunc(s.CloudTrail.Trails, func(t snapshots.Trail) bool { return t.Name == name })
		}
		return Variable{Name: name, Value: vacant("management-events", taken), About: "the new trail"}
	case TrailBucket:
		return Variable{Name: name, Value: "cloudtrail-" + s.Account.ID + "-" + region, About: "the new bucket of the trail's log files; its name must be nobody else's"}
	}
	return Variable{Name: name, Value: o.Key, About: "the ARN of the KMS key that encrypts the trail's log files", Optional: true}
}
