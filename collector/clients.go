package collector

import (
	"cmp"
	"net/url"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
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
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"

	"github.com/cistern-audit/cistern/snapshots"
)

// clients are the clients of one account, made when they are first needed. One serves all regions: the region is an option of
// each call.
type clients struct {
	account       func() *account.Client
	cloudtrail    func() *cloudtrail.Client
	cloudwatch    func() *cloudwatch.Client
	ec2           func() *ec2.Client
	iam           func() *iam.Client
	logs          func() *cloudwatchlogs.Client
	organizations func() *organizations.Client
	securityhub   func() *securityhub.Client
	sns           func() *sns.Client
	sts           func() *sts.Client

	mu         sync.Mutex
	overridden []snapshots.Endpoint
}

func newClients(cfg aws.Config) *clients {
	c := &clients{}
	c.account = client(c, cfg, "account", account.NewFromConfig, func(m *account.Client) *string { return m.Options().BaseEndpoint })
	c.cloudtrail = client(c, cfg, "cloudtrail", cloudtrail.NewFromConfig, func(m *cloudtrail.Client) *string { return m.Options().BaseEndpoint })
	c.cloudwatch = client(c, cfg, "cloudwatch", cloudWatchInJSON, func(m *cloudwatch.Client) *string { return m.Options().BaseEndpoint })
	c.ec2 = client(c, cfg, "ec2", ec2.NewFromConfig, func(m *ec2.Client) *string { return m.Options().BaseEndpoint })
	c.iam = client(c, cfg, "iam", iam.NewFromConfig, func(m *iam.Client) *string { return m.Options().BaseEndpoint })
	c.logs = client(c, cfg, "logs", cloudwatchlogs.NewFromConfig, func(m *cloudwatchlogs.Client) *string { return m.Options().BaseEndpoint })
	c.organizations = client(c, cfg, "organizations", organizations.NewFromConfig, func(m *organizations.Client) *string { return m.Options().BaseEndpoint })
	c.securityhub = client(c, cfg, "securityhub", securityhub.NewFromConfig, func(m *securityhub.Client) *string { return m.Options().BaseEndpoint })
	c.sns = client(c, cfg, "sns", sns.NewFromConfig, func(m *sns.Client) *string { return m.Options().BaseEndpoint })
	c.sts = client(c, cfg, "sts", sts.NewFromConfig, func(m *sts.Client) *string { return m.Options().BaseEndpoint })
	return c
}

// client makes a client once, and notes an endpoint that is not AWS's own.
func client[C, O any](c *clients, cfg aws.Config, service string, create func(aws.Config, ...func(*O)) *C, base func(*C) *string) func() *C {
	return sync.OnceValue(func() *C {
		made := create(cfg)
		if endpoint := base(made); endpoint != nil {
			c.mu.Lock()
			c.overridden = append(c.overridden, snapshots.Endpoint{Service: service, URL: withoutPassword(*endpoint)})
			c.mu.Unlock()
		}
		return made
	})
}

// cloudWatchInJSON speaks JSON with CloudWatch, one of the protocols it offers. The SDK's own choice is CBOR, which emulators do not
// know, and whose answers are not in a snapshot's form.
func cloudWatchInJSON(cfg aws.Config, options ...func(*cloudwatch.Options)) *cloudwatch.Client {
	return cloudwatch.NewFromConfig(cfg, append(options, func(o *cloudwatch.Options) {
		o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801)
	})...)
}

func withoutPassword(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "unreadable"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// endpoints are those that were used instead of AWS's own. One for all services has the service *.
func (c *clients) endpoints(cfg aws.Config) []snapshots.Endpoint {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []snapshots.Endpoint
	general := ""
	if cfg.BaseEndpoint != nil {
		general = withoutPassword(*cfg.BaseEndpoint)
		out = append(out, snapshots.Endpoint{Service: "*", URL: general})
	}
	for _, e := range c.overridden {
		if e.URL != general {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(x, y snapshots.Endpoint) int { return cmp.Compare(x.Service, y.Service) })
	return out
}
