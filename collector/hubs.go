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
	q.settles = func(f *failure) bool {
		return f.code == "InvalidAccessException" && strings.Contains(f.message, "not subscribed")
	}
	var hub snapshots.Hub
	failed := c.ask(ctx, q, func(ctx context.Context, _ *string) (*string, error) {
		in := &securityhub.DescribeHubInput{}
		if _, err := c.clients.securityhub().DescribeHub(ctx, in, func(o *securityhub.Options) { o.Region = region }); err != nil {
			return nil, err
		}
		return nil, decode(ctx, &hub)
	})
	if failed != nil && !q.settles(failed) {
		return
	}
	c.keep(func(s *snapshots.Snapshot) {
		s.SecurityHub.Hubs = snapshots.Listed(s.SecurityHub.Hubs)
		if hub.HubArn != "" {
			hub.Region = region
			s.SecurityHub.Hubs = append(s.SecurityHub.Hubs, hub)
		}
	})
}
