package fakeaws

import (
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

// listed is an alarm of some type, in the list where it is answered.
type listed struct {
	list   string
	record any
}

func describeAlarms(r *request) (any, error) {
	types := r.params.list("AlarmTypes")
	if types == nil {
		types = []string{"MetricAlarm"}
	}
	if slices.Contains(types, "LogAlarm") && r.account.NoLogAlarms {
		return nil, &refusal{400, "ValidationError", "1 validation error detected: Value '[" + strings.Join(types, ", ") +
			"]' at 'alarmTypes' failed to satisfy constraint: Member must satisfy constraint: " +
			"[Member must satisfy enum value set: [CompositeAlarm, MetricAlarm]]"}
	}
	page, next, err := paged(r, r.alarms(types))
	if err != nil {
		return nil, err
	}
	fields := object{"MetricAlarms": []object{}, "CompositeAlarms": []object{}}
	if !r.account.NoLogAlarms {
		fields["LogAlarms"] = []object{}
	}
	for _, alarm := range page {
		one, err := wire(alarm.record)
		if err != nil {
			return nil, err
		}
		fields[alarm.list] = append(fields[alarm.list].([]object), one)
	}
	return withToken(fields, "NextToken", next), nil
}

// alarms are the alarms of some types that a call asks for, one list for them all, as pages are cut of it.
func (r *request) alarms(types []string) []listed {
	names, prefix := r.params.list("AlarmNames"), r.params.text("AlarmNamePrefix")
	wanted := func(kind, region, name string) bool {
		return slices.Contains(types, kind) && region == r.Region && strings.HasPrefix(name, prefix) &&
			(names == nil || slices.Contains(names, name))
	}
	var all []listed
	for _, a := range r.account.Snapshot.CloudWatch.Alarms {
		if wanted("MetricAlarm", a.Region, a.AlarmName) {
			all = append(all, listed{"MetricAlarms", a})
		}
	}
	for _, a := range r.account.Snapshot.CloudWatch.CompositeAlarms {
		if wanted("CompositeAlarm", a.Region, a.AlarmName) {
			all = append(all, listed{"CompositeAlarms", a})
		}
	}
	for _, a := range r.account.Snapshot.CloudWatch.LogAlarms {
		if wanted("LogAlarm", a.Region, a.AlarmName) {
			all = append(all, listed{"LogAlarms", a})
		}
	}
	return all
}

func listAlarmMuteRules(r *request) (any, error) {
	statuses := r.params.list("Statuses")
	rules := where(r.account.Snapshot.CloudWatch.MuteRules, func(m snapshots.MuteRule) bool {
		return m.Region == r.Region && (statuses == nil || m.Status != nil && slices.Contains(statuses, *m.Status))
	})
	page, next, err := paged(r, rules)
	if err != nil {
		return nil, err
	}
	list, err := wired(page, "Name", "Description", "StartDate", "MuteTargets", "Rule")
	return withToken(object{"AlarmMuteRuleSummaries": list}, "NextToken", next), err
}

func getAlarmMuteRule(r *request) (any, error) {
	for _, m := range r.account.Snapshot.CloudWatch.MuteRules {
		named := m.Name != nil && *m.Name == r.Resource || m.Name == nil && strings.HasSuffix(m.AlarmMuteRuleArn, ":"+r.Resource)
		if m.Region == r.Region && named {
			return wire(m)
		}
	}
	return nil, &refusal{404, "ResourceNotFoundException", "Alarm mute rule " + r.Resource + " does not exist"}
}
