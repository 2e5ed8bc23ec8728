package collector

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/cistern-audit/cistern/snapshots"
)

// muteRules lists a region's alarm mute rules, and asks what each silences.
func (c *collection) muteRules(ctx context.Context, region string) {
	q := question{operation: listAlarmMuteRules, region: region}
	var rules []snapshots.MuteRule
	read := false
	c.ask(ctx, q, func(ctx context.Context, token *string) (*string, error) {
		if _, err := c.clients.cloudwatch().ListAlarmMuteRules(ctx, &cloudwatch.ListAlarmMuteRulesInput{NextToken: token}, alarmsIn(region)); err != nil {
			return nil, err
		}
		var page struct {
			Summaries []snapshots.MuteRule `json:"AlarmMuteRuleSummaries"`
			NextToken *string              `json:"NextToken"`
		}
		if err := decode(ctx, &page); err != nil {
			return nil, err
		}
		err := lacking("mute rule", page.Summaries, func(m *snapshots.MuteRule) string {
			return firstUnsaid(said{"AlarmMuteRuleArn", m.AlarmMuteRuleArn != ""}, said{"Status", m.Status != nil})
		})
		if err != nil {
			return nil, err
		}
		rules, read = append(rules, page.Summaries...), true
		return page.NextToken, nil
	})
	var asks []func()
	for i := range rules {
		rules[i].Region = region
		asks = append(asks, func() { c.muteRule(ctx, &rules[i]) })
	}
	together(asks...)
	if read {
		c.keep(func(s *snapshots.Snapshot) {
			s.CloudWatch.MuteRules = append(snapshots.Listed(s.CloudWatch.MuteRules), rules...)
		})
	}
}

// muteRule replaces the summary of a mute rule by what it says of itself.
func (c *collection) muteRule(ctx context.Context, rule *snapshots.MuteRule) {
	arn, _ := snapshots.ParseARN(rule.AlarmMuteRuleArn)
	name := arn.Resource[strings.LastIndexByte(arn.Resource, ':')+1:]
	q := question{operation: getAlarmMuteRule, region: rule.Region, params: map[string]string{"alarm-mute-rule-name": name}, about: rule.AlarmMuteRuleArn}
	c.ask(ctx, q, func(ctx context.Context, _ *string) (*string, error) {
		in := &cloudwatch.GetAlarmMuteRuleInput{AlarmMuteRuleName: &name}
		if _, err := c.clients.cloudwatch().GetAlarmMuteRule(ctx, in, alarmsIn(rule.Region)); err != nil {
			return nil, err
		}
		full := snapshots.MuteRule{}
		if err := decode(ctx, &full); err != nil {
			return nil, err
		}
		if full.AlarmMuteRuleArn != rule.AlarmMuteRuleArn {
			return nil, &unreadableError{errOtherRule}
		}
		full.Region = rule.Region
		if full.Status == nil {
			full.Status = rule.Status
		}
		*rule = full
		return nil, nil
	})
}
