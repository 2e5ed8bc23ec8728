package remediation

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// terraform is a configuration that is being written.
type terraform struct {
	hcl
	plan    *Plan
	regions []string
	taken   map[string]bool
	labels  map[*Change]string
	made    map[madeName]string // the expression of what another change creates
}

// writeTerraform writes a configuration for Terraform or OpenTofu. What is new is a resource; what is there and changes is one, too, with
// all that the snapshot has of it, and an import block, so that terraform plan shows what differs and nothing else.
func writeTerraform(w io.Writer, p *Plan) error {
	t := &terraform{plan: p, regions: regionsOf(p), taken: map[string]bool{}, labels: map[*Change]string{}, made: map[madeName]string{}}
	comment(&t.Buffer, fmt.Sprintf("What account %s needs, as its snapshot of %s shows it (%s). Made by cistern fix.", p.Account, p.CollectedAt, p.Digest))
	if len(p.Changes) == 0 {
		comment(&t.Buffer, "There is nothing that a change would mend.")
	}
	all := declaredOf(p)
	if slices.ContainsFunc(all, func(d *declared) bool { return d.existing() != nil }) {
		comment(&t.Buffer, "What is there already is imported, and then changed: read what terraform plan says. If a resource is in the state of "+
			"another configuration, change it there, and delete it and its import block here.")
	}
	writeSteps(&t.Buffer, p)
	if len(p.Changes) > 0 {
		t.settings()
		for _, d := range all {
			t.name(d)
		}
		for _, d := range all {
			t.resource(d)
		}
	}
	_, err := w.Write(append([]byte(strings.TrimRight(t.String(), "\n")), '\n'))
	return err
}

// settings are what stands at the top: versions, variables and providers.
func (t *terraform) settings() {
	t.block("terraform", func() {
		t.set("required_version", `">= 1.5"`)
		t.block("required_providers", func() {
			t.set("aws", "{\n  source  = \"hashicorp/aws\"\n  version = \">= 5.0\"\n}")
		})
	})
	for _, v := range t.plan.Variables {
		t.block(`variable "`+strings.ToLower(v.Name)+`"`, func() {
			t.set("description", hclQuoted(v.About))
			t.set("type", "string")
			if v.Value != "" {
				t.set("default", hclQuoted(v.Value))
			} else if v.Optional {
				t.set("default", "null")
			}
		})
	}
	for i, region := range t.regions {
		t.block(`provider "aws"`, func() {
			if i > 0 {
				t.set("alias", hclQuoted(regionLabel(region)))
			}
			t.set("region", hclQuoted(region))
			t.set("allowed_account_ids", hclList([]string{hclQuoted(t.plan.Account)}))
		})
	}
}

// regionLabel is a region as a name of Terraform's language.
func regionLabel(region string) string {
	return strings.ToLower(strings.Join(words("region " + region)[1:], "_"))
}

// terraformTypes are the types of the resources that changes are.
var terraformTypes = map[Kind]string{
	BucketKind: "aws_s3_bucket", LogGroupKind: "aws_cloudwatch_log_group", RoleKind: "aws_iam_role", TrailKind: "aws_cloudtrail",
	SelectorsKind: "aws_cloudtrail", LoggingKind: "aws_cloudtrail", TopicKind: "aws_sns_topic", SubscriptionKind: "aws_sns_topic_subscription",
	FilterKind: "aws_cloudwatch_log_metric_filter", AlarmKind: "aws_cloudwatch_metric_alarm", HubKind: "aws_securityhub_account",
}

// name gives a resource its label, and notes the texts by which others name it.
func (t *terraform) name(d *declared) {
	c := d.first()
	all := words(strings.ToLower(strings.Join(words(t.plan.Resolve(c.Name)), " ")))
	if len(all) == 0 || all[0][0] >= '0' && all[0][0] <= '9' {
		all = append([]string{string(c.Kind)}, all...)
	}
	stem := strings.Join(all, "_")
	stem = strings.TrimRight(stem[:min(len(stem), 60)], "_")
	label := stem
	for n := 2; t.taken[terraformTypes[c.Kind]+"."+label]; n++ {
		label = stem + "_" + strconv.Itoa(n)
	}
	t.taken[terraformTypes[c.Kind]+"."+label] = true
	t.labels[c] = label
	name, arn := c.made()
	address := t.address(c)
	note := func(text, expression string) {
		if text != "" {
			t.made[madeName{c.Kind, c.Region, text}] = expression
		}
	}
	switch c.Kind {
	case LogGroupKind:
		note(name, address+".name")
		note(arn, `"${`+address+`.arn}:*"`)
	case BucketKind:
		note(name, address+".id")
	case TopicKind:
		note(arn, address+".arn")
	case RoleKind:
		note("arn:"+t.plan.Partition+":iam::"+t.plan.Account+":role/"+name, address+".arn")
	}
}

func (t *terraform) address(c *Change) string { return terraformTypes[c.Kind] + "." + t.labels[c] }

// refer is a text that may name what another change creates.
func (t *terraform) refer(kind Kind, region, text string) string {
	if expression, ok := t.made[madeName{kind, region, text}]; ok {
		return expression
	}
	return hclText(text)
}

// resource writes a resource behind its purpose; one that cannot be written as what to do in its place.
func (t *terraform) resource(d *declared) {
	c := d.first()
	t.WriteString("\n")
	for _, line := range d.purpose(t.plan) {
		comment(&t.Buffer, line)
	}
	if missing := terraformMisses(d); missing != "" {
		comment(&t.Buffer, fmt.Sprintf("Terraform has no way to write %s, so that this is yours to do:", missing))
		for _, command := range d.commands() {
			t.WriteString("#   " + command + "\n")
		}
		return
	}
	t.begun = false
	if d.existing() != nil {
		comment(&t.Buffer, "Is there already. Differs from the snapshot in: "+strings.Join(d.fields(), ", ")+".")
		t.block("import", func() {
			t.set("to", t.address(c))
			t.set("id", hclQuoted(importID(c)))
		})
	}
	switch c.Kind {
	case BucketKind:
		t.bucket(c)
	case RoleKind:
		t.role(c)
	case TrailKind, SelectorsKind, LoggingKind:
		t.trail(d)
	case FilterKind:
		t.filter(c)
	case AlarmKind:
		t.alarm(c)
	default:
		t.simple(c)
	}
}

// importID is how the provider finds what is there.
func importID(c *Change) string {
	switch {
	case c.Trail != nil:
		return c.Trail.TrailARN
	case c.Filter != nil:
		return c.Filter.LogGroupName + ":" + c.Filter.FilterName
	}
	return c.Alarm.AlarmName
}

// terraformMisses names what of a resource the provider's schema lacks, or Terraform would change; empty if there is nothing.
func terraformMisses(d *declared) string {
	c := d.first()
	for _, c := range d.changes {
		for _, call := range c.Calls {
			if !composed(asciiless(call.Parameters)) {
				return "texts that are not in Unicode's composed form"
			}
		}
	}
	if f := c.Filter; f != nil {
		switch {
		case isTrue(f.ApplyOnTransformedLogs):
			return "a metric filter of transformed events"
		case orEmpty(f.FieldSelectionCriteria) != "" || len(f.EmitSystemFieldDimensions) > 0:
			return "a metric filter that selects accounts or regions"
		case len(f.MetricTransformations) != 1:
			return "a metric filter of several metrics"
		}
	}
	if c.Alarm != nil && beyondThreshold(c.Alarm) != "" {
		return beyondThreshold(c.Alarm)
	}
	return ""
}

// asciiless is a value as JSON whose signs stand for themselves.
func asciiless(value any) string {
	text, err := marshal(value)
	if err != nil {
		return "" // of texts, numbers and lists only: cannot happen
	}
	return string(text)
}

// open begins the block of a resource.
func (t *terraform) open(kind, label, region string, body func()) {
	t.block(fmt.Sprintf("resource %q %q", kind, label), func() {
		if region != t.regions[0] {
			t.set("provider", "aws."+regionLabel(region))
		}
		body()
	})
}
