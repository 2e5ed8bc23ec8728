package fakeaws_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
	"github.com/cistern-audit/cistern/test/fakeaws"
)

const (
	own   = "111122223333"
	other = "444455556666"
	home  = "us-east-1"
)

// clients are the SDK's clients of one account in one region.
type clients struct {
	account       *account.Client
	cloudtrail    *cloudtrail.Client
	cloudwatch    *cloudwatch.Client
	ec2           *ec2.Client
	iam           *iam.Client
	logs          *cloudwatchlogs.Client
	organizations *organizations.Client
	securityhub   *securityhub.Client
	sns           *sns.Client
	sts           *sts.Client
}

// connect makes clients that try once, from the environment that the server gives.
func connect(t *testing.T, s *fakeaws.Server, account, region string) clients {
	t.Helper()
	s.Setenv(t, account)
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion(region), config.WithRetryMaxAttempts(1))
	if err != nil {
		t.Fatal(err)
	}
	return connected(cfg)
}

func connected(cfg aws.Config) clients {
	return clients{
		account:    account.NewFromConfig(cfg),
		cloudtrail: cloudtrail.NewFromConfig(cfg),
		cloudwatch: cloudwatch.NewFromConfig(cfg, func(o *cloudwatch.Options) {
			o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801)
		}),
		ec2:           ec2.NewFromConfig(cfg),
		iam:           iam.NewFromConfig(cfg),
		logs:          cloudwatchlogs.NewFromConfig(cfg),
		organizations: organizations.NewFromConfig(cfg),
		securityhub:   securityhub.NewFromConfig(cfg),
		sns:           sns.NewFromConfig(cfg),
		sts:           sts.NewFromConfig(cfg),
	}
}

// callEach are calls of all operations about things that the compliant sample has.
func callEach(c clients) map[string]func(context.Context) error {
	trail := aws.String("arn:aws:cloudtrail:us-east-1:111122223333:trail/management-events")
	topic := aws.String("arn:aws:sns:us-east-1:111122223333:security-alarms")
	return map[string]func(context.Context) error{
		"account list-regions": func(ctx context.Context) error {
			_, err := c.account.ListRegions(ctx, &account.ListRegionsInput{})
			return err
		},
		"cloudtrail describe-trails": func(ctx context.Context) error {
			_, err := c.cloudtrail.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{})
			return err
		},
		"cloudtrail get-event-selectors": func(ctx context.Context) error {
			_, err := c.cloudtrail.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: trail})
			return err
		},
		"cloudtrail get-trail-status": func(ctx context.Context) error {
			_, err := c.cloudtrail.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: trail})
			return err
		},
		"cloudwatch describe-alarms": func(ctx context.Context) error {
			_, err := c.cloudwatch.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{})
			return err
		},
		"cloudwatch get-alarm-mute-rule": func(ctx context.Context) error {
			_, err := c.cloudwatch.GetAlarmMuteRule(ctx, &cloudwatch.GetAlarmMuteRuleInput{AlarmMuteRuleName: aws.String("nightly")})
			return err
		},
		"cloudwatch list-alarm-mute-rules": func(ctx context.Context) error {
			_, err := c.cloudwatch.ListAlarmMuteRules(ctx, &cloudwatch.ListAlarmMuteRulesInput{})
			return err
		},
		"ec2 describe-regions": func(ctx context.Context) error {
			_, err := c.ec2.DescribeRegions(ctx, &ec2.DescribeRegionsInput{})
			return err
		},
		"iam list-account-aliases": func(ctx context.Context) error {
			_, err := c.iam.ListAccountAliases(ctx, &iam.ListAccountAliasesInput{})
			return err
		},
		"logs describe-log-groups": func(ctx context.Context) error {
			_, err := c.logs.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{})
			return err
		},
		"logs describe-metric-filters": func(ctx context.Context) error {
			_, err := c.logs.DescribeMetricFilters(ctx, &cloudwatchlogs.DescribeMetricFiltersInput{})
			return err
		},
		"organizations describe-organization": func(ctx context.Context) error {
			_, err := c.organizations.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
			return err
		},
		"organizations list-accounts": func(ctx context.Context) error {
			_, err := c.organizations.ListAccounts(ctx, &organizations.ListAccountsInput{})
			return err
		},
		"securityhub describe-hub": func(ctx context.Context) error {
			_, err := c.securityhub.DescribeHub(ctx, &securityhub.DescribeHubInput{})
			return err
		},
		"sns get-topic-attributes": func(ctx context.Context) error {
			_, err := c.sns.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: topic})
			return err
		},
		"sns list-subscriptions": func(ctx context.Context) error {
			_, err := c.sns.ListSubscriptions(ctx, &sns.ListSubscriptionsInput{})
			return err
		},
		"sns list-subscriptions-by-topic": func(ctx context.Context) error {
			_, err := c.sns.ListSubscriptionsByTopic(ctx, &sns.ListSubscriptionsByTopicInput{TopicArn: topic})
			return err
		},
		"sns list-topics": func(ctx context.Context) error {
			_, err := c.sns.ListTopics(ctx, &sns.ListTopicsInput{})
			return err
		},
		"sts assume-role": func(ctx context.Context) error {
			_, err := c.sts.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::111122223333:role/Audit"),
				RoleSessionName: aws.String("test")})
			return err
		},
		"sts get-caller-identity": func(ctx context.Context) error {
			_, err := c.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
			return err
		},
	}
}

// compliant is the compliant sample, as the management account of an organisation and with a rule that mutes.
func compliant(t *testing.T) *snapshots.Snapshot {
	t.Helper()
	s, err := samples.Read("compliant")
	if err != nil {
		t.Fatal(err)
	}
	s.Account.Organization = &snapshots.Organization{ID: "o-exampleorgid", MasterAccountID: own}
	s.CloudWatch.MuteRules = []snapshots.MuteRule{{
		Region:           home,
		AlarmMuteRuleArn: "arn:aws:cloudwatch:us-east-1:111122223333:alarm-mute-rule:nightly",
		Name:             snapshots.Of("nightly"),
		Status:           snapshots.Of("ACTIVE"),
		StartDate:        snapshots.Of(moment(t, "2026-01-01T00:00:00.5Z")),
		MuteTargets:      &snapshots.MuteTargets{AlarmNames: []string{"root-usage"}},
		Rule: &snapshots.MuteWindow{Schedule: &snapshots.MuteSchedule{
			Expression: snapshots.Of("cron(0 2 * * *)"), Duration: snapshots.Of("PT4H")}},
	}}
	return s
}

func moment(t *testing.T, text string) snapshots.Time {
	t.Helper()
	at, err := snapshots.ParseTime(text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// code is AWS's error code, or what else went wrong.
func code(err error) string {
	var coded smithy.APIError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &coded):
		return coded.ErrorCode()
	}
	return "no code: " + err.Error()
}

func status(err error) int {
	var response *awshttp.ResponseError
	if !errors.As(err, &response) {
		return 0
	}
	return response.HTTPStatusCode()
}
