package filterpattern

import (
	"slices"
	"strings"
)

// Assumption is what must be believed of log events for an answer to hold. The zero value assumes nothing beyond the
// message being a JSON object.
type Assumption uint8

// The levels, from the weakest on. Each includes those before it.
const (
	// AnyJSON: a message is any JSON object.
	AnyJSON Assumption = iota
	// CloudTrail: the fields of a CloudTrail record have the types and are present as the CloudTrail record reference
	// says; fields that it does not name may hold anything.
	CloudTrail
	// EventSource: besides, an event name that only one AWS service uses comes from that service.
	EventSource
)

// String is the level as reports and the command line write it.
func (a Assumption) String() string {
	return [...]string{"any-json", "cloudtrail", "event-source"}[a]
}

// optional is the shape of a text that may be left out.
const optional = str | missing

// recordFields are the fields of a CloudTrail record whose type the record reference gives.
// Source: AWS CloudTrail user guide, "CloudTrail record contents" and "CloudTrail userIdentity element".
var recordFields = map[string]shape{
	"$.eventVersion":                           str,
	"$.eventTime":                              str,
	"$.eventSource":                            str,
	"$.eventName":                              str,
	"$.awsRegion":                              str,
	"$.sourceIPAddress":                        str,
	"$.eventType":                              str,
	"$.eventID":                                str,
	"$.requestID":                              optional,
	"$.userAgent":                              optional,
	"$.errorCode":                              optional,
	"$.errorMessage":                           optional,
	"$.apiVersion":                             optional,
	"$.eventCategory":                          str,
	"$.recipientAccountId":                     optional,
	"$.sharedEventID":                          optional,
	"$.vpcEndpointId":                          optional,
	"$.vpcEndpointAccountId":                   optional,
	"$.sessionCredentialFromConsole":           optional,
	"$.managementEvent":                        boolean | missing,
	"$.readOnly":                               boolean | missing,
	"$.requestParameters":                      object | null,
	"$.responseElements":                       object | missing | null,
	"$.additionalEventData":                    object | missing,
	"$.serviceEventDetails":                    object | missing,
	"$.tlsDetails":                             object | missing,
	"$.addendum":                               object | missing,
	"$.edgeDeviceDetails":                      object | missing,
	"$.insightDetails":                         object | missing,
	"$.resources":                              lists | missing,
	"$.userIdentity":                           object,
	"$.userIdentity.type":                      str,
	"$.userIdentity.userName":                  optional,
	"$.userIdentity.principalId":               optional,
	"$.userIdentity.arn":                       optional,
	"$.userIdentity.accountId":                 optional,
	"$.userIdentity.accessKeyId":               optional,
	"$.userIdentity.invokedBy":                 optional,
	"$.userIdentity.sessionContext":            object | missing,
	"$.userIdentity.sessionContext.attributes": object | missing,
	"$.userIdentity.sessionContext.attributes.mfaAuthenticated": optional,
	"$.userIdentity.sessionContext.attributes.creationDate":     optional,
	"$.userIdentity.sessionContext.assumedRoot":                 optional, // "true" in a session that sts:AssumeRoot gave
	"$.userIdentity.sessionContext.sessionIssuer":               object | missing,
	"$.userIdentity.sessionContext.sessionIssuer.type":          optional,
	"$.userIdentity.sessionContext.sessionIssuer.userName":      optional,
	"$.userIdentity.sessionContext.sessionIssuer.principalId":   optional,
	"$.userIdentity.sessionContext.sessionIssuer.arn":           optional,
	"$.userIdentity.sessionContext.sessionIssuer.accountId":     optional,
	"$.additionalEventData.MFAUsed":                             optional,
	"$.responseElements.ConsoleLogin":                           optional,
}

// insightLacks are the fields that every record but an Insights event has.
var insightLacks = []string{"$.eventName", "$.eventSource", "$.sourceIPAddress", "$.userAgent", "$.userIdentity", "$.requestParameters",
	"$.responseElements"}

// insightTypes are the fields by which an Insights event is one.
var insightTypes = map[string]string{"$.eventType": "AwsCloudTrailInsight", "$.eventCategory": "Insight"}

// allowed is the shapes that a selector's value can have in a CloudTrail record, or in an Insights event.
func allowed(sel selector, insight bool) shape {
	out := shape(anyShape)
	for i := range sel {
		name := sel[:i+1].String()
		shapes, known := recordFields[name]
		if insight && slices.Contains(insightLacks, name) {
			shapes, known = missing, true
		}
		if !known {
			continue
		}
		if i == len(sel)-1 {
			return shapes
		}
		if sel[i+1].kind == stepKey && shapes&object == 0 || sel[i+1].kind == stepIndex && shapes&lists == 0 {
			return missing
		}
	}
	return out
}

// onlySource is the event source of event names that one AWS service alone uses, among those that the CIS AWS
// Foundations Benchmark watches. Source: the operation names of the AWS API models; for ConsoleLogin, the CloudTrail user
// guide's sign-in events.
var onlySource = sourceTable(map[string]string{
	"iam": `AttachGroupPolicy AttachRolePolicy AttachUserPolicy DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy
		DetachGroupPolicy DetachRolePolicy DetachUserPolicy PutGroupPolicy PutRolePolicy PutUserPolicy`,
	"cloudtrail": `CreateTrail DeleteTrail StartLogging StopLogging UpdateTrail`,
	"kms":        `DisableKey ScheduleKeyDeletion`,
	"s3": `DeleteBucketCors DeleteBucketLifecycle DeleteBucketPolicy DeleteBucketReplication PutBucketAcl PutBucketCors
		PutBucketLifecycle PutBucketPolicy PutBucketReplication`,
	"config": `DeleteDeliveryChannel PutConfigurationRecorder PutDeliveryChannel StopConfigurationRecorder`,
	"ec2": `AcceptVpcPeeringConnection AttachClassicLinkVpc AttachInternetGateway AuthorizeSecurityGroupEgress
		AuthorizeSecurityGroupIngress CreateCustomerGateway CreateInternetGateway CreateNetworkAcl CreateNetworkAclEntry
		CreateRouteTable CreateVpc DeleteCustomerGateway DeleteInternetGateway DeleteNetworkAcl DeleteNetworkAclEntry
		DeleteRouteTable DeleteVpc DetachClassicLinkVpc DetachInternetGateway DisableVpcClassicLink
		DisassociateRouteTable EnableVpcClassicLink ModifySecurityGroupRules ModifyVpcAttribute RejectVpcPeeringConnection
		ReplaceNetworkAclAssociation ReplaceNetworkAclEntry ReplaceRoute ReplaceRouteTableAssociation
		RevokeSecurityGroupEgress RevokeSecurityGroupIngress`,
	"organizations": `AcceptHandshake CreateOrganizationalUnit DeclineHandshake DeleteOrganizationalUnit DisablePolicyType
		EnablePolicyType InviteAccountToOrganization LeaveOrganization MoveAccount RemoveAccountFromOrganization
		UpdateOrganizationalUnit`,
	"signin": `ConsoleLogin`,
})

// sharedNames are event names that several services use, with the services, the most usual first; they make examples
// realistic and prove nothing. Source: as above.
var sharedNames = map[string]string{
	"AttachPolicy":               "organizations iot clouddirectory",
	"CreateAccount":              "organizations chime",
	"CreatePolicy":               "iam iot organizations verifiedpermissions",
	"CreatePolicyVersion":        "iam iot",
	"CreateRoute":                "ec2 appmesh apigateway refactor-spaces",
	"CreateSecurityGroup":        "ec2 wickr",
	"CreateVpcPeeringConnection": "ec2 gamelift",
	"DeleteOrganization":         "organizations workmail",
	"DeletePolicy":               "iam iot organizations autoscaling fms",
	"DeletePolicyVersion":        "iam iot",
	"DeleteRoute":                "ec2 appmesh apigateway refactor-spaces",
	"DeleteSecurityGroup":        "ec2 wickr",
	"DeleteVpcPeeringConnection": "ec2 gamelift",
	"DetachPolicy":               "organizations iot clouddirectory",
	"UpdatePolicy":               "organizations verifiedpermissions",
	"HeadBucket":                 "s3",
	"RunInstances":               "ec2",
	"AssumeRole":                 "sts",
	"PutObject":                  "s3",
	"CreateUser":                 "iam",
}

func sourceTable(names map[string]string) map[string]string {
	table := map[string]string{}
	for service, list := range names {
		for _, name := range strings.Fields(list) {
			table[name] = service + ".amazonaws.com"
		}
	}
	return table
}

// seeds are realistic values by field, tried before anything made up.
var seeds = map[string][]string{
	"$.eventName": {"RunInstances", "AssumeRole", "PutObject", "CreateUser", "ConsoleLogin"},
	"$.eventSource": {"iam.amazonaws.com", "ec2.amazonaws.com", "s3.amazonaws.com", "cloudtrail.amazonaws.com", "kms.amazonaws.com",
		"organizations.amazonaws.com", "config.amazonaws.com", "signin.amazonaws.com", "sts.amazonaws.com", "iot.amazonaws.com"},
	"$.eventType":             {"AwsApiCall", "AwsConsoleSignIn", "AwsServiceEvent", "AwsConsoleAction", "AwsCloudTrailInsight"},
	"$.eventCategory":         {"Management", "Data", "Insight"},
	"$.eventVersion":          {"1.09"},
	"$.awsRegion":             {"us-east-1", "eu-west-1", "ap-southeast-2"},
	"$.sourceIPAddress":       {"203.0.113.10", "198.51.100.7", "192.0.2.44", "cloudformation.amazonaws.com", "delivery.logs.amazonaws.com"},
	"$.userAgent":             {"aws-cli/2.17.0", "console.amazonaws.com", "Mozilla/5.0"},
	"$.errorCode":             {"AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation", "UnauthorizedOperation", "NoSuchEntityException"},
	"$.errorMessage":          {"Failed authentication", "No username found in supplied account", "User is not authorized to perform this operation"},
	"$.userIdentity.type":     {"IAMUser", "Root", "AssumedRole", "AWSService", "FederatedUser", "AWSAccount"},
	"$.userIdentity.userName": {"alice", "bob"},
	"$.userIdentity.arn": {"arn:aws:iam::111122223333:user/alice", "arn:aws:sts::111122223333:assumed-role/Admin/alice",
		"arn:aws:iam::111122223333:root"},
	"$.userIdentity.principalId":                                {"AIDACKCEVSQ6C2EXAMPLE"},
	"$.userIdentity.accountId":                                  {"111122223333", "444455556666"},
	"$.userIdentity.invokedBy":                                  {"cloudformation.amazonaws.com", "config.amazonaws.com", "AWS Internal"},
	"$.userIdentity.sessionContext.attributes.mfaAuthenticated": {"false", "true"},
	"$.userIdentity.sessionContext.sessionIssuer.arn":           {"arn:aws:iam::111122223333:role/Admin"},
	"$.userIdentity.sessionContext.sessionIssuer.userName":      {"Admin"},
	"$.additionalEventData.MFAUsed":                             {"No", "Yes"},
	"$.responseElements.ConsoleLogin":                           {"Success", "Failure"},
	"$.recipientAccountId":                                      {"111122223333", "444455556666"},
}

// seeds are the texts to try first for a variable: what a record of that kind usually holds, then what is usual for the
// field, then what the required patterns name.
func (s *solver) seeds(i int) []string {
	v := &s.p.vars[i]
	if v.kind == messageVar {
		return nil
	}
	var out []string
	for _, f := range append(slices.Clone(s.required), s.scope) {
		f.atoms(func(variable, n int) {
			if variable != i {
				return
			}
			if a := v.atoms[n]; a.text.kind == exactly && a.op == opEqual {
				out = append(out, a.text.literal)
			}
		})
	}
	out = append(out, seeds[v.name]...)
	if i == s.p.source {
		out = append(out, s.linkedSeeds()...)
	}
	if strings.HasSuffix(strings.ToLower(v.name), "arn") {
		for _, a := range v.atoms {
			if a.text.kind == glob && a.text.parts[0] == "" {
				core := strings.Join(a.text.parts, "")
				out = append(out, "arn:aws:sts::111122223333:assumed-role/"+core, "arn:aws:iam::111122223333:role/"+core+"/session")
			}
		}
	}
	return out
}

// linkedSeeds are the sources of the event names in the question: the search must be able to name them.
func (s *solver) linkedSeeds() []string {
	if s.p.event < 0 {
		return nil
	}
	var out []string
	for _, c := range s.all[s.p.event] {
		out = append(out, usualSources(c.text)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// linkedNames are the event names with one source only that some wildcard or regular expression of the variable matches.
func (v *variable) linkedNames() []string {
	var out []string
	for name := range onlySource {
		for _, a := range v.atoms {
			if (a.text.kind == glob || a.text.kind == found) && a.text.matches(name) == Yes {
				out = append(out, name)
				break
			}
		}
	}
	slices.Sort(out)
	return out
}

// atoms calls f for every atom of the formula; a nil formula has none.
func (f *formula) atoms(call func(variable, atom int)) {
	if f == nil {
		return
	}
	if f.op == fAtom {
		call(f.v, f.atom)
	}
	for _, kid := range f.kids {
		kid.atoms(call)
	}
}
