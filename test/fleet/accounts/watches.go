package accounts

import "strings"

// watch is what one metric filter looks for. Those that list events have a source and their names; the others have texts.
type watch struct {
	name   string
	source string   // of which service the events are; "" if the pattern does not say
	events []string // any one of these
	// says are the wordings in use that cover the control, the most frequent first.
	says []string
	// less are wordings in use that miss some of it.
	less []string
}

// watches are the filters that the CIS AWS Foundations Benchmark prescribes, as the benchmark, AWS and well-known modules word them.
var watches = []watch{
	{name: "UnauthorizedApiCalls", says: []string{
		`{ ($.errorCode ="*UnauthorizedOperation") || ($.errorCode ="AccessDenied*") && ($.sourceIPAddress!="delivery.logs.amazonaws.com") && ($.eventName!="HeadBucket") }`,
		`{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }`,
		`{($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*")}`,
	}, less: []string{
		`{ (($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*")) && ($.userIdentity.invokedBy NOT EXISTS) && ($.userAgent != "*Terraform*") }`,
		`{ ($.errorCode = "UnauthorizedOperation") || ($.errorCode = "AccessDenied") }`,
	}},
	{name: "ConsoleSigninWithoutMfa", says: []string{
		`{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") }`,
		`{($.eventName="ConsoleLogin") && ($.additionalEventData.MFAUsed !="Yes")}`,
		`{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && ($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }`,
	}, less: []string{
		`{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed = "No") }`,
	}},
	{name: "RootUsage", says: []string{
		`{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }`,
		`{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType !="AwsServiceEvent"}`,
		`{ $.userIdentity.type = "Root" }`,
	}, less: []string{
		`{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType = "AwsConsoleSignIn" }`,
	}},
	{name: "IamPolicyChanges", events: []string{
		"DeleteGroupPolicy", "DeleteRolePolicy", "DeleteUserPolicy", "PutGroupPolicy", "PutRolePolicy", "PutUserPolicy", "CreatePolicy", "DeletePolicy",
		"CreatePolicyVersion", "DeletePolicyVersion", "AttachRolePolicy", "DetachRolePolicy", "AttachUserPolicy", "DetachUserPolicy",
		"AttachGroupPolicy", "DetachGroupPolicy",
	}},
	{name: "CloudTrailChanges", events: []string{"CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"}},
	{name: "ConsoleAuthenticationFailures", says: []string{
		`{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }`,
		`{($.eventName=ConsoleLogin) && ($.errorMessage="Failed authentication")}`,
	}, less: []string{
		`{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") && ($.userIdentity.type = "IAMUser") }`,
	}},
	{name: "CmkDisabledOrDeleted", source: "kms.amazonaws.com", events: []string{"DisableKey", "ScheduleKeyDeletion"}},
	{name: "S3BucketPolicyChanges", source: "s3.amazonaws.com", events: []string{
		"PutBucketAcl", "PutBucketPolicy", "PutBucketCors", "PutBucketLifecycle", "PutBucketReplication", "DeleteBucketPolicy",
		"DeleteBucketCors", "DeleteBucketLifecycle", "DeleteBucketReplication",
	}},
	{name: "AwsConfigChanges", source: "config.amazonaws.com", events: []string{
		"StopConfigurationRecorder", "DeleteDeliveryChannel", "PutDeliveryChannel", "PutConfigurationRecorder",
	}},
	{name: "SecurityGroupChanges", events: []string{
		"AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress", "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress",
		"CreateSecurityGroup", "DeleteSecurityGroup", "ModifySecurityGroupRules",
	}},
	{name: "NetworkAclChanges", events: []string{
		"CreateNetworkAcl", "CreateNetworkAclEntry", "DeleteNetworkAcl", "DeleteNetworkAclEntry", "ReplaceNetworkAclEntry", "ReplaceNetworkAclAssociation",
	}},
	{name: "NetworkGatewayChanges", events: []string{
		"CreateCustomerGateway", "DeleteCustomerGateway", "AttachInternetGateway", "CreateInternetGateway", "DeleteInternetGateway", "DetachInternetGateway",
	}},
	{name: "RouteTableChanges", says: []string{
		`{($.eventSource = ec2.amazonaws.com) && ($.eventName = CreateRoute) || ($.eventName = CreateRouteTable) || ($.eventName = ReplaceRoute) || ($.eventName = ReplaceRouteTableAssociation) || ($.eventName = DeleteRouteTable) || ($.eventName = DeleteRoute) || ($.eventName = DisassociateRouteTable) }`,
		`{ ($.eventName = CreateRoute) || ($.eventName = CreateRouteTable) || ($.eventName = ReplaceRoute) || ($.eventName = ReplaceRouteTableAssociation) || ($.eventName = DeleteRouteTable) || ($.eventName = DeleteRoute) || ($.eventName = DisassociateRouteTable) }`,
	}, less: []string{
		`{ ($.eventName = CreateRoute) || ($.eventName = CreateRouteTable) || ($.eventName = ReplaceRoute) || ($.eventName = ReplaceRouteTableAssociation) || ($.eventName = DeleteRouteTable) || ($.eventName = DeleteRoute) }`,
	}},
	{name: "VpcChanges", events: []string{
		"CreateVpc", "DeleteVpc", "ModifyVpcAttribute", "AcceptVpcPeeringConnection", "CreateVpcPeeringConnection", "DeleteVpcPeeringConnection",
		"RejectVpcPeeringConnection", "AttachClassicLinkVpc", "DetachClassicLinkVpc", "DisableVpcClassicLink", "EnableVpcClassicLink",
	}},
	{name: "OrganizationsChanges", source: "organizations.amazonaws.com", events: []string{
		"AcceptHandshake", "AttachPolicy", "CreateAccount", "CreateOrganizationalUnit", "CreatePolicy", "DeclineHandshake", "DeleteOrganization",
		"DeleteOrganizationalUnit", "DeletePolicy", "DetachPolicy", "DisablePolicyType", "EnablePolicyType", "InviteAccountToOrganization",
		"LeaveOrganization", "MoveAccount", "RemoveAccountFromOrganization", "UpdatePolicy", "UpdateOrganizationalUnit",
	}},
}

// wordings are how many ways there are to say what a watch says.
const wordings = 4

// worded is a pattern that covers the control: style 0 is the benchmark's own way, others are other templates'.
func (w watch) worded(style int) string {
	if len(w.says) > 0 {
		return w.says[style%len(w.says)]
	}
	names := w.events
	switch style % wordings {
	case 1:
		return w.join(names, `($.eventName=`, `)`, "||")
	case 2:
		return w.join(names, `($.eventName = "`, `")`, " || ")
	case 3: // more than is asked for
		return w.join(append([]string{"Tag" + names[0]}, names...), `($.eventName = `, `)`, " || ")
	}
	return w.join(names, `($.eventName = `, `)`, " || ")
}

// narrower is a pattern that misses part of the control: an event was forgotten, or somebody was excepted.
func (w watch) narrower(style int) string {
	switch {
	case len(w.less) > 0:
		return w.less[style%len(w.less)]
	case style%2 == 0:
		return w.join(w.events[:len(w.events)-1], `($.eventName = `, `)`, " || ")
	}
	all := strings.TrimSuffix(strings.TrimPrefix(w.worded(0), "{ "), " }")
	return `{ (` + all + `) && ($.userIdentity.sessionContext.sessionIssuer.userName != "OrganizationAutomation") }`
}

// join is a pattern of any one of the events; the text between them is as wide as the author's taste.
func (w watch) join(events []string, before, after, or string) string {
	terms := make([]string, len(events))
	for i, event := range events {
		terms[i] = before + event + after
	}
	any := strings.Join(terms, or)
	if w.source != "" {
		any = "($.eventSource = " + w.source + ") && (" + any + ")"
	}
	return "{ " + any + " }"
}
