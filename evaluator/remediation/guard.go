package remediation

import (
	"fmt"
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

// guard is the question whether a call is needed: a call that reads, and a JMESPath query of its answer that is true if all is as it
// shall be, and "other" if what is there must not be replaced. Then the script ends with the message, which holds visible ASCII signs alone.
type guard struct {
	service, operation string
	parameters         Object
	query              string
	message            string
}

// unless lets the call be made only if a condition holds, and otherwise ends the script; it is never made in place of something if the
// condition is empty.
func (g guard) unless(condition, message string) guard {
	query := "(" + g.query + ") && `true`"
	if condition != "" {
		query += " || (" + condition + ") && `\"change\"`"
	}
	g.query, g.message = query+" || `\"other\"`", message
	return g
}

// elsewhere is the message of something that is neither as the snapshot has it nor as it shall be.
func elsewhere(what string, name any) string {
	return what + " " + asciiJSON(name) + " is neither as the snapshot has it nor as the plan wants it, and was left as it is: " +
		"look at it, collect the account again, and run cistern fix on that"
}

// occupied is the message of something new whose name something else has.
func occupied(what string, name any, out string) string {
	return what + " " + asciiJSON(name) + " is there already and is another than the plan wants; it was left as it is: " + out
}

// guardOf is the question that stands before a call.
func guardOf(c *Change, call Call) guard {
	in := call.Parameters
	switch call.Operation {
	case "create-log-group":
		return guard{"logs", "describe-log-groups", Object{{"logGroupNamePrefix", in.Of("logGroupName")}}, some("logGroups", is("logGroupName", in.Of("logGroupName"))), ""}
	case "put-metric-filter":
		g, may := filterGuard(in), none("metricFilters", is("filterName", in.Of("filterName")))
		if c.was != nil && c.was.Filter != nil {
			may += " || " + filterGuard(filterOf(c.was.Filter)).query
		}
		return g.unless(may, elsewhere("metric filter", in.Of("filterName")))
	case "put-metric-alarm":
		g, may := alarmGuard(in), none("MetricAlarms", is("AlarmName", in.Of("AlarmName")))
		if c.was != nil && c.was.Alarm != nil {
			may += " || " + alarmGuard(alarmOf(c.was.Alarm)).query
		}
		return g.unless(may, elsewhere("alarm", in.Of("AlarmName")))
	case "enable-alarm-actions":
		return guard{"cloudwatch", "describe-alarms", in, some("MetricAlarms", is("ActionsEnabled", true)), ""}
	case "create-topic":
		arn := c.Topic.TopicArn
		return guard{"sns", "get-topic-attributes", Object{{"TopicArn", arn}}, is("Attributes.TopicArn", arn), ""}
	case "subscribe":
		return guard{"sns", "list-subscriptions-by-topic", Object{{"TopicArn", in.Of("TopicArn")}},
			some("Subscriptions", is("Protocol", in.Of("Protocol")), is("Endpoint", in.Of("Endpoint"))), ""}
	case "enable-security-hub":
		return guard{"securityhub", "describe-hub", Object{}, "HubArn != `null`", ""}
	}
	if call.Service == "cloudtrail" {
		return trailGuard(c, call)
	}
	return ownGuard(call)
}

// ownGuard is that of roles and buckets.
func ownGuard(call Call) guard {
	in := call.Parameters
	switch call.Operation {
	case "create-role": // a role of that name that others may assume is not this one
		document, _ := in.Of("AssumeRolePolicyDocument").(Document)
		return guard{"iam", "get-role", Object{{"RoleName", in.Of("RoleName")}}, is("Role.AssumeRolePolicyDocument", Object(document)), ""}.
			unless("", occupied("role", in.Of("RoleName"), "set "+RoleName+" to a free name"))
	case "put-role-policy":
		document, _ := in.Of("PolicyDocument").(Document)
		return guard{"iam", "get-role-policy", Object{{"RoleName", in.Of("RoleName")}, {"PolicyName", in.Of("PolicyName")}}, is("PolicyDocument", Object(document)), ""}.
			unless("", occupied("inline policy", in.Of("PolicyName"), "if nobody needs it, delete it from role "+asciiJSON(in.Of("RoleName"))+", and run this again"))
	case "create-bucket":
		return guard{"s3api", "list-buckets", Object{}, some("Buckets", is("Name", in.Of("Bucket"))), ""}
	case "put-public-access-block":
		const field = "PublicAccessBlockConfiguration"
		return guard{"s3api", "get-public-access-block", Object{{"Bucket", in.Of("Bucket")}}, is(field, in.Of(field)), ""}.
			unless("", occupied("the public access block of bucket", in.Of("Bucket"), "set it by hand if nothing needs the access, or set "+TrailBucket+" to a free name"))
	}
	return policyGuard(in)
}

// policyGuard takes a bucket's policy as it shall be if it holds the ids of the wanted statements, too: then somebody has
// added them to what was there. AWS refuses a trail whose bucket does not take its files.
func policyGuard(in Object) guard {
	document, _ := in.Of("Policy").(Document)
	list, _ := Object(document).Of("Statement").([]Object)
	has := []string{}
	for _, s := range list {
		has = append(has, "contains(Policy, `"+asciiJSON(s.Of("Sid"))+"`)")
	}
	query := is("Policy", in.Of("Policy")) + " || " + strings.Join(has, " && ")
	return guard{"s3api", "get-bucket-policy", Object{{"Bucket", in.Of("Bucket")}}, query, ""}.
		unless("", occupied("the policy of bucket", in.Of("Bucket"), "set "+TrailBucket+" to a free name, or add these statements to it by hand, with their ids, and run this again: "+asciiJSON(list)))
}

func trailGuard(c *Change, call Call) guard {
	arn := c.Trail.TrailARN
	name := trailName(c.Trail)
	trail := Object{{"Name", name}}
	switch call.Operation {
	case "create-trail":
		return newTrailGuard(call.Parameters, arn)
	case "start-logging":
		return guard{"cloudtrail", "get-trail-status", trail, is("IsLogging", true), ""}
	case "put-event-selectors":
		var all []string
		for _, m := range call.Parameters[1:] {
			all = append(all, selectorsAre(m))
		}
		g := guard{"cloudtrail", "get-event-selectors", Object{{"TrailName", name}}, strings.Join(all, " && "), ""}
		was := c.wasTrail()
		if was == nil || len(was.EventSelectors)+len(was.AdvancedEventSelectors) == 0 {
			return g
		}
		all = nil
		for _, m := range selectorsOf(was)[1:] {
			all = append(all, selectorsAre(m))
		}
		return g.unless(strings.Join(all, " && "), elsewhere("the event selectors of trail", name))
	}
	var all, may []string
	before := c.before()
	for _, m := range call.Parameters[1:] {
		field := "Trail." + trailField(m.Name)
		all = append(all, is(field, m.Value))
		if was, known := before[trailField(m.Name)]; known {
			may = append(may, "("+is(field, m.Value)+" || "+is(field, was)+")")
		}
	}
	g := guard{"cloudtrail", "get-trail", trail, strings.Join(all, " && "), ""}
	if len(may) == 0 {
		return g
	}
	return g.unless(strings.Join(may, " && "), elsewhere("trail", name))
}

// selectorsAre asks whether a trail's selectors are these. An empty list of a basic one may be absent from the answer.
func selectorsAre(m Member) string {
	list, ok := m.Value.([]Object)
	if m.Name != "EventSelectors" || !ok {
		return is(m.Name, m.Value)
	}
	conditions := []string{fmt.Sprintf("length(%s || `[]`) == `%d`", m.Name, len(list))}
	for i, selector := range list {
		for _, f := range selector {
			field := fmt.Sprintf("%s[%d].%s", m.Name, i, f.Name)
			if text := asciiJSON(f.Value); strings.HasPrefix(text, "[") {
				field = "(" + field + " || `[]`)"
			}
			conditions = append(conditions, is(field, f.Value))
		}
	}
	return strings.Join(conditions, " && ")
}

// newTrailGuard takes a trail that is there for the new one only if it is as the new one shall be.
func newTrailGuard(in Object, arn string) guard {
	all := []string{is("Trail.TrailARN", arn)}
	for _, m := range in[1:] {
		all = append(all, is("Trail."+trailField(m.Name), m.Value))
	}
	return guard{"cloudtrail", "get-trail", Object{{"Name", in.Of("Name")}}, strings.Join(all, " && "), ""}.
		unless("", occupied("trail", in.Of("Name"), "collect the account again and run cistern fix on that, or set "+TrailName+" to a free name"))
}

// trailField is how an answer of AWS calls a parameter of a trail.
func trailField(parameter string) string {
	if parameter == "EnableLogFileValidation" {
		return "LogFileValidationEnabled"
	}
	return parameter
}

// wasTrail is the trail as the snapshot has it, nil if it is new.
func (c *Change) wasTrail() *snapshots.Trail {
	if c.was == nil || c.Create {
		return nil
	}
	return c.was.Trail
}

// before are the fields of the trail as the snapshot has them, those that it does not know left out. Of texts that are absent AWS says null.
func (c *Change) before() map[string]any {
	t := c.wasTrail()
	if t == nil {
		return nil
	}
	all := map[string]any{
		"CloudWatchLogsLogGroupArn": t.CloudWatchLogsLogGroupArn, "CloudWatchLogsRoleArn": t.CloudWatchLogsRoleArn, "KmsKeyId": t.KmsKeyId,
	}
	for name, flag := range map[string]*bool{
		"IsMultiRegionTrail": t.IsMultiRegionTrail, "IncludeGlobalServiceEvents": t.IncludeGlobalServiceEvents, "LogFileValidationEnabled": t.LogFileValidationEnabled,
	} {
		if flag != nil {
			all[name] = *flag
		}
	}
	return all
}

func filterGuard(in Object) guard {
	conditions := []string{is("filterName", in.Of("filterName")), is("filterPattern", in.Of("filterPattern"))}
	list, _ := in.Of("metricTransformations").([]Object)
	for i, t := range list {
		for _, name := range []string{"metricName", "metricNamespace", "metricValue", "defaultValue"} {
			conditions = append(conditions, is(fmt.Sprintf("metricTransformations[%d].%s", i, name), t.Of(name)))
		}
	}
	return guard{"logs", "describe-metric-filters", Object{{"logGroupName", in.Of("logGroupName")}, {"filterNamePrefix", in.Of("filterName")}},
		some("metricFilters", conditions...), ""}
}

func alarmGuard(in Object) guard {
	var conditions []string
	for _, name := range []string{
		"AlarmName", "ActionsEnabled", "MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Unit", "EvaluationPeriods",
		"DatapointsToAlarm", "Threshold", "ComparisonOperator", "TreatMissingData",
	} {
		conditions = append(conditions, is(name, in.Of(name)))
	}
	for _, name := range []string{"AlarmActions", "OKActions", "InsufficientDataActions", "Dimensions"} {
		value := in.Of(name)
		if value == nil {
			value = []string{}
		}
		conditions = append(conditions, is("("+name+" || `[]`)", value))
	}
	return guard{"cloudwatch", "describe-alarms", Object{{"AlarmNames", []any{in.Of("AlarmName")}}}, some("MetricAlarms", conditions...), ""}
}

// is asks of JMESPath whether a field has a value; null is that of a field which is not there.
func is(field string, value any) string { return field + " == `" + asciiJSON(value) + "`" }

// some asks whether a list has a member for which all conditions hold.
func some(list string, conditions ...string) string {
	return "length(" + list + "[?" + strings.Join(conditions, " && ") + "]) > `0`"
}

// none asks whether a list has no member for which a condition holds.
func none(list, condition string) string { return "length(" + list + "[?" + condition + "]) == `0`" }
