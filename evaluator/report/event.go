package report

import (
	"maps"
	"slices"
	"strings"
)

// everyRecord is what every CloudTrail record holds, and says nothing of why this one would go unnoticed. The JSON has it all.
var everyRecord = map[string]bool{
	"awsRegion": true, "eventCategory": true, "eventID": true, "eventTime": true, "eventType": true, "eventVersion": true,
	"managementEvent": true, "readOnly": true, "recipientAccountId": true, "requestID": true, "sourceIPAddress": true, "userAgent": true,
	"userIdentity.accountId": true, "userIdentity.accessKeyId": true, "userIdentity.arn": true, "userIdentity.principalId": true, "userIdentity.userName": true,
}

// eventText is a CloudTrail event in one line: its name and source, then what sets it apart. A field that every record has is
// shown if the context speaks of it, as a filter's condition does that leaves the event out.
func eventText(event any, context string) string {
	if _, ok := event.(map[string]any); !ok {
		return compact(event)
	}
	fields := map[string]string{}
	flatten(event, "", fields)
	var parts []string
	for _, name := range append([]string{"eventName", "eventSource"}, slices.Sorted(maps.Keys(fields))...) {
		value, ok := fields[name]
		if !ok || (everyRecord[name] && !strings.Contains(context, "$."+name)) {
			continue
		}
		delete(fields, name)
		parts = append(parts, name+" "+value)
	}
	return strings.Join(parts, ", ")
}

// flatten lists the texts and numbers of an event by their paths, "userIdentity.type".
func flatten(value any, path string, fields map[string]string) {
	switch v := value.(type) {
	case nil:
	case map[string]any:
		for key, each := range v {
			if path == "" {
				flatten(each, key, fields)
			} else {
				flatten(each, path+"."+key, fields)
			}
		}
	case string:
		fields[path] = v
	default:
		fields[path] = compact(v)
	}
}
