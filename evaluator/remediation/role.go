package remediation

import (
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// defaultRole is the name of the first new role of a plan, unless another is chosen.
const defaultRole = "CloudTrailToCloudWatchLogs"

// The longest names that IAM takes.
const (
	longestRole   = 64
	longestInline = 128
)

// freshRole is the name of a trail's new role. IAM is global and a role is of one trail, so that the second new role of an account bears the
// name of its trail, too.
func (c *scene) freshRole(trail snapshots.ARN) string {
	if !c.makesRole(trail.Account, mark(RoleName)) {
		return mark(RoleName)
	}
	// Four signs are left for the number of a default that is taken, four for that of a suffix.
	suffix := "-" + trail.Region + "-" + iamName(lastSegment(trail.Resource))
	suffix = strings.TrimRight(suffix[:min(len(suffix), longestRole-len(defaultRole)-8)], "-.")
	return mark(RoleName) + vacant(suffix, func(name string) bool { return c.makesRole(trail.Account, mark(RoleName)+name) })
}

// makesRole tells whether the plan makes a role of that name, for a trail of whichever region.
func (c *scene) makesRole(account, name string) bool {
	for r, t := range c.w.touched {
		if r.kind == RoleKind && r.account == account && t.create && strings.EqualFold(r.name, name) {
			return true
		}
	}
	return false
}

// inlineName is the name of the policy that lets a role write one trail's events: its own, so that it is in no other policy's place.
func inlineName(trail snapshots.ARN) string {
	name := "write-" + trail.Region + "-"
	last := lastSegment(trail.Resource)
	if uses(last, TrailName) {
		return name + last
	}
	name += iamName(last)
	return name[:min(len(name), longestInline)]
}

// iamName is a name with a hyphen for each sign that IAM does not take.
func iamName(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_+=,.@-", r) {
			return r
		}
		return '-'
	}, name)
}

func lastSegment(resource string) string { return resource[strings.LastIndexByte(resource, '/')+1:] }

// roleIn is the name of a role, without its path.
func roleIn(arn snapshots.ARN) string { return lastSegment(arn.Resource) }

// roleTaken tells whether a trail of the snapshots writes by a role of an account that is called so, or so and then after its trail. Names of
// roles differ in more than capitals.
func (w *world) roleTaken(account, name string) bool {
	name = strings.ToLower(name)
	for _, p := range w.accounts {
		for _, t := range p.snapshot.CloudTrail.Trails {
			arn, ok := snapshots.ParseARN(orEmpty(t.CloudWatchLogsRoleArn))
			if !ok || arn.Service != "iam" || arn.Account != account {
				continue
			}
			if used := strings.ToLower(roleIn(arn)); used == name || strings.HasPrefix(used, name+"-") {
				return true
			}
		}
	}
	return false
}

// trailsUnread tells whether an account may have trails that the snapshot does not know.
func trailsUnread(s *snapshots.Snapshot) bool {
	return s.CloudTrail.Trails == nil || slices.ContainsFunc(s.Gaps, func(g snapshots.Gap) bool {
		return g.Service == "cloudtrail" && g.Operation == "describe-trails"
	})
}

// unreadTrails says that a first trail is not made, for the account may have one.
func (m *mending) unreadTrails(g goal) string {
	s := m.now.at(g.account)
	if s == nil || !trailsUnread(s) || !slices.ContainsFunc(g.row.Findings, func(f report.Finding) bool { return f.Link == "trail" && trailOf(&f) == "" }) {
		return ""
	}
	var regions []string
	for _, gap := range s.Gaps {
		if gap.Service == "cloudtrail" && gap.Operation == "describe-trails" && gap.Region != "" && !slices.Contains(regions, gap.Region) {
			regions = append(regions, gap.Region)
		}
	}
	slices.Sort(regions)
	where := ""
	if len(regions) > 0 {
		where = " in " + strings.Join(regions, ", ")
	}
	return "The account may have a trail that the snapshot does not know, so that none is made: let the role that collects call describe-trails" +
		where + ", collect again, and run cistern fix on that. "
}
