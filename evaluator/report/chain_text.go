package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// held is said of a link that the verdict found to hold where the report has no record of it.
const held = "it holds, by the verdict"

func (s *sight) trailText(step *Step) string {
	name := "trail " + few(s.trailNames)
	if s.trail.fields == nil {
		return name + ": " + held
	}
	status, _ := s.trail.fields["Status"].(map[string]any)
	logging, known := status["IsLogging"].(bool)
	regions := "records every region"
	if all, _ := s.trail.fields["IsMultiRegionTrail"].(bool); !all {
		regions = "records its home region only"
	}
	if whole, _ := s.trail.fields["IsOrganizationTrail"].(bool); whole {
		regions += " of the whole organisation"
	}
	switch {
	case !known && s.finding.Status == Pass: // another account's record says so
		return name + " " + regions
	case !known:
		step.State = StepUnseen
		return name + " " + regions + "; whether it is logging was not read"
	case !logging:
		return name + " " + regions + " and is not logging"
	}
	return name + " is logging and " + regions
}

func (s *sight) selectorsText(step *Step) string {
	if s.trail.fields == nil {
		return held
	}
	classic, hasClassic := s.trail.fields["EventSelectors"].([]any)
	advanced, hasAdvanced := s.trail.fields["AdvancedEventSelectors"].([]any)
	if custom, told := s.trail.fields["HasCustomEventSelectors"].(bool); !hasClassic && !hasAdvanced && (custom || !told) {
		if s.finding.Status != Pass {
			step.State = StepUnseen
		}
		return "what it records was not read"
	}
	if len(classic)+len(advanced) == 0 {
		return "it has no selectors of its own, so that AWS records all management events"
	}
	var parts []string
	for _, each := range classic {
		selector, _ := each.(map[string]any)
		if part := classicText(selector); part != "" {
			parts = append(parts, part)
		}
	}
	for _, each := range advanced {
		selector, _ := each.(map[string]any)
		if part := advancedText(selector); part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return "it records no management events"
	}
	return "it records " + strings.Join(slices.Compact(parts), ", and ")
}

// classicText is the management events that a selector lets through.
func classicText(selector map[string]any) string {
	if wanted, said := selector["IncludeManagementEvents"].(bool); said && !wanted {
		return ""
	}
	text := map[string]string{"ReadOnly": "management events that read", "WriteOnly": "management events that write"}[fmt.Sprint(selector["ReadWriteType"])]
	text = cmp.Or(text, "all management events")
	if without := texts(selector["ExcludeManagementEventSources"]); len(without) > 0 {
		text += " but those of " + few(without)
	}
	return text
}

// advancedText is the same of an advanced selector: its conditions on management events.
func advancedText(selector map[string]any) string {
	fields, _ := selector["FieldSelectors"].([]any)
	management := false
	var parts []string
	for _, each := range fields {
		field, _ := each.(map[string]any)
		name, _ := field["Field"].(string)
		if name == "eventCategory" {
			management = slices.Contains(texts(field["Equals"]), "Management")
			continue
		}
		for _, form := range [...][2]string{
			{"Equals", "is"}, {"StartsWith", "starts with"}, {"EndsWith", "ends with"},
			{"NotEquals", "is not"}, {"NotStartsWith", "does not start with"}, {"NotEndsWith", "does not end with"},
		} {
			if values := texts(field[form[0]]); len(values) > 0 {
				parts = append(parts, name+" "+form[1]+" "+few(values))
			}
		}
	}
	switch {
	case !management:
		return ""
	case len(parts) == 0:
		return "all management events"
	}
	return "management events whose " + strings.Join(parts, " and ")
}

func (s *sight) groupText() string {
	text := "it delivers to log group " + few(s.groupNames)
	if len(s.groupNames) == 0 {
		text = held
	}
	status, _ := s.trail.fields["Status"].(map[string]any)
	if last, _ := status["LatestCloudWatchLogsDeliveryTime"].(string); last != "" {
		text += ", last at " + last
	}
	return text
}

func (s *sight) filterText() string {
	var fed []string
	for _, filter := range s.filters {
		transformations, _ := filter.fields["metricTransformations"].([]any)
		for _, each := range transformations {
			t, _ := each.(map[string]any)
			fed = append(fed, fmt.Sprintf("%v/%v", t["metricNamespace"], t["metricName"]))
		}
	}
	switch {
	case len(s.filterNames) == 0:
		return "the log group has metric filters"
	case len(fed) == 0:
		return count(s.filterNames, "filter", "filters")
	case len(fed) > 1:
		return count(s.filterNames, "filter", "filters") + " of it feed the metrics " + few(fed)
	}
	return count(s.filterNames, "filter", "filters") + " of it feeds metric " + fed[0]
}

func (s *sight) patternText() string {
	var patterns []string
	for _, filter := range s.filters {
		if pattern, ok := filter.fields["filterPattern"].(string); ok {
			patterns = append(patterns, cmp.Or(pattern, `""`))
		}
	}
	if len(patterns) == 1 {
		return "it covers the control: " + patterns[0]
	}
	if len(patterns) > 1 {
		return fmt.Sprintf("together their %d patterns cover the control", len(patterns))
	}
	return held
}

// signs are the comparisons of alarms.
var signs = map[string]string{
	"GreaterThanOrEqualToThreshold": ">=", "GreaterThanThreshold": ">", "LessThanThreshold": "<", "LessThanOrEqualToThreshold": "<=",
}

func (s *sight) alarmText() string {
	if len(s.alarmed) == 0 {
		return held
	}
	text := count(s.alarmed, "alarm", "alarms")
	if len(s.alarms) != 1 || s.alarms[0].fields == nil {
		return text + map[bool]string{true: " watches the metric", false: " watch the metrics"}[len(s.alarmed) == 1]
	}
	alarm := s.alarms[0].fields
	if alarm["MetricName"] == nil {
		return text + " watches an expression on the metric"
	}
	text += fmt.Sprintf(" watches %v/%v: %v %s %v", alarm["Namespace"], alarm["MetricName"],
		first(alarm, "Statistic", "ExtendedStatistic"), cmp.Or(signs[fmt.Sprint(alarm["ComparisonOperator"])], fmt.Sprint(alarm["ComparisonOperator"])), alarm["Threshold"])
	periods, needed := alarm["EvaluationPeriods"], first(alarm, "DatapointsToAlarm", "EvaluationPeriods")
	if fmt.Sprint(periods) == "1" {
		return text + fmt.Sprintf(" in a period of %v s", alarm["Period"])
	}
	return text + fmt.Sprintf(" in %v of %v periods of %v s", needed, periods, alarm["Period"])
}

// first is the first field of the names that there is.
func first(fields map[string]any, names ...string) any {
	for _, name := range names {
		if fields[name] != nil {
			return fields[name]
		}
	}
	return nil
}

func (s *sight) subscriptionText(step *Step) string {
	var confirmed []string
	for _, r := range s.subscriptions {
		if arn, _ := r.fields["SubscriptionArn"].(string); strings.HasPrefix(arn, "arn:") {
			protocol, _ := r.fields["Protocol"].(string)
			endpoint, _ := r.fields["Endpoint"].(string)
			confirmed = append(confirmed, cmp.Or(strings.Join(nonEmpty(protocol, endpoint), " "), lastOf(arn, ":")))
		}
	}
	if len(confirmed) == 0 {
		return "somebody has confirmed a subscription"
	}
	step.Names = confirmed
	return "confirmed: " + few(confirmed)
}

// count is one name or several, after their kind.
func count(names []string, one, many string) string {
	if len(names) == 1 {
		return one + " " + names[0]
	}
	return many + " " + few(names)
}
