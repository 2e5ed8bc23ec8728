package awscli

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

// eachAnswer reads the answers of a call that lists a region's resources. Errors, pages to come and regions that have
// no file become gaps. It tells whether any region was read.
func (b *builder) eachAnswer(operation string, read func(*file) error) (bool, error) {
	files := b.answers(operation)
	any := false
	for len(files) > 0 {
		n := 1
		for n < len(files) && files[n].region == files[0].region {
			n++
		}
		parts := files[:n]
		files = files[n:]
		for _, f := range parts {
			if f.failure != nil {
				b.gapOf(f, nil)
				continue
			}
			if err := read(f); err != nil {
				return false, err
			}
			any = true
		}
		b.truncated(parts, nil)
	}
	b.unasked(operation)
	return any, nil
}

// unasked records the regions in which a call was not made.
func (b *builder) unasked(operation string) {
	c := b.call(operation)
	asked := map[string]bool{}
	for _, f := range b.answers(operation) {
		asked[f.region] = true
	}
	if asked[""] {
		return // a flat folder, whose files do not say where they are from
	}
	regions := b.expected()
	for _, region := range regions {
		if !asked[region] {
			b.gap(region, c, nil, "the folder has no output of it")
		}
	}
	if len(regions) == 0 {
		b.gap("", c, nil, "the folder has no output of it")
	}
}

// truncated records that the files of one call do not hold all its pages: all but one of them may say that more are to
// come, when they are the pages themselves.
func (b *builder) truncated(parts []*file, resource *string) {
	open, answered := 0, 0
	for _, f := range parts {
		if f.failure == nil {
			answered++
			if f.unfinished() {
				open++
			}
		}
	}
	if open == 0 || open == answered-1 && consecutive(parts) {
		return
	}
	f := parts[0]
	b.s.Gaps = append(b.s.Gaps, snapshots.Gap{Region: f.region, Service: f.call.service, Operation: f.call.operation,
		Resource: resource, Kind: snapshots.Failed, Code: snapshots.CodeTruncated,
		Message: fmt.Sprintf("%d of %d files end with a token for a next page that is not there", open, answered)})
}

// consecutive tells whether numbered files leave none out.
func consecutive(parts []*file) bool {
	var numbers []int
	for _, f := range parts {
		if n, err := strconv.Atoi(f.name[strings.LastIndexByte(f.name, '.')+1:]); err == nil {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	for i := 1; i < len(numbers); i++ {
		if numbers[i] != numbers[i-1]+1 {
			return false
		}
	}
	return len(numbers) == 0 || numbers[0] <= 1
}

// unfinished tells whether an answer says that more is to come.
func (f *file) unfinished() bool {
	for _, name := range []string{"NextToken", "nextToken"} {
		if raw := bytes.TrimSpace(f.fields[name]); len(raw) > 0 && !slices.Contains([]string{"null", `""`}, string(raw)) {
			return true
		}
	}
	return string(bytes.TrimSpace(f.fields["IsTruncated"])) == "true"
}

// once leaves out records that are there twice, byte for byte.
func once[T any](records []T) []T {
	seen := map[string]bool{}
	return slices.DeleteFunc(records, func(record T) bool {
		data, err := snapshots.Marshal(record)
		if err != nil {
			return false // writing the snapshot will say so
		}
		again := seen[string(data)]
		seen[string(data)] = true
		return again
	})
}

func (b *builder) logs() error {
	var groups []snapshots.LogGroup
	any, err := b.eachAnswer("describe-log-groups", func(f *file) error {
		var answer struct {
			LogGroups []snapshots.LogGroup `json:"logGroups"`
			Extra     snapshots.Extra      `json:",extra"`
		}
		err := b.unmarshal(f, &answer, &answer.Extra)
		for _, g := range answer.LogGroups {
			g.Region = f.region
			groups = append(groups, g)
		}
		return err
	})
	if err != nil {
		return err
	}
	if any {
		b.s.Logs.LogGroups = snapshots.Listed(once(groups))
	}
	return b.metricFilters()
}

func (b *builder) metricFilters() error {
	var filters []snapshots.MetricFilter
	any, err := b.eachAnswer("describe-metric-filters", func(f *file) error {
		var answer struct {
			MetricFilters []snapshots.MetricFilter `json:"metricFilters"`
			Extra         snapshots.Extra          `json:",extra"`
		}
		err := b.unmarshal(f, &answer, &answer.Extra)
		for _, m := range answer.MetricFilters {
			m.Region = f.region
			filters = append(filters, m)
		}
		return err
	})
	if any {
		b.s.Logs.MetricFilters = snapshots.Listed(once(filters))
	}
	b.oneGroupOnly()
	return err
}

// oneGroupOnly records that filters were asked for by log group (a file named after one), where a trail delivers to
// another.
func (b *builder) oneGroupOnly() {
	asked := map[string][]string{}
	whole := map[string]bool{}
	c := b.call("describe-metric-filters")
	for _, f := range b.answers(c.operation) {
		if f.guessed || numbered().MatchString(f.name) || regionIn(f.name) != "" {
			whole[f.region] = true
		} else {
			asked[f.region] = append(asked[f.region], plain(f.name))
		}
	}
	for _, t := range b.s.CloudTrail.Trails {
		arn, ok := snapshots.ParseARN(deref(t.CloudWatchLogsLogGroupArn))
		names := asked[arn.Region]
		if !ok || whole[arn.Region] || len(names) == 0 {
			continue
		}
		name := plain(groupName(arn))
		if !slices.ContainsFunc(names, func(n string) bool { return strings.Contains(n, name) }) {
			b.gap(arn.Region, c, nil, "asked of other log groups only, not of "+groupName(arn))
			whole[arn.Region] = true
		}
	}
}

func (b *builder) alarms() error {
	w := &b.s.CloudWatch
	asked := map[string]map[string]bool{"MetricAlarms": {}, "CompositeAlarms": {}, "LogAlarms": {}}
	_, err := b.eachAnswer("describe-alarms", func(f *file) error {
		var answer struct {
			MetricAlarms    []snapshots.Alarm          `json:"MetricAlarms"`
			CompositeAlarms []snapshots.CompositeAlarm `json:"CompositeAlarms"`
			LogAlarms       []snapshots.LogAlarm       `json:"LogAlarms"`
			Extra           snapshots.Extra            `json:",extra"`
		}
		err := b.unmarshal(f, &answer, &answer.Extra)
		for i := range answer.MetricAlarms {
			answer.MetricAlarms[i].Region = f.region
		}
		for i := range answer.CompositeAlarms {
			answer.CompositeAlarms[i].Region = f.region
		}
		for i := range answer.LogAlarms {
			answer.LogAlarms[i].Region = f.region
		}
		w.Alarms = join(w.Alarms, answer.MetricAlarms)
		w.CompositeAlarms = join(w.CompositeAlarms, answer.CompositeAlarms)
		w.LogAlarms = join(w.LogAlarms, answer.LogAlarms)
		for name, regions := range asked {
			if f.fields[name] != nil || len(f.fields) == 0 {
				regions[f.region] = true
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	w.Alarms, w.CompositeAlarms, w.LogAlarms = once(w.Alarms), once(w.CompositeAlarms), once(w.LogAlarms)
	b.otherAlarms(asked)
	return nil
}

// join adds records to a list; a list that was read and holds nothing stays one that was read.
func join[T any](list, more []T) []T {
	if more == nil {
		return list
	}
	return append(snapshots.Listed(list), more...)
}

// otherAlarms records the kinds of alarm that answers do not speak of: describe-alarms tells of metric alarms alone
// unless it is asked for more. The gap names the kind, so that it is none of the region's metric alarms.
func (b *builder) otherAlarms(asked map[string]map[string]bool) {
	c := b.call("describe-alarms")
	answered := map[string]bool{}
	for _, f := range b.answers(c.operation) {
		if f.failure == nil {
			answered[f.region] = true
		}
	}
	regions := sortedRegions(answered)
	if len(answered) > len(regions) {
		regions = append(regions, "")
	}
	for _, region := range regions {
		for _, kind := range []string{"MetricAlarm", "CompositeAlarm", "LogAlarm"} {
			if asked[kind+"s"][region] {
				continue
			}
			if kind == "MetricAlarm" {
				b.gap(region, c, nil, "the answer does not list metric alarms")
				continue
			}
			b.gap(region, c, &kind, "the answer does not speak of them: ask with --alarm-types, or with a newer AWS CLI")
		}
	}
	w := &b.s.CloudWatch
	if len(answered) > 0 && len(asked["CompositeAlarms"]) > 0 {
		w.CompositeAlarms = snapshots.Listed(w.CompositeAlarms)
	}
	if len(asked["MetricAlarms"]) > 0 {
		w.Alarms = snapshots.Listed(w.Alarms)
	}
	if len(asked["LogAlarms"]) > 0 {
		w.LogAlarms = snapshots.Listed(w.LogAlarms)
	}
}

func (b *builder) hubs() error {
	files := b.answers("describe-hub")
	for _, f := range files {
		if f.failure != nil {
			if f.failure.code == "InvalidAccessException" { // not subscribed: Security Hub is off here, and that was read
				b.s.SecurityHub.Hubs = snapshots.Listed(b.s.SecurityHub.Hubs)
				f.failure = nil
				continue
			}
			b.gapOf(f, nil)
			continue
		}
		var hub snapshots.Hub
		if err := snapshots.Unmarshal(f.data, &hub); err != nil {
			return &Error{File: f.path, Err: err}
		}
		b.s.SecurityHub.Hubs = snapshots.Listed(b.s.SecurityHub.Hubs)
		if hub.HubArn == "" {
			continue
		}
		hub.Region = f.region
		b.s.SecurityHub.Hubs = append(b.s.SecurityHub.Hubs, hub)
	}
	b.s.SecurityHub.Hubs = once(b.s.SecurityHub.Hubs)
	b.unasked("describe-hub")
	return nil
}

func deref(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
