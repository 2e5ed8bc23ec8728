package awscli

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

// placeIn is the account and the region that the folders above a file name.
func placeIn(folder string) (account, region string) {
	for _, part := range strings.Split(folder, "/") {
		switch {
		case snapshots.IsAccountID(part):
			account = part
		case snapshots.IsRegion(part):
			region = part
		}
	}
	return account, region
}

// place finds out which account and region every file belongs to.
func place(files []*file, o Options) error {
	for _, f := range files {
		if f.call == nil {
			continue
		}
		if err := f.placeByContent(); err != nil {
			return err
		}
	}
	if err := placeAccounts(files, o); err != nil {
		return err
	}
	for _, own := range byAccount(files) {
		if err := placeRegions(own, o); err != nil {
			return err
		}
	}
	return nil
}

// placeByContent takes the account and region from the ARNs in an answer, and refuses a file in the wrong folder.
func (f *file) placeByContent() error {
	account, region := f.own()
	foreign := f.call.service == "sns" && f.call.scope == about // another account's topic may be open to this one
	if account != "" && f.account != "" && account != f.account && !foreign {
		return &Error{File: f.path, Err: fmt.Errorf("read: account %s in a folder of %s", account, f.account),
			Hint: "name the folder after the account whose output it holds"}
	}
	if f.account == "" {
		f.account = account
	}
	if f.region == "" && f.call.scope != global {
		f.region = region
	}
	return nil
}

var ownARN = pattern(`"(arn:[a-z0-9-]+:[a-z0-9]+:[a-z0-9-]*:[0-9]*:[^"\\]*)"`)

// own is the account and the region that the ARNs of an answer name, "" where they name none or several.
func (f *file) own() (account, region string) {
	accounts, regions := map[string]bool{}, map[string]bool{}
	for _, field := range f.ownFields() {
		for _, found := range ownARN().FindAllStringSubmatch(field, -1) {
			arn, ok := snapshots.ParseARN(found[1])
			if !ok {
				continue
			}
			accounts[arn.Account] = true
			regions[arn.Region] = true
		}
	}
	return only(accounts), only(regions)
}

// only is the one name of a set, "" if there are none or several.
func only(set map[string]bool) string {
	delete(set, "")
	if len(set) != 1 {
		return ""
	}
	for name := range set {
		return name
	}
	return ""
}

// ownFields are the values in an answer that can only be ARNs of the account and region that was asked.
func (f *file) ownFields() []string {
	if f.failure != nil {
		return nil
	}
	values := map[string][]string{
		"get-caller-identity":   {"Arn"},
		"list-topics":           {"Topics"},
		"describe-hub":          {"HubArn"},
		"list-alarm-mute-rules": {"AlarmMuteRuleSummaries"},
		"get-alarm-mute-rule":   {"AlarmMuteRuleArn"},
	}
	var found []string
	for _, name := range values[f.call.operation] {
		found = append(found, string(f.fields[name]))
	}
	switch f.call.operation { // whose records hold other ARNs too
	case "describe-alarms":
		for _, name := range []string{"MetricAlarms", "CompositeAlarms", "LogAlarms"} {
			found = append(found, fieldsOf(f.fields[name], "AlarmArn")...)
		}
	case "describe-log-groups":
		found = fieldsOf(f.fields["logGroups"], "arn")
	case "describe-trails":
		found = ownTrails(f.fields["trailList"])
	case "get-topic-attributes":
		found = fieldsOf(append(append([]byte("["), f.fields["Attributes"]...), ']'), "TopicArn")
	case "list-subscriptions-by-topic":
		found = fieldsOf(f.fields["Subscriptions"], "TopicArn")
	}
	return found
}

// fieldsOf are the values of one field of each record of a list, quoted. What is no such list has none: reading it
// will say so.
func fieldsOf(list []byte, name string) []string {
	var records []struct {
		Extra snapshots.Extra `json:",extra"`
	}
	if list == nil || snapshots.Unmarshal(list, &records) != nil {
		return nil
	}
	var values []string
	for _, record := range records {
		values = append(values, string(record.Extra[name]))
	}
	return values
}

// ownTrails are the ARNs of the trails that are no organisation's.
func ownTrails(list []byte) []string {
	var trails []snapshots.Trail
	if list == nil || snapshots.Unmarshal(list, &trails) != nil {
		return nil
	}
	var arns []string
	for _, t := range trails {
		if t.IsOrganizationTrail == nil || !*t.IsOrganizationTrail {
			arns = append(arns, `"`+t.TrailARN+`"`)
		}
	}
	return arns
}

// placeAccounts gives files that name no account the one of the files around them.
func placeAccounts(files []*file, o Options) error {
	around := map[string]map[string]bool{}
	for _, f := range files {
		if f.call == nil || f.account == "" {
			continue
		}
		for folder := path.Dir(f.path); ; folder = path.Dir(folder) {
			if around[folder] == nil {
				around[folder] = map[string]bool{}
			}
			around[folder][f.account] = true
			if folder == "." {
				break
			}
		}
	}
	for _, f := range files {
		if f.call == nil || f.account != "" {
			continue
		}
		for folder := path.Dir(f.path); f.account == ""; folder = path.Dir(folder) {
			f.account = only(maps.Clone(around[folder]))
			if folder == "." || len(around[folder]) > 1 {
				break
			}
		}
		if f.account == "" {
			f.account = o.Account
		}
		if f.account == "" {
			return &Error{File: f.path, Err: errors.New("read: nothing says which account it is of"),
				Hint: "name the folder <account>/<region>, add the output of aws sts get-caller-identity, or give --account"}
		}
	}
	return nil
}

// placeRegions gives the files of one account that name no region the one that their names, the trails or the other
// files say.
func placeRegions(files []*file, o Options) error {
	regions := map[string]bool{}
	groups := map[string]map[string]bool{} // log group: regions in which a trail delivers to it
	for _, f := range files {
		if f.call == nil || f.call.scope == global {
			continue
		}
		if f.region == "" && f.call.scope == regional {
			f.region = regionIn(flattened(stemOf(path.Base(f.path))))
		}
		regions[f.region] = true
		for _, arn := range deliveries(f) {
			if groups[arn.Resource] == nil {
				groups[arn.Resource] = map[string]bool{}
			}
			groups[arn.Resource][arn.Region] = true
		}
	}
	single := only(regions)
	for _, f := range files {
		if f.call == nil || f.call.scope != regional || f.region != "" {
			continue
		}
		f.region = filtersRegion(f, groups)
		if f.region == "" {
			f.region = single
		}
		if f.region == "" {
			f.region = o.Region
		}
		if f.region == "" && f.failure == nil && f.call.operation != "describe-trails" && f.call.operation != "list-subscriptions" {
			return &Error{File: f.path, Err: errors.New("read: nothing says which region it is of"),
				Hint: "name the folder <account>/<region>, or give --region"}
		}
	}
	return nil
}

// deliveries are the log groups that the trails of an answer deliver to.
func deliveries(f *file) []snapshots.ARN {
	if f.call.operation != "describe-trails" || f.failure != nil {
		return nil
	}
	var out []snapshots.ARN
	for _, value := range fieldsOf(f.fields["trailList"], "CloudWatchLogsLogGroupArn") {
		if arn, ok := snapshots.ParseARN(strings.Trim(value, `"`)); ok {
			arn.Resource = groupName(arn)
			out = append(out, arn)
		}
	}
	return out
}

// groupName is the name of a log group in its ARN: log-group:NAME:*.
func groupName(arn snapshots.ARN) string {
	return strings.TrimSuffix(strings.TrimPrefix(arn.Resource, "log-group:"), ":*")
}

// filtersRegion is the region of metric filters, which have no ARN, by the log groups that the trails deliver to.
func filtersRegion(f *file, groups map[string]map[string]bool) string {
	if f.call.operation != "describe-metric-filters" {
		return ""
	}
	regions := map[string]bool{}
	for _, name := range fieldsOf(f.fields["metricFilters"], "logGroupName") {
		maps.Copy(regions, groups[strings.Trim(name, `"`)])
	}
	return only(regions)
}

// sortedRegions are the names of a set, sorted, without "".
func sortedRegions(set map[string]bool) []string {
	delete(set, "")
	return slices.Sorted(maps.Keys(set))
}
