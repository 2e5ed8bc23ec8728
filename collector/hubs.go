package collector

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/securityhub"

	"github.com/cistern-audit/cistern/snapshots"
)

// hub reads a region's Security Hub. That the account is not subscribed to it is an answer: it is off.
func (c *collection) hub(ctx context.Context, region string) {
	q := question{operation: describeHub, region: region}
	q.answers = func(f *failure) bool {
		return f.code == "InvalidAccessException" && strings.Contains(f.message, "not subscribed")
	}
	var hub snapshots.Hub
	failed := c.ask(ctx, q, func(ctx context.Context, _ *string) (*string, error) {
		in := &securityhub.DescribeHubInput{}
		if _, err := c.clients.securityhub().DescribeHub(ctx, in, func(o *securityhub.Options) { o.Region = region }); err != nil {
			return nil, err
		}
		if err := decode(ctx, &hub); err != nil {
			return nil, err
		}
		if arn, ok := snapshots.ParseARN(hub.HubArn); !ok || arn.Service != "securityhub" {
			return nil, &unreadableError{errNoHub}
		}
		return nil, nil
	})
	if failed != nil && !q.settles(failed) {
		return
	}
	c.keep(func(s *snapshots.Snapshot) {
		s.SecurityHub.Hubs = snapshots.Listed(s.SecurityHub.Hubs)
		if failed == nil {
			hub.Region = region
			s.SecurityHub.Hubs = append(s.SecurityHub.Hubs, hub)
		}
	})
}
