package snapshots

import "strings"

// ARN is an Amazon Resource Name, in its parts: arn:partition:service:region:account:resource.
type ARN struct{ Partition, Service, Region, Account, Resource string }

// ParseARN takes an ARN apart. PendingConfirmation and other texts that stand where an ARN may are none.
func ParseARN(text string) (ARN, bool) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[1] == "" || parts[2] == "" || parts[5] == "" {
		return ARN{}, false
	}
	return ARN{parts[1], parts[2], parts[3], parts[4], parts[5]}, true
}

// IsAccountID tells whether text is an account id: twelve digits.
func IsAccountID(text string) bool {
	if len(text) != 12 {
		return false
	}
	return strings.Trim(text, "0123456789") == ""
}

// IsRegion tells whether text looks like a region: us-east-1, us-gov-west-1, ap-southeast-3.
func IsRegion(text string) bool {
	parts := strings.Split(text, "-")
	if len(parts) < 3 || len(parts) > 4 {
		return false
	}
	last := len(parts) - 1
	for i, part := range parts {
		letters := strings.Trim(part, "abcdefghijklmnopqrstuvwxyz") == ""
		digits := strings.Trim(part, "0123456789") == ""
		if part == "" || i < last && !letters || i == last && !digits {
			return false
		}
	}
	return len(parts[0]) >= 2 && len(parts[0]) <= 4 && len(parts[last]) <= 2
}
