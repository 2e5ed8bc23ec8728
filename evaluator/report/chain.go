package report

import (
	"fmt"
	"slices"
	"strings"
)

// Step is one part of the way of an event from the trail to a person, as far as a finding tells.
type Step struct {
	Link     string // one of Chain
	State    StepState
	Text     string   // what was seen there, or why it is not known
	Names    []string // of the resources, as a person calls them
	Pointers []string // to their records
}

// StepState is how a step was found.
type StepState string

// The states of a step. What comes after a step that is broken or unseen is beyond: the event does not get there, or nobody knows.
const (
	StepOK     StepState = "ok"
	StepBroken StepState = "broken"
	StepUnseen StepState = "unseen"
	StepBeyond StepState = "beyond"
)

// Steps are what a finding says of each link of the chain, in the order of Chain, told with the account's records where the report has them.
// A finding of a control that does not follow the chain has none.
func Steps(a *Account, f *Finding) []Step {
	if _, asked := f.Evidence["wanted"]; !asked {
		return nil
	}
	broke := slices.Index(Chain[:], f.Link)
	switch {
	case f.Status == Pass:
		broke = len(Chain)
	case broke < 0:
		return nil
	}
	seen := newSight(a, f)
	steps := make([]Step, len(Chain))
	for i, link := range Chain {
		step := Step{Link: link, State: StepBeyond, Text: "not reached"}
		switch {
		case i < broke:
			step = seen.step(link)
		case i == broke:
			step.State, step.Text = StepUnseen, f.Message
			if f.Status == Fail {
				step.State = StepBroken
			}
			at := seen.step(link)
			step.Names, step.Pointers = at.Names, at.Pointers
		}
		steps[i] = step
	}
	return steps
}

// record is one thing that a finding points to.
type record struct {
	pointer string
	fields  map[string]any
}

// sight is what a finding lets one see of the chain.
type sight struct {
	finding                                      *Finding
	trail                                        record
	filters, alarms, topics, subscriptions       []record
	trailNames, groupNames, filterNames, alarmed []string
	told                                         []string // topics and what else alarms act on
}

func newSight(a *Account, f *Finding) *sight {
	s := &sight{finding: f}
	for _, pointer := range f.Pointers {
		fields, _ := a.Records[pointer].(map[string]any)
		one := record{pointer, fields}
		_, path, other := strings.Cut(pointer, "#")
		if !other {
			path = pointer
		}
		for start, list := range map[string]*[]record{
			"/logs/metric_filters/": &s.filters, "/cloudwatch/alarms/": &s.alarms, "/sns/topics/": &s.topics, "/sns/subscriptions/": &s.subscriptions,
		} {
			if strings.HasPrefix(path, start) {
				*list = append(*list, one)
			}
		}
		if strings.HasPrefix(path, "/cloudtrail/trails/") {
			s.trail = one
		}
	}
	for _, arn := range texts(f.Evidence["trail"]) {
		s.trailNames = []string{lastOf(arn, "/")}
	}
	groups := texts(f.Evidence["log_group"])
	if len(groups) == 0 {
		groups = texts(s.trail.fields["CloudWatchLogsLogGroupArn"])
	}
	for _, arn := range groups {
		s.groupNames = []string{groupName(arn)}
	}
	s.filterNames, s.alarmed = texts(f.Evidence["filters"]), texts(f.Evidence["alarms"])
	for _, arn := range texts(f.Evidence["actions"]) {
		s.told = append(s.told, lastOf(arn, ":"))
	}
	return s
}

// step is a link that holds, unless its record does not say so.
func (s *sight) step(link string) Step {
	step := Step{Link: link, State: StepOK}
	if s.trail.pointer != "" && slices.Contains([]string{"trail", "event_selectors", "log_group"}, link) {
		step.Pointers = []string{s.trail.pointer}
	}
	switch link {
	case "trail":
		step.Names = s.trailNames
		step.Text = s.trailText(&step)
	case "event_selectors":
		step.Text = s.selectorsText(&step)
	case "log_group":
		step.Names = s.groupNames
		step.Text = s.groupText()
	case "metric_filter":
		step.Names, step.Pointers = s.filterNames, pointersOf(s.filters)
		step.Text = s.filterText()
	case "pattern":
		step.Pointers = pointersOf(s.filters)
		step.Text = s.patternText()
	case "alarm":
		step.Names, step.Pointers = s.alarmed, pointersOf(s.alarms)
		step.Text = s.alarmText()
	case "action":
		step.Names, step.Pointers = s.told, pointersOf(s.alarms)
		step.Text = "acts on " + few(s.told)
	case "topic":
		step.Names, step.Pointers = s.told, pointersOf(s.topics)
		step.Text = "topic " + few(s.told) + " exists"
	case "subscription":
		step.Pointers = pointersOf(s.subscriptions)
		step.Text = s.subscriptionText(&step)
	}
	return step
}

func pointersOf(records []record) []string {
	var all []string
	for _, r := range records {
		all = append(all, r.pointer)
	}
	return all
}

// texts is a text, or the texts of a list.
func texts(value any) []string {
	switch v := value.(type) {
	case string:
		if v != "" {
			return []string{v}
		}
	case []string:
		return v
	case []any:
		var all []string
		for _, each := range v {
			all = append(all, texts(each)...)
		}
		return all
	}
	return nil
}

// lastOf is the part of a name after the last separator.
func lastOf(name, separator string) string { return name[strings.LastIndex(name, separator)+1:] }

// groupName is the name in arn:PARTITION:logs:REGION:ACCOUNT:log-group:NAME:*
func groupName(arn string) string {
	parts := strings.Split(arn, ":")
	const name = 6
	if len(parts) <= name {
		return arn
	}
	return parts[name]
}

// few names some of a list.
func few(names []string) string {
	const most = 4
	return someOf(names, most)
}

// someOf names the first of a list, and how many there are besides.
func someOf(names []string, most int) string {
	if more := len(names) - most; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), more)
	}
	return strings.Join(names, ", ")
}
