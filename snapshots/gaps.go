package snapshots

import "strings"

// GapKind says why something was not read.
type GapKind string

// The kinds of gap.
const (
	// Denied is a call that AWS refused for want of a permission.
	Denied GapKind = "denied"
	// Failed is a call that failed in another way.
	Failed GapKind = "error"
	// Throttled is a call that AWS refused for its rate.
	Throttled GapKind = "throttled"
	// NotAttempted is a call that nobody made.
	NotAttempted GapKind = "not_attempted"
)

// CodeTruncated is the code of a gap of kind error beside a list that was read in part: what is in the list is there,
// and there may be more.
const CodeTruncated = "Truncated"

// GapKinds is every kind of gap.
func GapKinds() []GapKind { return []GapKind{Denied, Failed, Throttled, NotAttempted} }

// Gap is something that could not be read. Policies that need it answer unknown.
type Gap struct {
	// Region is where; absent for a global call.
	Region string `json:"region" key:"1"`
	// Service is the service in the AWS CLI's spelling.
	Service string `json:"service,required" key:"2"`
	// Operation is the operation in the AWS CLI's spelling: describe-trails.
	Operation string `json:"operation,required" key:"3"`
	// Resource is the ARN that the call was about; absent when it was about the whole region.
	Resource *string `json:"resource" key:"4"`
	// Kind is denied, error, throttled or not_attempted.
	Kind GapKind `json:"kind,required" enum:"denied,error,not_attempted,throttled"`
	// Code is AWS's error code, or one of cistern's own (Truncated).
	Code string `json:"code"`
	// Message is what AWS, or cistern, says of it.
	Message string `json:"message"`
	// Action is the IAM permission that would have let a denied call through; absent where nobody says.
	Action *string `json:"action"`

	Extra Extra `json:",extra"`
}

// KindOfCode is the kind of gap that a call leaves which failed with this AWS error code.
func KindOfCode(code string) GapKind {
	switch code {
	case "AccessDenied", "AccessDeniedException", "AccessDeniedForDependencyException", "AuthorizationError",
		"AuthorizationErrorException", "UnauthorizedOperation", "Client.UnauthorizedOperation", "Forbidden", "403":
		return Denied
	case "RequestLimitExceeded", "TooManyRequestsException", "BandwidthLimitExceeded", "RequestThrottled",
		"RequestThrottledException", "SlowDown", "PriorRequestNotComplete", "429":
		return Throttled
	}
	if strings.HasPrefix(code, "Throttl") {
		return Throttled
	}
	return Failed
}

// ActionOf is the IAM permission that a call in the AWS CLI's spelling needs: cloudtrail:DescribeTrails of describe-trails. It holds for
// every call that a snapshot is made of, but for get-caller-identity, which needs none.
func ActionOf(service, operation string) string {
	if operation == "get-caller-identity" {
		return ""
	}
	name := ""
	for word := range strings.SplitSeq(operation, "-") {
		name += strings.ToUpper(word[:min(1, len(word))]) + word[min(1, len(word)):]
	}
	return service + ":" + name
}
