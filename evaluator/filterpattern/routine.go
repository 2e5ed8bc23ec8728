package filterpattern

import (
	"encoding/json"
	"math/bits"
	"sync"
)

// OverBroad finds a routine record that some deployed pattern matches though the control does not want it: an alarm on
// it would ring all day. It is nil when none of the routine records is one.
func OverBroad(q Question) json.RawMessage {
	var rings uint32
	wanted := ^uint32(0) // by every accepted pattern, as far as is known: then it is what the control asks for
	for _, p := range q.Required {
		wanted &= q.memory.routine(&q, p).maybe
	}
	for _, p := range q.Deployed {
		rings |= q.memory.routine(&q, p).surely
	}
	if rings &^= wanted; rings == 0 {
		return nil
	}
	return json.RawMessage(routineEvents()[bits.TrailingZeros32(rings)].message)
}

// routineHits are the routine records that a pattern matches, a bit for each.
type routineHits struct {
	surely uint32 // when it is deployed
	maybe  uint32 // when it is required
}

// routineHits holds a pattern against the routine records.
func (q *Question) routineHits(p *Pattern) routineHits {
	var hits routineHits
	for i, e := range routineEvents() {
		if q.matches(p, e) == Yes {
			hits.surely |= 1 << i
		}
		if p.MatchEvent(e) != No {
			hits.maybe |= 1 << i
		}
	}
	return hits
}

// routineEvents are the routine records as events.
var routineEvents = sync.OnceValue(func() []*Event {
	var all []*Event
	for _, r := range routine {
		record := newRecord(r.name, r.source, r.identity, r.errorCode, "")
		for k, v := range r.fields {
			record[k] = v
		}
		all = append(all, NewEvent(writeRecord(record)))
	}
	return all
})

// routine is what fills most trails: reads, service calls and successful work that no control of the benchmark asks to be
// told of; at most 32 kinds.
var routine = []struct {
	name, source, identity, errorCode string
	fields                            map[string]any
}{
	{"DescribeInstances", "ec2.amazonaws.com", "AssumedRole", "", map[string]any{"readOnly": true}},
	{"RunInstances", "ec2.amazonaws.com", "AssumedRole", "", nil},
	{"ListBuckets", "s3.amazonaws.com", "IAMUser", "", map[string]any{"readOnly": true}},
	{"AssumeRole", "sts.amazonaws.com", "AWSService", "", map[string]any{"readOnly": true, "sourceIPAddress": "ec2.amazonaws.com", "userAgent": "ec2.amazonaws.com"}},
	{"GetCallerIdentity", "sts.amazonaws.com", "AssumedRole", "", map[string]any{"readOnly": true}},
	{"Decrypt", "kms.amazonaws.com", "AssumedRole", "", map[string]any{"readOnly": true}},
	{"GetUser", "iam.amazonaws.com", "IAMUser", "", map[string]any{"readOnly": true}},
	{"ListPolicies", "iam.amazonaws.com", "AssumedRole", "", map[string]any{"readOnly": true}},
	{"LookupEvents", "cloudtrail.amazonaws.com", "AssumedRole", "", map[string]any{"readOnly": true}},
	{"DescribeConfigurationRecorders", "config.amazonaws.com", "AssumedRole", "", map[string]any{"readOnly": true}},
	{"DescribeOrganization", "organizations.amazonaws.com", "AssumedRole", "", map[string]any{"readOnly": true}},
	{"GetParameter", "ssm.amazonaws.com", "AssumedRole", "ParameterNotFound", map[string]any{"readOnly": true}},
	{"ConsoleLogin", "signin.amazonaws.com", "IAMUser", "", map[string]any{
		"additionalEventData": map[string]any{"LoginTo": "https://console.aws.amazon.com/console/home", "MobileVersion": "No", "MFAUsed": "Yes"},
	}},
	{"HeadBucket", "s3.amazonaws.com", "AWSService", "AccessDenied", map[string]any{
		"readOnly": true, "sourceIPAddress": "delivery.logs.amazonaws.com", "userAgent": "delivery.logs.amazonaws.com"}},
}
