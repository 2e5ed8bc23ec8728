package fakeaws_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/test/fakeaws"
)

func TestAssumeRole(t *testing.T) {
	m := member(t, other)
	m.Roles, m.ExternalID = []string{"security/Audit"}, "secret"
	closed := member(t, "777788889999")
	closed.Roles, closed.State = []string{"security/Audit"}, "SUSPENDED"
	s := fakeaws.Start(t, fakeaws.Options{}, &fakeaws.Account{Snapshot: compliant(t)}, m, closed)
	s.Setenv(t, own)
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRetryMaxAttempts(1))
	if err != nil {
		t.Fatal(err)
	}
	base := connected(cfg).sts
	for name, role := range map[string]string{
		"no such account": "arn:aws:iam::999999999999:role/security/Audit",
		"no such role":    "arn:aws:iam::444455556666:role/Audit",
		"other partition": "arn:aws-cn:iam::444455556666:role/security/Audit",
		"suspended":       "arn:aws:iam::777788889999:role/security/Audit",
		"no external id":  "arn:aws:iam::444455556666:role/security/Audit",
	} {
		if _, err := base.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("test")}); code(err) != "AccessDenied" || status(err) != 403 {
			t.Errorf("%s: got %d %q, want 403 AccessDenied", name, status(err), code(err))
		}
	}
	cfg.Credentials = stscreds.NewAssumeRoleProvider(base, "arn:aws:iam::444455556666:role/security/Audit", func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName, o.ExternalID = "cistern-1", aws.String("secret")
	})
	who, err := connected(cfg).sts.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil || *who.Account != other || *who.Arn != "arn:aws:sts::444455556666:assumed-role/Audit/cistern-1" {
		t.Fatalf("got %+v, %v; want the role's session", who, err)
	}
	keys, err := cfg.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cfg.Credentials = credentials.NewStaticCredentialsProvider(keys.AccessKeyID, "x", "not the token")
	if _, err := connected(cfg).sts.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}); code(err) != "InvalidClientTokenId" || status(err) != 403 {
		t.Errorf("wrong token: got %d %q, want 403 InvalidClientTokenId", status(err), code(err))
	}
	if _, err := connected(cfg).cloudtrail.DescribeTrails(t.Context(), &cloudtrail.DescribeTrailsInput{}); code(err) != "UnrecognizedClientException" {
		t.Errorf("wrong token, in JSON: got %q, want UnrecognizedClientException", code(err))
	}
}

func TestOrganization(t *testing.T) {
	suspended := member(t, other)
	suspended.State = "CLOSED"
	alone := compliant(t)
	alone.Account.ID, alone.Account.Organization = "999999999999", nil
	s := fakeaws.Start(t, fakeaws.Options{PageSize: 2, EmptyPages: true}, &fakeaws.Account{Snapshot: compliant(t)}, suspended,
		member(t, "222222222222"), member(t, "333333333333"), &fakeaws.Account{Snapshot: alone})
	c := connect(t, s, own, home).organizations
	var ids, states []string
	n := 0
	for pages := organizations.NewListAccountsPaginator(c, &organizations.ListAccountsInput{}); pages.HasMorePages(); n++ {
		out, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range out.Accounts {
			ids, states = append(ids, *a.Id), append(states, string(a.State)+" "+string(a.Status))
		}
	}
	if want := []string{own, "222222222222", "333333333333", other}; !slices.Equal(ids, want) || n != 4 {
		t.Errorf("got accounts %q on %d pages, want %q on 4, two of them empty", ids, n, want)
	}
	if want := []string{"ACTIVE ACTIVE", "ACTIVE ACTIVE", "ACTIVE ACTIVE", "CLOSED SUSPENDED"}; !slices.Equal(states, want) {
		t.Errorf("got states %q, want %q", states, want)
	}
	out, err := c.DescribeOrganization(t.Context(), &organizations.DescribeOrganizationInput{})
	if err != nil || *out.Organization.Id != "o-exampleorgid" || *out.Organization.MasterAccountId != own {
		t.Errorf("got %+v, %v; want the organisation of %s", out, err, own)
	}
	if _, err = connect(t, s, other, home).organizations.ListAccounts(t.Context(), &organizations.ListAccountsInput{}); code(err) != "AccessDeniedException" {
		t.Errorf("a member: got %q, want AccessDeniedException", code(err))
	}
	_, err = connect(t, s, "999999999999", home).organizations.DescribeOrganization(t.Context(), &organizations.DescribeOrganizationInput{})
	if code(err) != "AWSOrganizationsNotInUseException" {
		t.Errorf("alone: got %q, want AWSOrganizationsNotInUseException", code(err))
	}
}

func TestRegions(t *testing.T) {
	held := compliant(t)
	held.Collection.Regions = &snapshots.Regions{Enabled: []string{home, "eu-west-1", "ap-east-1"}}
	s := fakeaws.Start(t, fakeaws.Options{PageSize: 3}, &fakeaws.Account{Snapshot: held, NotOptedIn: []string{"me-south-1"}})
	c := connect(t, s, own, home)
	for all, want := range map[bool][]string{
		false: {"ap-east-1 opted-in", "eu-west-1 opt-in-not-required", "us-east-1 opt-in-not-required"},
		true:  {"ap-east-1 opted-in", "eu-west-1 opt-in-not-required", "me-south-1 not-opted-in", "us-east-1 opt-in-not-required"},
	} {
		out, err := c.ec2.DescribeRegions(t.Context(), &ec2.DescribeRegionsInput{AllRegions: &all})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range out.Regions {
			got = append(got, *r.RegionName+" "+*r.OptInStatus)
		}
		if !slices.Equal(got, want) {
			t.Errorf("all %v: got %q, want %q", all, got, want)
		}
	}
	var got []string
	for pages := account.NewListRegionsPaginator(c.account, &account.ListRegionsInput{}); pages.HasMorePages(); {
		out, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range out.Regions {
			got = append(got, *r.RegionName+" "+string(r.RegionOptStatus))
		}
	}
	if want := []string{"ap-east-1 ENABLED", "eu-west-1 ENABLED_BY_DEFAULT", "me-south-1 DISABLED", "us-east-1 ENABLED_BY_DEFAULT"}; !slices.Equal(got, want) {
		t.Errorf("list-regions: got %q, want %q", got, want)
	}
	_, err := connect(t, s, own, "me-south-1").cloudtrail.DescribeTrails(t.Context(), &cloudtrail.DescribeTrailsInput{})
	if code(err) != "UnrecognizedClientException" {
		t.Errorf("a region that is not opted in: got %q, want UnrecognizedClientException", code(err))
	}
	_, err = connect(t, s, own, "ap-east-1").securityhub.DescribeHub(t.Context(), &securityhub.DescribeHubInput{})
	if code(err) != "InvalidAccessException" || status(err) != 401 {
		t.Errorf("no hub: got %d %q, want 401 InvalidAccessException", status(err), code(err))
	}
}

func TestOtherPartitions(t *testing.T) {
	held := compliant(t)
	held.Account.Partition, held.Account.Organization = "aws-us-gov", nil
	held.Collection.Regions, held.Collection.Caller = nil, nil
	s := fakeaws.Start(t, fakeaws.Options{}, &fakeaws.Account{Snapshot: held})
	s.Setenv(t, own)
	cfg, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Region != "us-gov-east-1" {
		t.Errorf("got region %q, want us-gov-east-1", cfg.Region)
	}
	who, err := connected(cfg).sts.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil || *who.Arn != "arn:aws-us-gov:iam::111122223333:user/auditor" {
		t.Errorf("got %+v, %v; want a user of GovCloud", who, err)
	}
}
