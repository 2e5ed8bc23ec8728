package remediation

import (
	"fmt"
	"strings"
)

// guard is the question whether a call is needed: a call that reads, and a JMESPath query of its answer that is true if all is as it
// shall be.
type guard struct {
	service, operation string
	parameters         Object
	query              string
}

// guardOf is the question that stands before a call.
func guardOf(c *Change, call Call) guard {
	in := call.Parameters
	switch call.Operation {
	case "create-log-group":
		return guard{"logs", "describe-log-groups", Object{{"logGroupNamePrefix", in.Of("logGroupName")}}, some("logGroups", is("logGroupName", in.Of("logGroupName")))}
	case "put-metric-filter":
		return filterGuard(in)
	case "put-metric-alarm":
		return alarmGuard(in)
	case "enable-alarm-actions":
		return guard{"cloudwatch", "describe-alarms", in, some("MetricAlarms", is("ActionsEnabled", true))}
	case "create-topic":
		arn := c.Topic.TopicArn
		return guard{"sns", "get-topic-attributes", Object{{"TopicArn", arn}}, is("Attributes.TopicArn", arn)}
	case "subscribe":
		return guard{"sns", "list-subscriptions-by-topic", Object{{"TopicArn", in.Of("TopicArn")}},
			some("Subscriptions", is("Protocol", in.Of("Protocol")), is("Endpoint", in.Of("Endpoint")))}
	case "enable-security-hub":
		return guard{"securityhub", "describe-hub", Object{}, "HubArn != `null`"}
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
	case "create-role": // a role of that name that others may assume is not this one: AWS then refuses to create it, which ends the script
		document, _ := in.Of("AssumeRolePolicyDocument").(Document)
		return guard{"iam", "get-role", Object{{"RoleName", in.Of("RoleName")}}, is("Role.AssumeRolePolicyDocument", Object(document))}
	case "put-role-policy":
		document, _ := in.Of("PolicyDocument").(Document)
		return guard{"iam", "get-role-policy", Object{{"RoleName", in.Of("RoleName")}, {"PolicyName", in.Of("PolicyName")}}, is("PolicyDocument", Object(document))}
	case "create-bucket":
		return guard{"s3api", "list-buckets", Object{}, some("Buckets", is("Name", in.Of("Bucket")))}
	case "put-public-access-block":
		const field = "PublicAccessBlockConfiguration"
		return guard{"s3api", "get-public-access-block", Object{{"Bucket", in.Of("Bucket")}}, is(field, in.Of(field))}
	}
	return guard{"s3api", "get-bucket-policy", Object{{"Bucket", in.Of("Bucket")}}, is("Policy", in.Of("Policy"))}
}

func trailGuard(c *Change, call Call) guard {
	arn := c.Trail.TrailARN
	name := trailName(c.Trail)
	trail := Object{{"Name", name}}
	switch call.Operation {
	case "create-trail":
		return guard{"cloudtrail", "get-trail", trail, is("Trail.TrailARN", arn)}
	case "start-logging":
		return guard{"cloudtrail", "get-trail-status", trail, is("IsLogging", true)}
	case "put-event-selectors":
		var all []string
		for _, m := range call.Parameters[1:] {
			all = append(all, is(m.Name, m.Value))
		}
		return guard{"cloudtrail", "get-event-selectors", Object{{"TrailName", name}}, strings.Join(all, " && ")}
	}
	var all []string
	for _, m := range call.Parameters[1:] {
		name := m.Name
		if name == "EnableLogFileValidation" {
			name = "LogFileValidationEnabled"
		}
		all = append(all, is("Trail."+name, m.Value))
	}
	return guard{"cloudtrail", "get-trail", trail, strings.Join(all, " && ")}
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
		some("metricFilters", conditions...)}
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
	return guard{"cloudwatch", "describe-alarms", Object{{"AlarmNames", []any{in.Of("AlarmName")}}}, some("MetricAlarms", conditions...)}
}

// is asks of JMESPath whether a field has a value; null is that of a field which is not there.
func is(field string, value any) string { return field + " == `" + asciiJSON(value) + "`" }

// some asks whether a list has a member for which all conditions hold.
func some(list string, conditions ...string) string {
	return "length(" + list + "[?" + strings.Join(conditions, " && ") + "]) > `0`"
}
