package awscli

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

// failure is an error in the place of an answer.
type failure struct {
	code, message string
	operation     string // in the CLI's spelling, "" if the error does not say
}

func (f *failure) kind() snapshots.GapKind { return snapshots.KindOfCode(f.code) }

var clientError = pattern(`An error occurred \(([^)]*)\) when calling the (\w+) operation(?: \([^)]*\))?: *(.*)`)

// troubles are errors of the AWS CLI itself, which never reached AWS or never came back.
var troubles = []struct{ text, code string }{
	{"Unable to locate credentials", "NoCredentials"},
	{"Partial credentials found", "NoCredentials"},
	{"Unable to parse config file", "BadConfig"},
	{"The config profile (", "NoProfile"},
	{"You must specify a region", "NoRegion"},
	{"Token has expired", "ExpiredToken"},
	{"SSO session associated with this profile has expired", "ExpiredToken"},
	{"Error loading SSO Token", "ExpiredToken"},
	{"Could not connect to the endpoint URL", "EndpointConnectionError"},
	{"Connection was closed before we received a valid response", "EndpointConnectionError"},
	{"Failed to connect to proxy", "EndpointConnectionError"},
	{"SSL validation failed", "SSLError"},
	{"timeout on endpoint URL", "Timeout"},
	{"Unable to parse response", "Unreadable"},
	{"Invalid choice", "UnknownOperation"},
	{"invalid choice", "UnknownOperation"},
	{"Unknown options", "UnknownOption"},
	{"aws: error:", "WrongUsage"},
	{"aws: [ERROR]:", "Error"},
}

// failureIn finds an error of the AWS CLI in a text, nil if there is none.
func failureIn(text string) *failure {
	if found := clientError().FindStringSubmatch(text); found != nil {
		message := shortened(found[3])
		if strings.HasPrefix(message, "<") {
			message = "a web page came in the place of an answer"
		}
		return &failure{code: shortened(found[1]), message: message, operation: kebab(found[2])}
	}
	for _, trouble := range troubles {
		for line := range strings.Lines(text) {
			if strings.Contains(line, trouble.text) {
				return &failure{code: trouble.code, message: shortened(line)}
			}
		}
	}
	return nil
}

// failureInJSON finds an error that was saved as AWS sent it, nil if there is none.
func failureInJSON(fields snapshots.Extra) *failure {
	if inner := fields["Error"]; inner != nil {
		var within struct {
			Extra snapshots.Extra `json:",extra"`
		}
		if snapshots.Unmarshal(inner, &within) != nil {
			return nil
		}
		fields = within.Extra
	}
	code := first(fields, "__type", "Code", "code", "errorCode")
	if code == "" {
		return nil
	}
	code = code[strings.LastIndexByte(code, '#')+1:] // com.amazonaws.logs#AccessDeniedException
	code, _, _ = strings.Cut(code, ":")
	return &failure{code: shortened(code), message: shortened(first(fields, "message", "Message", "errorMessage"))}
}

func first(fields snapshots.Extra, names ...string) string {
	for _, name := range names {
		var text string
		if json.Unmarshal(fields[name], &text) == nil && text != "" {
			return text
		}
	}
	return ""
}

// kebab is an operation in the CLI's spelling: DescribeTrails is describe-trails.
func kebab(operation string) string {
	var b strings.Builder
	for i, r := range operation {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('-')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return shortened(line)
}

// shortened keeps a message to a length that fits into a report, and to what JSON can say: a message may be in any encoding.
func shortened(text string) string {
	const most = 300
	text = strings.ToValidUTF8(strings.TrimSpace(text), "\uFFFD")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return text
}

func sumOf(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(data)) }
