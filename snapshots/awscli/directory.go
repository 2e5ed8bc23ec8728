package awscli

import (
	"net/url"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

// resource is what calls are made about: its ARN, the region that knows it best, its name.
type resource struct {
	arn, region, name string
	seenIn            []string // regions that list it; nil: its own
}

// directory finds the resource that an answer is about.
type directory struct {
	resources []resource
	named     [4]map[string][]int // by ARN, ARN made plain, name, name made plain: the best fit first
}

func newDirectory(resources []resource) *directory {
	d := &directory{resources: resources}
	for level := range d.named {
		d.named[level] = map[string][]int{}
	}
	for i, r := range resources {
		d.named[0][r.arn] = append(d.named[0][r.arn], i)
		d.named[1][plain(r.arn)] = append(d.named[1][plain(r.arn)], i)
		d.named[2][r.name] = append(d.named[2][r.name], i)
		d.named[3][plain(r.name)] = append(d.named[3][plain(r.name)], i)
		if arn, ok := snapshots.ParseARN(r.arn); ok && plain(arn.Resource) != plain(r.name) { // trail/NAME
			d.named[3][plain(arn.Resource)] = append(d.named[3][plain(arn.Resource)], i)
		}
	}
	return d
}

// match is the resource that an answer is about, -1 if that is none, or not to be told.
func (d *directory) match(f *file) int {
	if arn := f.subject(); arn != "" {
		if found := d.named[0][arn]; len(found) > 0 {
			return found[0]
		}
		return -1
	}
	name := f.name
	if decoded, err := url.PathUnescape(name); err == nil {
		name = decoded
	}
	for _, word := range []string{name, numberedTail(name)} {
		for level, spelt := range []string{word, plain(word), word, plain(word)} {
			if found := d.named[level][spelt]; spelt != "" && len(found) > 0 {
				return d.nearest(found, f.region)
			}
		}
	}
	if f.guessed {
		if found := d.mentioned(plain(name)); len(found) > 0 {
			return d.nearest(found, f.region)
		}
	}
	if len(d.resources) == 1 && (f.name == "" || f.guessed) {
		return 0
	}
	return -1
}

// nearest is the one of several resources of a name that the region means, -1 if it means none or several.
func (d *directory) nearest(found []int, region string) int {
	if len(found) == 1 {
		return found[0]
	}
	for _, knows := range []func(r resource) bool{
		func(r resource) bool { return r.region == region },
		func(r resource) bool { return slices.Contains(r.seenIn, region) },
	} {
		near := slices.DeleteFunc(slices.Clone(found), func(i int) bool { return !knows(d.resources[i]) })
		if len(near) == 1 {
			return near[0]
		}
	}
	return -1
}

// mentioned are the resources with the longest name that stands in a file's name.
func (d *directory) mentioned(name string) []int {
	var found []int
	longest := 0
	for i, r := range d.resources {
		word := plain(r.name)
		if word == "" || len(word) < longest || !strings.Contains("-"+name+"-", "-"+word+"-") {
			continue
		}
		if len(word) > longest {
			found, longest = nil, len(word)
		}
		found = append(found, i)
	}
	return found
}

// subject is the ARN that an answer itself says it is about.
func (f *file) subject() string {
	if f.failure != nil {
		return ""
	}
	var values []string
	switch f.call.operation {
	case "get-event-selectors":
		values = []string{string(f.fields["TrailARN"])}
	case "get-alarm-mute-rule":
		values = []string{string(f.fields["AlarmMuteRuleArn"])}
	case "get-topic-attributes":
		values = f.ownFields()
	case "list-subscriptions-by-topic", "list-subscriptions":
		topics := map[string]bool{}
		for _, value := range fieldsOf(f.fields["Subscriptions"], "TopicArn") {
			topics[value] = true
		}
		values = []string{only(topics)}
	}
	if len(values) != 1 {
		return ""
	}
	return strings.Trim(values[0], `"`)
}

// numberedTail is a name without the number of a part at its end: topic.2 is topic.
func numberedTail(name string) string {
	i := strings.LastIndexByte(name, '.')
	if i <= 0 || i == len(name)-1 || strings.Trim(name[i+1:], "0123456789") != "" {
		return name
	}
	return name[:i]
}

// plain is a name in which everything but letters and digits is alike, for : and / do not go into file names.
func plain(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(name) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 0x7f {
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
			continue
		}
		gap = true
	}
	return b.String()
}
