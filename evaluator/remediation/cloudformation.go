package remediation

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// cloudformation is a template that is being written.
type cloudformation struct {
	plan    *Plan
	all     []*declared // that CloudFormation can say
	others  []*declared // that it cannot
	regions []string
	taken   map[string]bool
	ids     map[*Change]string
	made    map[madeName]any // what another change creates
	used    map[string]bool  // conditions
}

// noValue leaves a property out.
const noValue = yamlSource("!Ref AWS::NoValue")

// writeCloudFormation writes a template for a stack in each region where something changes: each resource has the condition that the stack
// is in its account and region. What is there already is imported into the stack as it is, and changed by the update that follows: for
// that, each property that differs has two values, of which the parameter Stage chooses one.
func writeCloudFormation(w io.Writer, p *Plan) error {
	t := &cloudformation{plan: p, regions: regionsOf(p), taken: map[string]bool{}, ids: map[*Change]string{}, made: map[madeName]any{}, used: map[string]bool{}}
	for _, d := range declaredOf(p) {
		if cloudformationMisses(d) == "" {
			t.all = append(t.all, d)
		} else {
			t.others = append(t.others, d)
		}
	}
	var b bytes.Buffer
	comment(&b, fmt.Sprintf("What account %s needs, as its snapshot of %s shows it (%s). Made by cistern fix.", p.Account, p.CollectedAt, p.Digest))
	if len(p.Changes) == 0 {
		comment(&b, "There is nothing that a change would mend, so that the stack has one resource, which is none.")
	}
	for _, d := range t.all {
		t.name(d)
	}
	t.writeCommands(&b)
	writeSteps(&b, p)
	t.writeOthers(&b)
	var template bytes.Buffer
	t.writeTemplate(&template)
	if b.Len()+template.Len() > mostInline {
		comment(&b, "The file is too long to be sent with a call: put it into a bucket, and give --template-url and --s3-bucket.")
		b.WriteString("\n")
	}
	_, err := w.Write(append(b.Bytes(), template.Bytes()...))
	return err
}

// mostInline is how long a template in a call may be, but for the lines that say that this one is too long.
const mostInline = 51_200 - 200

// writeOthers writes as comments what CloudFormation cannot say.
func (t *cloudformation) writeOthers(b *bytes.Buffer) {
	for _, d := range t.others {
		for _, line := range d.purpose(t.plan) {
			comment(b, line)
		}
		comment(b, fmt.Sprintf("CloudFormation has no way to write %s, so that this is yours to do:", cloudformationMisses(d)))
		for _, command := range d.commands() {
			b.WriteString("#   " + command + "\n")
		}
		b.WriteString("\n")
	}
}

// cloudformationMisses names what of a resource no template can say; empty if there is nothing.
func cloudformationMisses(d *declared) string {
	c := d.first()
	switch {
	case c.Filter != nil && len(c.Filter.MetricTransformations) != 1:
		return "a metric filter of several metrics"
	case c.Alarm != nil:
		return beyondThreshold(c.Alarm)
	case c.Trail != nil && (c.Trail.Status == nil || c.Trail.Status.IsLogging == nil):
		return "a trail of which is not known whether it records"
	}
	return ""
}

// importsIn are the resources of a region that are there already.
func (t *cloudformation) importsIn(region string) []*declared {
	return slices.DeleteFunc(slices.Clone(t.all), func(d *declared) bool { return d.existing() == nil || d.first().Region != region })
}

func (t *cloudformation) imports() bool {
	return slices.ContainsFunc(t.all, func(d *declared) bool { return d.existing() != nil })
}

// stackName is the stack that the commands in a template name.
const stackName = "cistern-fix"

// writeCommands writes as comments what makes the stacks.
func (t *cloudformation) writeCommands(b *bytes.Buffer) {
	if len(t.all) == 0 {
		return
	}
	if t.imports() {
		comment(b, "What is there already is imported into the stack first, as the snapshot has it, and nothing is changed; the second command "+
			"updates the stack, which changes it. AWS refuses to import what another stack has: then change it there, and delete it here.")
	}
	comment(b, "Read it, and make the stack so; TEMPLATE is this file:")
	capabilities := ""
	if slices.ContainsFunc(t.all, func(d *declared) bool { return d.is(RoleKind) }) {
		capabilities = " --capabilities CAPABILITY_NAMED_IAM"
	}
	overrides, parameters := t.overrides()
	for _, region := range t.regions {
		if !slices.ContainsFunc(t.all, func(d *declared) bool { return d.first().Region == region }) {
			continue
		}
		stack := fmt.Sprintf("--region %s --stack-name %s", quoted(region), stackName)
		if list := t.importsIn(region); len(list) > 0 {
			fmt.Fprintf(b, "#   aws cloudformation create-change-set %s --change-set-name import --change-set-type IMPORT --template-body \"file://$TEMPLATE\"%s \\\n",
				stack, capabilities)
			fmt.Fprintf(b, "#     --parameters ParameterKey=Stage,ParameterValue=import%s \\\n#     --resources-to-import %s\n", parameters, shellJSON(t.identified(list)))
			fmt.Fprintf(b, "#   aws cloudformation wait change-set-create-complete %s --change-set-name import\n", stack)
			fmt.Fprintf(b, "#   aws cloudformation execute-change-set %s --change-set-name import\n", stack)
			fmt.Fprintf(b, "#   aws cloudformation wait stack-import-complete %s\n", stack)
		}
		fmt.Fprintf(b, "#   aws cloudformation deploy %s --template-file \"$TEMPLATE\"%s%s\n", stack, capabilities, overrides)
	}
}

// overrides are the parameters that have no value of their own, as the two commands take them.
func (t *cloudformation) overrides() (overrides, parameters string) {
	if t.imports() {
		overrides = " Stage=change"
	}
	for _, v := range t.plan.Variables {
		if v.Value == "" && !v.Optional {
			overrides += fmt.Sprintf(` %s="$%s"`, parameterName(v.Name), v.Name)
			parameters += fmt.Sprintf(` ParameterKey=%s,ParameterValue="$%s"`, parameterName(v.Name), v.Name)
		}
	}
	if overrides != "" {
		overrides = " --parameter-overrides" + overrides
	}
	return overrides, parameters
}

// identified are resources as CreateChangeSet takes those that it shall import.
func (t *cloudformation) identified(list []*declared) []Object {
	var all []Object
	for _, d := range list {
		c := d.first()
		id := Object{{"AlarmName", c.Name}}
		if c.Filter != nil {
			id = Object{{"LogGroupName", c.Filter.LogGroupName}, {"FilterName", c.Filter.FilterName}}
		} else if c.Trail != nil {
			id = Object{{"TrailName", c.Trail.Name}}
		}
		all = append(all, Object{{"ResourceType", cloudformationTypes[c.Kind]}, {"LogicalResourceId", t.ids[c]}, {"ResourceIdentifier", id}})
	}
	return all
}

// cloudformationTypes are the types of the resources that changes are.
var cloudformationTypes = map[Kind]string{
	BucketKind: "AWS::S3::Bucket", LogGroupKind: "AWS::Logs::LogGroup", RoleKind: "AWS::IAM::Role", TrailKind: "AWS::CloudTrail::Trail",
	SelectorsKind: "AWS::CloudTrail::Trail", LoggingKind: "AWS::CloudTrail::Trail", TopicKind: "AWS::SNS::Topic", SubscriptionKind: "AWS::SNS::Subscription",
	FilterKind: "AWS::Logs::MetricFilter", AlarmKind: "AWS::CloudWatch::Alarm", HubKind: "AWS::SecurityHub::Hub",
}

// name gives a resource its logical id, and notes the texts by which others name it.
func (t *cloudformation) name(d *declared) {
	c := d.first()
	stem := camel(strings.Join(words(t.plan.Resolve(c.Name)), " "))
	stem = stem[:min(len(stem), 100)]
	kind := cloudformationTypes[c.Kind][strings.LastIndexByte(cloudformationTypes[c.Kind], ':')+1:]
	id := stem + kind
	for n := 2; t.taken[id]; n++ {
		id = stem + kind + strconv.Itoa(n)
	}
	t.taken[id] = true
	t.ids[c] = id
	name, arn := c.made()
	note := func(text string, value any) {
		if text != "" {
			t.made[madeName{c.Kind, c.Region, text}] = value
		}
	}
	reference, attribute := yamlSource("!Ref "+id), yamlSource("!GetAtt "+id+".Arn")
	switch c.Kind {
	case LogGroupKind:
		note(name, reference)
		note(arn, attribute)
	case BucketKind:
		note(name, reference)
	case TopicKind:
		note(arn, reference)
	case RoleKind:
		note("arn:"+t.plan.Partition+":iam::"+t.plan.Account+":role/"+name, attribute)
	}
}

// parameterName is a variable as a template's parameter: TopicEmail.
func parameterName(variable string) string {
	return camel(strings.ToLower(variable))
}

// regionID is a region as part of a name: UsEast1.
func regionID(region string) string { return camel(strings.Join(words(region), " ")) }

// text is a text of a plan as a value: its variables are the template's parameters.
func (t *cloudformation) text(text string) any {
	parts := Text(text)
	if len(parts) == 1 && parts[0].Variable != "" {
		return t.parameter(parts[0].Variable)
	}
	literal := !slices.ContainsFunc(parts, func(part Part) bool { return part.Variable != "" })
	if literal {
		return text
	}
	if strings.Contains(text, "$") {
		list := []any{}
		for _, part := range parts {
			if part.Variable != "" {
				list = append(list, yamlSource("!Ref "+parameterName(part.Variable)))
				continue
			}
			list = append(list, part.Literal)
		}
		return yamlTagged{"!Join", []any{"", list}}
	}
	var b strings.Builder
	for _, part := range parts {
		b.WriteString(part.Literal)
		if part.Variable != "" {
			b.WriteString("${" + parameterName(part.Variable) + "}")
		}
	}
	return yamlTagged{"!Sub", b.String()}
}

// parameter is the value of a variable; one that may be missing leaves its property out then.
func (t *cloudformation) parameter(variable string) any {
	name := parameterName(variable)
	for _, v := range t.plan.Variables {
		if v.Name == variable && v.Optional {
			t.used["Has"+name] = true
			return yamlTagged{"!If", []any{yamlSource("Has" + name), yamlSource("!Ref " + name), noValue}}
		}
	}
	return yamlSource("!Ref " + name)
}

// refer is a text that may name what another change creates.
func (t *cloudformation) refer(kind Kind, region, text string) any {
	if value, ok := t.made[madeName{kind, region, text}]; ok {
		return value
	}
	return t.text(text)
}
