package remediation

import (
	"bytes"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

// writeTemplate writes the template, section by section.
func (t *cloudformation) writeTemplate(b *bytes.Buffer) {
	resources, outputs := t.resources()
	template := yamlMap{
		{"AWSTemplateFormatVersion", "2010-09-09"},
		{"Description", "What account " + t.plan.Account + " needs to pass its controls, made by cistern fix"},
		{"Metadata", yamlMap{{"Cistern", yamlMap{
			{"Account", t.plan.Account}, {"Snapshot", t.plan.Digest}, {"CollectedAt", t.plan.CollectedAt},
		}}}},
	}
	if parameters := t.parameters(); len(parameters) > 0 {
		template = append(template, yamlMember{"Parameters", parameters})
	}
	if conditions := t.conditions(); len(conditions) > 0 {
		template = append(template, yamlMember{"Conditions", conditions})
	}
	sections := len(template)
	template = append(template, yamlMember{"Resources", resources})
	if len(outputs) > 0 {
		template = append(template, yamlMember{"Outputs", outputs})
	}
	for i, m := range template {
		if i > 1 {
			b.WriteByte('\n')
		}
		if i != sections {
			b.WriteString(strings.Join(yamlNamed(m), "\n") + "\n")
			continue
		}
		b.WriteString("Resources:\n")
		for j, r := range resources {
			if j > 0 {
				b.WriteByte('\n')
			}
			if j < len(t.all) {
				t.writePurpose(b, t.all[j])
			}
			b.WriteString(strings.Join(indented(yamlNamed(r)), "\n") + "\n")
		}
	}
}

// writePurpose writes as comments what a resource is for.
func (t *cloudformation) writePurpose(b *bytes.Buffer, d *declared) {
	var lines bytes.Buffer
	for _, line := range d.purpose(t.plan) {
		comment(&lines, line)
	}
	if d.existing() != nil {
		comment(&lines, "Is there already. Differs from the snapshot in: "+strings.Join(d.fields(), ", ")+".")
	}
	for line := range strings.Lines(lines.String()) {
		b.WriteString("  " + line)
	}
}

func (t *cloudformation) parameters() yamlMap {
	var all yamlMap
	if t.imports() {
		all = append(all, yamlMember{"Stage", yamlMap{
			{"Description", "import takes what is there into the stack as it is; change then makes the changes"},
			{"Type", yamlSource("String")}, {"AllowedValues", []any{"import", "change"}},
		}})
	}
	for _, v := range t.plan.Variables {
		p := yamlMap{{"Description", v.About}, {"Type", yamlSource("String")}}
		if v.Value != "" || v.Optional {
			p = append(p, yamlMember{"Default", v.Value})
		} else {
			p = append(p, yamlMember{"MinLength", 1})
		}
		all = append(all, yamlMember{parameterName(v.Name), p})
	}
	return all
}

// conditions are those that resources and properties name.
func (t *cloudformation) conditions() yamlMap {
	var all yamlMap
	equals := func(name, value string) any {
		return yamlTagged{"!Equals", []any{yamlSource("!Ref " + name), value}}
	}
	if t.imports() {
		all = append(all, yamlMember{"Importing", equals("Stage", "import")})
	}
	for _, region := range t.regions {
		in, change := "In"+regionID(region), "ChangeIn"+regionID(region)
		if t.used[in] || t.used[change] {
			all = append(all, yamlMember{in, yamlTagged{"!And", []any{equals("AWS::AccountId", t.plan.Account), equals("AWS::Region", region)}}})
		}
		if t.used[change] {
			all = append(all, yamlMember{change, yamlTagged{"!And", []any{
				yamlSource("!Condition " + in), yamlTagged{"!Not", []any{yamlSource("!Condition Importing")}},
			}}})
		}
	}
	for _, v := range t.plan.Variables {
		if name := parameterName(v.Name); t.used["Has"+name] {
			all = append(all, yamlMember{"Has" + name, yamlTagged{"!Not", []any{equals(name, "")}}})
		}
	}
	return all
}

// condition is that of a resource: of one that is there, that the stack is in its region; of a new one also that nothing is imported now.
func (t *cloudformation) condition(d *declared) string {
	name := "In" + regionID(d.first().Region)
	if t.imports() && d.existing() == nil {
		name = "ChangeIn" + regionID(d.first().Region)
	}
	t.used[name] = true
	return name
}

// resources are those of the changes, in their order, then those that belong to one of them; and what the stack tells of them.
func (t *cloudformation) resources() (all, outputs yamlMap) {
	var more yamlMap
	for _, d := range t.all {
		c := d.first()
		id, condition := t.ids[c], t.condition(d)
		kind := cloudformationTypes[c.Kind]
		if c.Role != nil && c.Role.Existing {
			kind = "AWS::IAM::RolePolicy"
		}
		r := yamlMap{{"Type", yamlSource(kind)}, {"Condition", yamlSource(condition)}}
		if d.existing() != nil || c.Kind == BucketKind || c.Kind == LogGroupKind {
			r = append(r, yamlMember{"DeletionPolicy", yamlSource("Retain")}, yamlMember{"UpdateReplacePolicy", yamlSource("Retain")})
		}
		if c.Kind == BucketKind {
			more = append(more, yamlMember{id + "Policy", yamlMap{
				{"Type", yamlSource("AWS::S3::BucketPolicy")}, {"Condition", yamlSource(condition)},
				{"Properties", yamlMap{{"Bucket", yamlSource("!Ref " + id)}, {"PolicyDocument", t.value(c.Bucket.Policy)}}},
			}})
		}
		if c.Trail != nil {
			if needed := t.needed(c.Region); len(needed) > 0 {
				r = append(r, yamlMember{"DependsOn", needed})
			}
		}
		properties := t.properties(d, c)
		if was := d.existing(); was != nil {
			properties = staged(t.properties(d, was), properties)
		}
		if len(properties) > 0 {
			r = append(r, yamlMember{"Properties", properties})
		}
		all = append(all, yamlMember{id, r})
		if !t.imports() && c.Kind == TopicKind { // an import must not add outputs
			outputs = append(outputs, yamlMember{id + "Arn", yamlMap{
				{"Description", "The topic that tells of alarms"}, {"Condition", yamlSource(condition)}, {"Value", yamlSource("!Ref " + id)},
			}})
		}
	}
	if len(all) == 0 {
		all = yamlMap{{"Nothing", yamlMap{{"Type", yamlSource("AWS::CloudFormation::WaitConditionHandle")}}}}
	}
	return append(all, more...), outputs
}

// staged are properties of which those that differ have the old value while what is there is imported.
func staged(was, is yamlMap) yamlMap {
	var all yamlMap
	orNone := func(value any) any {
		if value == nil {
			return noValue
		}
		return value
	}
	for _, m := range is {
		old := was.of(m.name)
		if old == nil || !same(old, m.value) {
			m.value = yamlTagged{"!If", []any{yamlSource("Importing"), orNone(old), m.value}}
		}
		all = append(all, m)
	}
	for _, m := range was {
		if is.of(m.name) == nil {
			all = append(all, yamlMember{m.name, yamlTagged{"!If", []any{yamlSource("Importing"), m.value, noValue}}})
		}
	}
	return all
}

// needed are the resources of a region that a trail needs without naming them.
func (t *cloudformation) needed(region string) []any {
	var all []any
	for _, d := range t.all {
		c := d.first()
		switch {
		case c.Region == region && c.Kind == BucketKind:
			all = append(all, yamlSource(t.ids[c]+"Policy"))
		case c.Region == region && c.Kind == RoleKind && c.Role.Existing:
			all = append(all, yamlSource(t.ids[c]))
		}
	}
	return all
}

// properties are those of a resource, with the record of c: as it shall be, or as it is.
func (t *cloudformation) properties(d *declared, c *Change) yamlMap {
	switch d.first().Kind {
	case BucketKind:
		return yamlMap{{"BucketName", t.text(c.Bucket.Name)}, {"PublicAccessBlockConfiguration", yamlMap{
			{"BlockPublicAcls", true}, {"IgnorePublicAcls", true}, {"BlockPublicPolicy", true}, {"RestrictPublicBuckets", true},
		}}}
	case LogGroupKind:
		return yamlMap{{"LogGroupName", t.text(c.LogGroup.LogGroupName)}}
	case RoleKind:
		r := c.Role
		if r.Existing {
			return yamlMap{{"RoleName", t.text(r.Name)}, {"PolicyName", t.text(r.Inline)}, {"PolicyDocument", t.value(r.Policy)}}
		}
		return yamlMap{{"RoleName", t.text(r.Name)}, {"AssumeRolePolicyDocument", t.value(r.Trust)}, {"Policies", []any{
			yamlMap{{"PolicyName", t.text(r.Inline)}, {"PolicyDocument", t.value(r.Policy)}},
		}}}
	case TopicKind:
		return yamlMap{{"TopicName", t.text(lastPart(c.Topic.TopicArn))}}
	case SubscriptionKind:
		n := c.Subscription
		return yamlMap{{"TopicArn", t.refer(TopicKind, n.Region, n.TopicArn)}, {"Protocol", n.Protocol}, {"Endpoint", t.text(n.Endpoint)}}
	case FilterKind:
		return t.filter(c.Filter)
	case AlarmKind:
		return t.alarm(c.Alarm)
	case HubKind:
		return yamlMap{{"EnableDefaultStandards", false}}
	}
	return t.trail(c.Trail, d)
}

func (t *cloudformation) filter(f *snapshots.MetricFilter) yamlMap {
	m := f.MetricTransformations[0]
	transformation := yamlMap{
		{"MetricNamespace", t.text(m.MetricNamespace)}, {"MetricName", t.text(m.MetricName)}, {"MetricValue", t.text(orEmpty(m.MetricValue))},
	}
	if m.DefaultValue != nil {
		transformation = append(transformation, yamlMember{"DefaultValue", yamlSource(number(*m.DefaultValue))})
	}
	transformation = transformation.with("Unit", t.optional(m.Unit))
	var dimensions []any
	for key, value := range m.Dimensions {
		dimensions = append(dimensions, yamlMap{{"Key", key}, {"Value", value}})
	}
	slices.SortFunc(dimensions, func(a, b any) int {
		return strings.Compare(a.(yamlMap)[0].value.(string), b.(yamlMap)[0].value.(string))
	})
	if len(dimensions) > 0 {
		transformation = append(transformation, yamlMember{"Dimensions", dimensions})
	}
	all := yamlMap{
		{"FilterName", t.text(f.FilterName)}, {"LogGroupName", t.refer(LogGroupKind, f.Region, f.LogGroupName)},
		{"FilterPattern", t.text(orEmpty(f.FilterPattern))}, {"MetricTransformations", []any{transformation}},
	}
	if isTrue(f.ApplyOnTransformedLogs) {
		all = append(all, yamlMember{"ApplyOnTransformedLogs", true})
	}
	all = all.with("FieldSelectionCriteria", t.optional(f.FieldSelectionCriteria))
	if len(f.EmitSystemFieldDimensions) > 0 {
		all = append(all, yamlMember{"EmitSystemFieldDimensions", t.value(f.EmitSystemFieldDimensions)})
	}
	return all
}

// alarm are the parameters of PutMetricAlarm, which has the names of the properties.
func (t *cloudformation) alarm(a *snapshots.Alarm) yamlMap {
	var all yamlMap
	for _, m := range alarmOf(a) {
		value := t.value(m.Value)
		if actions, ok := m.Value.([]string); ok {
			list := []any{}
			for _, action := range actions {
				list = append(list, t.refer(TopicKind, a.Region, action))
			}
			value = list
		}
		all = append(all, yamlMember{m.Name, value})
	}
	return all
}

func (t *cloudformation) trail(trail *snapshots.Trail, d *declared) yamlMap {
	region := d.first().Region
	all := yamlMap{{"TrailName", t.text(trail.Name)}, {"S3BucketName", t.refer(BucketKind, region, orEmpty(trail.S3BucketName))}}
	all = all.with("S3KeyPrefix", t.optional(trail.S3KeyPrefix)).with("SnsTopicName", t.optional(trail.SnsTopicName))
	for _, m := range []struct {
		name  string
		value *bool
	}{
		{"IsLogging", trail.Status.IsLogging}, {"IsMultiRegionTrail", trail.IsMultiRegionTrail}, {"IsOrganizationTrail", trail.IsOrganizationTrail},
		{"IncludeGlobalServiceEvents", trail.IncludeGlobalServiceEvents}, {"EnableLogFileValidation", trail.LogFileValidationEnabled},
	} {
		if m.value != nil {
			all = append(all, yamlMember{m.name, *m.value})
		}
	}
	if trail.CloudWatchLogsLogGroupArn != nil {
		all = append(all, yamlMember{"CloudWatchLogsLogGroupArn", t.refer(LogGroupKind, region, *trail.CloudWatchLogsLogGroupArn)})
	}
	if trail.CloudWatchLogsRoleArn != nil {
		all = append(all, yamlMember{"CloudWatchLogsRoleArn", t.refer(RoleKind, region, *trail.CloudWatchLogsRoleArn)})
	}
	all = all.with("KMSKeyId", t.optional(trail.KmsKeyId))
	if d.is(SelectorsKind) || isTrue(trail.HasCustomEventSelectors) {
		for _, m := range selectorsOf(trail)[1:] {
			if value := t.value(m.Value); !same(value, []any{}) {
				all = append(all, yamlMember{m.Name, value})
			}
		}
	}
	return all
}

// optional is a text that may be missing.
func (t *cloudformation) optional(text *string) any {
	if text == nil {
		return nil
	}
	return t.text(*text)
}

// value is a value of a call or of a policy document.
func (t *cloudformation) value(value any) any {
	switch v := value.(type) {
	case string:
		return t.text(v)
	case float64:
		return yamlSource(number(v))
	case Document:
		return t.value(Object(v))
	case Object:
		all := yamlMap{}
		for _, m := range v {
			all = append(all, yamlMember{m.Name, t.value(m.Value)})
		}
		return all
	case []string:
		list := []any{}
		for _, text := range v {
			list = append(list, t.text(text))
		}
		return list
	case []Object:
		list := []any{}
		for _, o := range v {
			list = append(list, t.value(o))
		}
		return list
	}
	return value
}
