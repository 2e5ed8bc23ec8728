package collector

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/cistern-audit/cistern/snapshots"
)

// whoAmI asks whose the credentials are.
func (c *collection) whoAmI(ctx context.Context) (*Caller, *failure) {
	var caller *Caller
	q := question{operation: getCallerIdentity, region: c.cfg.Region}
	failed := c.ask(ctx, q, func(ctx context.Context, _ *string) (*string, error) {
		out, err := c.clients.sts().GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		if err != nil {
			return nil, err
		}
		arn, ok := snapshots.ParseARN(aws.ToString(out.Arn))
		if !ok || !snapshots.IsAccountID(aws.ToString(out.Account)) {
			return nil, &unreadableError{errNoIdentity}
		}
		caller = &Caller{ID: *out.Account, Partition: arn.Partition, ARN: *out.Arn, UserID: aws.ToString(out.UserId)}
		return nil, nil
	})
	return caller, failed
}

// alias reads the account's name.
func (c *collection) alias(ctx context.Context) {
	q := question{operation: listAccountAliases, region: c.cfg.Region}
	c.ask(ctx, q, func(ctx context.Context, marker *string) (*string, error) {
		out, err := c.clients.iam().ListAccountAliases(ctx, &iam.ListAccountAliasesInput{Marker: marker})
		if err != nil {
			return nil, err
		}
		if err := inXML(ctx, "ListAccountAliases", "AccountAliases", len(out.AccountAliases)); err != nil {
			return nil, err
		}
		c.keep(func(s *snapshots.Snapshot) {
			if len(out.AccountAliases) > 0 {
				s.Account.Alias = &out.AccountAliases[0]
			}
		})
		if !out.IsTruncated {
			return nil, nil
		}
		return out.Marker, nil
	})
}

// organization reads which organisation the account belongs to; that it belongs to none is an answer.
func (c *collection) organization(ctx context.Context) {
	q := question{operation: describeOrganization, region: c.cfg.Region}
	q.answers = func(f *failure) bool { return f.code == "AWSOrganizationsNotInUseException" }
	c.ask(ctx, q, func(ctx context.Context, _ *string) (*string, error) {
		out, err := c.clients.organizations().DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
		if err != nil {
			return nil, err
		}
		if out.Organization == nil {
			return nil, &unreadableError{errNoMember}
		}
		c.keep(func(s *snapshots.Snapshot) {
			s.Account.Organization = &snapshots.Organization{
				ID: aws.ToString(out.Organization.Id), MasterAccountID: aws.ToString(out.Organization.MasterAccountId),
			}
		})
		return nil, nil
	})
}
