package collector

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/cistern-audit/cistern/snapshots"
)

// Members lists the active accounts of the caller's organisation, in the order of their ids, and those that are not active.
// The caller must be the management account or a delegated administrator. The caller's own account is read as the caller,
// every other as the role of that name. A list that broke off is a [StartError]: an account that nobody knows of would be missed in
// silence.
func (s *Session) Members(ctx context.Context, roleName string) (active []Member, inactive []string, err error) {
	caller, err := s.Caller(ctx)
	if err != nil {
		return nil, nil, err
	}
	c := s.collection(Member{ID: caller.ID, Partition: caller.Partition})
	q := question{operation: listAccounts, region: c.cfg.Region}
	seen := map[string]bool{}
	failed := c.ask(ctx, q, func(ctx context.Context, token *string) (*string, error) {
		out, err := c.clients.organizations().ListAccounts(ctx, &organizations.ListAccountsInput{NextToken: token})
		if err != nil {
			return nil, err
		}
		for _, a := range out.Accounts {
			id := aws.ToString(a.Id)
			switch {
			case !snapshots.IsAccountID(id):
				return nil, &unreadableError{fmt.Errorf("%q is no account id", id)}
			case a.State == "" && a.Status == "":
				return nil, &unreadableError{fmt.Errorf("it does not say whether account %s is active", id)}
			case seen[id]:
				continue
			case !isActive(a):
				inactive = append(inactive, id)
			default:
				active = append(active, s.Member(caller, id, roleName))
			}
			seen[id] = true
		}
		return out.NextToken, nil
	})
	if ctx.Err() != nil {
		return nil, nil, context.Cause(ctx)
	}
	if failed != nil {
		hint := "only the management account and delegated administrators may list accounts; --accounts FILE names them without it"
		return nil, nil, &StartError{Act: "list the organisation's accounts (organizations list-accounts)", Err: failed, hint: cmp.Or(failed.hint(), hint)}
	}
	slices.SortFunc(active, func(x, y Member) int { return strings.Compare(x.ID, y.ID) })
	slices.Sort(inactive)
	return active, inactive, nil
}

// isActive tells whether an account is in use. State is what AWS says; Status is what it said before.
func isActive(a types.Account) bool {
	if a.State != "" {
		return a.State == types.AccountStateActive
	}
	return a.Status == types.AccountStatusActive
}

// Member is the account of that id, read as the role of that name, or as the caller if it is the caller's own. The role may
// have a path: audit/cistern.
func (s *Session) Member(caller *Caller, id, roleName string) Member {
	m := Member{ID: id, Partition: caller.Partition}
	if id != caller.ID {
		m.RoleARN = fmt.Sprintf("arn:%s:iam::%s:role/%s", caller.Partition, id, strings.TrimPrefix(roleName, "/"))
	}
	return m
}
