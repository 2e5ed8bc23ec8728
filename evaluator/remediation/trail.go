package remediation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

// trailChange notes a change of the scene's trail.
func (c *scene) trailChange(d *draft, kind Kind, t touch) {
	arn, _ := snapshots.ParseARN(c.trail.TrailARN)
	d.touch(ref{kind, arn.Account, arn.Region, c.trail.TrailARN}, t)
}

// startLogging switches a trail on. What it delivers from then on, it delivers to its log group, too.
func (c *scene) startLogging(d *draft) bool {
	if c.trail.Status == nil || c.trail.Status.IsLogging == nil || *c.trail.Status.IsLogging {
		return false
	}
	d.editTrail(c.trail.TrailARN, func(t *snapshots.Trail) {
		if t.Status == nil {
			t.Status = &snapshots.TrailStatus{}
		}
		t.Status.IsLogging = snapshots.Of(true)
	})
	if c.trail.CloudWatchLogsLogGroupArn != nil && orEmpty(c.trail.Status.LatestCloudWatchLogsDeliveryError) == "" {
		c.delivers(d)
	}
	c.trailChange(d, LoggingKind, touch{why: fmt.Sprintf("Start trail %s: it records nothing while it is stopped.", c.trail.Name)})
	return true
}

// delivers makes the trail's events arrive in its log group, which the proof takes for granted.
func (c *scene) delivers(d *draft) {
	d.editTrail(c.trail.TrailARN, func(t *snapshots.Trail) {
		if t.Status == nil {
			t.Status = &snapshots.TrailStatus{}
		}
		t.Status.LatestCloudWatchLogsDeliveryError = nil
		t.Status.LatestCloudWatchLogsDeliveryTime = snapshots.Of(c.w.at(c.goal.account).CollectedAt)
	})
	d.promise(promise{assumes: fmt.Sprintf("trail %s delivers to its log group again, within a day of the next collection", c.trail.Name)})
}

// coverRegions makes a trail one of all regions.
func (c *scene) coverRegions(d *draft) bool {
	if isTrue(c.trail.IsMultiRegionTrail) {
		return false
	}
	d.editTrail(c.trail.TrailARN, func(t *snapshots.Trail) {
		t.IsMultiRegionTrail = snapshots.Of(true)
		t.IncludeGlobalServiceEvents = snapshots.Of(true) // AWS demands it of a trail of all regions
	})
	c.trailChange(d, TrailKind, touch{why: fmt.Sprintf("Let trail %s record every region, not its home region only.", c.trail.Name)})
	return true
}

// validate makes a trail sign its log files.
func (c *scene) validate(d *draft) bool {
	d.editTrail(c.trail.TrailARN, func(t *snapshots.Trail) { t.LogFileValidationEnabled = snapshots.Of(true) })
	c.trailChange(d, TrailKind, touch{why: fmt.Sprintf("Let trail %s write digests, by which a changed or deleted log file is found out.", c.trail.Name)})
	return true
}

// encrypt makes a trail encrypt its log files with the key that the user has for it.
func (c *scene) encrypt(d *draft) bool {
	d.editTrail(c.trail.TrailARN, func(t *snapshots.Trail) { t.KmsKeyId = snapshots.Of(mark(TrailKMSKeyID)) })
	c.trailChange(d, TrailKind, touch{
		why:   fmt.Sprintf("Let trail %s encrypt its log files with a key of yours.", c.trail.Name),
		notes: []string{"Whoever reads the log files needs kms:Decrypt on the key from then on."},
	})
	arn, _ := snapshots.ParseARN(c.trail.TrailARN)
	needs := promise{
		assumes: "the KMS key " + mark(TrailKMSKeyID) + " is there, and its policy lets CloudTrail use it",
		about:   ref{TrailKind, arn.Account, arn.Region, c.trail.TrailARN},
	}
	if c.options.Key == "" {
		needs.step = &Step{
			When: Before, Account: arn.Account,
			Text: fmt.Sprintf("Choose or create a symmetric KMS key in %s, and set %s to its ARN. Its policy must allow the service cloudtrail.amazonaws.com "+
				"kms:GenerateDataKey* and kms:DescribeKey, with aws:SourceArn %s. Without it the changes that take the key are left out.", arn.Region, TrailKMSKeyID, c.trail.TrailARN),
		}
	}
	d.promise(needs)
	return true
}

// mendGroup are the ways to let a trail's events arrive in a log group.
func (c *scene) mendGroup() []move {
	if c.group.name == "" {
		var all []move
		for _, name := range c.likelyGroups() {
			all = append(all, c.deliverTo(name))
		}
		return append(all, c.deliverTo(mark(LogGroupName)))
	}
	return []move{c.startLogging, c.createGroup, c.allowDelivery}
}

// likelyGroups are the log groups of the trail's home region that seem meant for it: those with filters of CloudTrail events, the most first,
// then those that are called so.
func (c *scene) likelyGroups() []string {
	arn, _ := snapshots.ParseARN(c.trail.TrailARN)
	s := c.w.at(arn.Account)
	if s == nil {
		return nil
	}
	score := map[string]int{}
	for _, f := range s.Logs.MetricFilters {
		if f.Region == arn.Region && ofCloudTrail(orEmpty(f.FilterPattern)) {
			score[f.LogGroupName]++
		}
	}
	var names []string
	for _, g := range s.Logs.LogGroups {
		named := strings.Contains(strings.ToLower(g.LogGroupName), "cloudtrail")
		if g.Region == arn.Region && takesFilters(&g) && read(s, g.Region, g.LogGroupName) && (named || score[g.LogGroupName] > 0) {
			names = append(names, g.LogGroupName)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(score[b]-score[a], strings.Compare(a, b)) })
	return names[:min(len(names), fewTried)]
}

// takesFilters tells whether a log group is of a class that knows metric filters.
func takesFilters(g *snapshots.LogGroup) bool {
	class := orEmpty(g.LogGroupClass)
	return class == "" || class == "STANDARD"
}

// ofCloudTrail tells whether a filter pattern is of CloudTrail's records.
func ofCloudTrail(pattern string) bool {
	return slices.ContainsFunc([]string{"$.eventName", "$.eventSource", "$.userIdentity", "$.errorCode", "$.eventType"}, func(field string) bool {
		return strings.Contains(pattern, field)
	})
}

// deliverTo lets a trail that delivers nowhere deliver to a log group of its home region.
func (c *scene) deliverTo(name string) move {
	return func(d *draft) bool {
		arn, _ := snapshots.ParseARN(c.trail.TrailARN)
		group := groupName{arn.Partition, arn.Account, arn.Region, name}
		role := c.roleOf(c.trail, group)
		d.editTrail(c.trail.TrailARN, func(t *snapshots.Trail) {
			t.CloudWatchLogsLogGroupArn = snapshots.Of(group.stream())
			if !role.Existing {
				t.CloudWatchLogsRoleArn = snapshots.Of(roleARN(arn, role.Name))
			}
		})
		d.haveGroup(group)
		c.haveRole(d, group, role)
		c.delivers(d)
		c.trailChange(d, TrailKind, touch{why: fmt.Sprintf("Let trail %s deliver to log group %s, where metric filters see its events.", c.trail.Name, name)})
		return true
	}
}

// createGroup makes the log group that a trail delivers to and that is not there.
func (c *scene) createGroup(d *draft) bool {
	s := c.w.at(c.group.account)
	if s == nil || groupAt(s, c.group.region, c.group.name) != nil || len(c.w.filters(c.group)) > 0 {
		return false
	}
	d.haveGroup(c.group)
	c.haveRole(d, c.group, c.roleOf(c.trail, c.group))
	c.delivers(d)
	return true
}

// allowDelivery lets the role of a trail write to its log group.
func (c *scene) allowDelivery(d *draft) bool {
	if c.trail.Status == nil || orEmpty(c.trail.Status.LatestCloudWatchLogsDeliveryError) == "" {
		return false
	}
	role := c.roleOf(c.trail, c.group)
	if !role.Existing {
		d.editTrail(c.trail.TrailARN, func(t *snapshots.Trail) {
			arn, _ := snapshots.ParseARN(t.TrailARN)
			t.CloudWatchLogsRoleArn = snapshots.Of(roleARN(arn, role.Name))
		})
		c.trailChange(d, TrailKind, touch{why: fmt.Sprintf("Let trail %s write to its log group by a role that may.", c.trail.Name)})
	}
	c.haveRole(d, c.group, role)
	c.delivers(d)
	return true
}

// haveGroup makes a log group, unless it is there.
func (d *draft) haveGroup(g groupName) {
	s := d.edit(g.account)
	if s == nil || groupAt(s, g.region, g.name) != nil {
		return
	}
	s.Logs.LogGroups = append(s.Logs.LogGroups, snapshots.LogGroup{
		Region: g.region, LogGroupName: g.name, Arn: snapshots.Of(g.stream()), LogGroupArn: snapshots.Of(g.arn()), LogGroupClass: snapshots.Of("STANDARD"),
	})
	asked(s, g)
	d.touch(ref{LogGroupKind, g.account, g.region, g.name}, touch{
		create: true,
		why:    fmt.Sprintf("Create log group %s for the trail's events.", g.name),
		notes:  []string{"CloudWatch Logs charges for what arrives. The log group keeps it for ever, unless you set a retention."},
	})
}

// asked notes, where the snapshot says which calls were made, those that the next collection makes for a log group that is new.
func asked(s *snapshots.Snapshot, g groupName) {
	if len(s.Collection.Calls) == 0 {
		return
	}
	for operation, parameter := range map[string]string{"describe-log-groups": "log-group-name-prefix", "describe-metric-filters": "log-group-name"} {
		s.Collection.Calls = append(s.Collection.Calls, snapshots.Call{
			Service: "logs", Operation: operation, Region: g.region, Params: map[string]string{parameter: g.name}, Status: "ok",
		})
	}
}

// read tells whether the filters of a log group are known, as far as the snapshot says which calls were made.
func read(s *snapshots.Snapshot, region, name string) bool {
	return len(s.Collection.Calls) == 0 || slices.ContainsFunc(s.Collection.Calls, func(c snapshots.Call) bool {
		only := c.Params["log-group-name"]
		return c.Operation == "describe-metric-filters" && c.Status == "ok" && (c.Region == region || c.Region == "") && (only == "" || only == name)
	})
}

func roleARN(trail snapshots.ARN, name string) string {
	return "arn:" + trail.Partition + ":iam::" + trail.Account + ":role/" + name
}

// roleOf is the role by which a trail writes to a log group: its own, if it has one, else a new one.
func (c *scene) roleOf(t *snapshots.Trail, g groupName) *Role {
	own := g.arn() + ":log-stream:" + g.account + "_CloudTrail_" + g.region + "*"
	var streams any = own
	if isTrue(t.IsOrganizationTrail) { // the members' streams begin with the organisation's id
		id := "o-*"
		if s := c.w.at(g.account); s != nil && s.Account.Organization != nil && s.Account.Organization.ID != "" {
			id = s.Account.Organization.ID
		}
		streams = []string{own, g.arn() + ":log-stream:" + id + "_*"}
	}
	arn, _ := snapshots.ParseARN(t.TrailARN)
	role := &Role{
		Name: c.freshRole(arn), Inline: inlineName(arn),
		Trust: Document{
			{"Version", "2012-10-17"},
			{"Statement", []Object{{
				{"Effect", "Allow"},
				{"Principal", Object{{"Service", "cloudtrail.amazonaws.com"}}},
				{"Action", "sts:AssumeRole"},
			}}},
		},
		Policy: Document{
			{"Version", "2012-10-17"},
			{"Statement", []Object{{
				{"Effect", "Allow"},
				{"Action", []string{"logs:CreateLogStream", "logs:PutLogEvents"}},
				{"Resource", streams},
			}}},
		},
	}
	if own, ok := snapshots.ParseARN(orEmpty(t.CloudWatchLogsRoleArn)); ok && own.Service == "iam" && own.Account == g.account {
		role.Name = roleIn(own)
		role.Existing = !c.makesRole(g.account, role.Name)
	}
	return role
}

// haveRole lets a role write to a log group. IAM is not in a snapshot: that the role then may is taken for granted.
func (c *scene) haveRole(d *draft, g groupName, role *Role) {
	why := fmt.Sprintf("Create role %s, by which CloudTrail writes to log group %s and to nothing else.", role.Name, g.name)
	if role.Existing {
		why = fmt.Sprintf("Let role %s of trail %s write to log group %s.", role.Name, c.trail.Name, g.name)
	}
	about := ref{RoleKind, g.account, g.region, role.Name}
	if role.Existing { // several trails may share it, each with a policy of its own
		about.name += "\x00" + role.Inline
	}
	d.touch(about, touch{create: !role.Existing, why: why, role: role})
	text := fmt.Sprintf("Approve role %s: CloudTrail assumes it to write to log group %s, and it may do nothing else.", role.Name, g.name)
	if role.Existing {
		text = fmt.Sprintf("Approve what role %s is allowed in addition: to write the log streams of CloudTrail in log group %s.", role.Name, g.name)
	}
	d.promise(promise{
		assumes: fmt.Sprintf("role %s lets CloudTrail write to log group %s", role.Name, g.name),
		about:   about,
		step:    &Step{When: Before, Account: g.account, Text: text},
	})
}

// createTrail makes the first trail of an account, and all that it needs.
func (c *scene) createTrail(d *draft) bool {
	s := d.edit(c.goal.account)
	region := c.firstRegion(s)
	if region == "" || trailsUnread(s) {
		return false
	}
	arn := snapshots.ARN{Partition: s.Account.Partition, Service: "cloudtrail", Region: region, Account: s.Account.ID, Resource: "trail/" + mark(TrailName)}
	group := groupName{arn.Partition, arn.Account, region, mark(LogGroupName)}
	trailARN := strings.Join([]string{"arn", arn.Partition, arn.Service, region, arn.Account, arn.Resource}, ":")
	role := c.roleOf(&snapshots.Trail{TrailARN: trailARN}, group)
	trail := snapshots.Trail{
		Region: region, Name: mark(TrailName), HomeRegion: &region,
		TrailARN:                   trailARN,
		S3BucketName:               snapshots.Of(mark(TrailBucket)),
		IncludeGlobalServiceEvents: snapshots.Of(true), IsMultiRegionTrail: snapshots.Of(true), IsOrganizationTrail: snapshots.Of(false),
		LogFileValidationEnabled:  snapshots.Of(true),
		CloudWatchLogsLogGroupArn: snapshots.Of(group.stream()),
		CloudWatchLogsRoleArn:     snapshots.Of(roleARN(arn, role.Name)),
		HasCustomEventSelectors:   snapshots.Of(false), HasInsightSelectors: snapshots.Of(false),
		EventSelectors: []snapshots.EventSelector{everything()},
		Status:         &snapshots.TrailStatus{IsLogging: snapshots.Of(true)},
	}
	s.CloudTrail.Trails = append(s.CloudTrail.Trails, trail)
	c.trail = &trail
	d.haveGroup(group)
	c.haveRole(d, group, role)
	c.delivers(d)
	d.touch(ref{BucketKind, arn.Account, region, mark(TrailBucket)}, touch{
		create: true,
		why:    "Create bucket " + mark(TrailBucket) + ", which the trail writes its log files to.",
		notes:  []string{"S3 charges for what is kept. The name of a bucket must be nobody else's, anywhere."},
		bucket: &Bucket{Name: mark(TrailBucket), Region: region, Policy: bucketPolicy(&trail, arn)},
	})
	c.trailChange(d, TrailKind, touch{create: true, why: "Create trail " + trail.Name + ", which records the management events of every region."})
	c.trailChange(d, LoggingKind, touch{create: true, why: "Start trail " + trail.Name + ": a new trail records nothing until it is started."})
	return true
}

// firstRegion is where a first trail is made.
func (c *scene) firstRegion(s *snapshots.Snapshot) string {
	main := map[string]string{"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}[s.Account.Partition]
	var enabled []string
	if s.Collection.Regions != nil {
		enabled = s.Collection.Regions.Enabled
	}
	switch {
	case c.options.Region != "":
		return c.options.Region
	case main != "" && (len(enabled) == 0 || slices.Contains(enabled, main)):
		return main
	case len(enabled) > 0:
		return slices.Min(enabled)
	}
	return ""
}

// bucketPolicy lets one trail write to its bucket, as the CloudTrail user guide has it.
func bucketPolicy(t *snapshots.Trail, arn snapshots.ARN) Document {
	bucket := "arn:" + arn.Partition + ":s3:::" + orEmpty(t.S3BucketName)
	source := Member{"aws:SourceArn", t.TrailARN}
	service := Object{{"Service", "cloudtrail.amazonaws.com"}}
	return Document{
		{"Version", "2012-10-17"},
		{"Statement", []Object{
			{
				{"Sid", "CloudTrailChecksTheBucket"}, {"Effect", "Allow"}, {"Principal", service},
				{"Action", "s3:GetBucketAcl"}, {"Resource", bucket},
				{"Condition", Object{{"StringEquals", Object{source}}}},
			},
			{
				{"Sid", "CloudTrailWritesLogFiles"}, {"Effect", "Allow"}, {"Principal", service},
				{"Action", "s3:PutObject"}, {"Resource", bucket + "/AWSLogs/" + arn.Account + "/*"},
				{"Condition", Object{{"StringEquals", Object{source, {"s3:x-amz-acl", "bucket-owner-full-control"}}}}},
			},
		}},
	}
}
