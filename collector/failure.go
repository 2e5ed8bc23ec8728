package collector

import (
	"context"
	"encoding/xml"
	"errors"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/cistern-audit/cistern/snapshots"
)

// failure is why a call has no answer, in the words of a gap.
type failure struct {
	kind          snapshots.GapKind
	code, message string
	pages         int64 // that were read before
	own           bool  // the service's own error, in the call's protocol
}

func (f *failure) Error() string {
	if f.code == "" {
		return f.message
	}
	return f.code + ": " + f.message
}

// Codes of the collector's own, for what never was an answer of AWS.
const (
	codeConnection   = "ConnectionError"
	codeCredentials  = "NoCredentials"
	codeNoSuchHost   = "NoSuchHost"
	codeOtherAccount = "OtherAccount"
	codeTimeout      = "Timeout"
	codeUnreadable   = "Unreadable"
)

// refusedCaller are the codes that say the credentials are no good (at all, any more, or in this region): no permission that
// could be given would help.
func refusedCaller() []string {
	return []string{
		"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException", "InvalidToken", "InvalidTokenId",
		"SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "MissingAuthenticationToken", "MissingAuthenticationTokenException",
		"AuthFailure", "RequestExpired", "OptInRequired", "SubscriptionRequiredException", "NotSignedUp", codeCredentials,
	}
}

// hint is a way out of a failure that concerns every call.
func (f *failure) hint() string {
	switch {
	case f.code == codeCredentials:
		return "sign in (aws sso login), or set AWS_PROFILE or AWS_ACCESS_KEY_ID; then aws sts get-caller-identity works too"
	case slices.Contains(refusedCaller(), f.code):
		return "check the credentials: aws sts get-caller-identity; outside of AWS's main partition name a region of yours (AWS_REGION, --region)"
	case f.code == codeNoSuchHost, f.code == codeConnection, f.code == codeTimeout:
		if strings.Contains(f.message, "x509") {
			return "AWS_CA_BUNDLE names the certificates of a proxy that looks into TLS"
		}
		return "check the network, the proxy (HTTPS_PROXY) and the endpoint (AWS_ENDPOINT_URL)"
	case f.kind == snapshots.Denied:
		return "an administrator can see why in CloudTrail"
	}
	return ""
}

// failureOf says what went wrong with a call. Denied is a code that says so, or else HTTP status 403: not every service,
// nor every proxy before it, answers in the call's own protocol.
func failureOf(err error, x *exchange) *failure {
	f := &failure{kind: snapshots.Failed, pages: x.pages, own: ownError(err) != nil}
	f.code, f.message = described(err, x)
	if (f.code == "NotFound" || f.code == "NotFoundException") && !(f.own && x.status == http.StatusNotFound) {
		f.code = strconv.Itoa(x.status) // a proxy's word is none about the account
	}
	switch {
	case slices.Contains(refusedCaller(), f.code):
	case f.code == "InvalidAccessException" && x.status == http.StatusUnauthorized:
		f.kind = snapshots.Denied
	default:
		f.kind = snapshots.KindOfCode(f.code)
		if f.kind == snapshots.Failed && x.status == http.StatusForbidden {
			f.kind = snapshots.Denied
		}
		if f.kind == snapshots.Failed && x.status == http.StatusTooManyRequests {
			f.kind = snapshots.Throttled
		}
	}
	f.message = readable(f.message, x.secrets)
	return f
}

// ownError is the service's own error, in the call's protocol; nil if it said none.
func ownError(err error) smithy.APIError {
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() == "" || api.ErrorCode() == "UnknownError" {
		return nil
	}
	return api
}

// described is an error's code and message: AWS's own where it has some.
func described(err error, x *exchange) (code, message string) {
	var credentials *credentialsError
	if errors.As(err, &credentials) {
		return codeCredentials, credentials.Error()
	}
	if own := ownError(err); own != nil {
		return own.ErrorCode(), own.ErrorMessage()
	}
	var unreadable *unreadableError
	if errors.As(err, &unreadable) {
		return codeUnreadable, unreadable.Error()
	}
	if x.status >= http.StatusMultipleChoices {
		return foreignError(x)
	}
	var cut *cutError
	var dns *net.DNSError
	var timeout interface{ Timeout() bool }
	var send *smithyhttp.RequestSendError
	switch {
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return codeTimeout, "no answer in time"
	case errors.As(err, &dns) && dns.IsNotFound:
		return codeNoSuchHost, dns.Error()
	case errors.As(err, &cut):
		return codeConnection, cut.Error()
	case errors.As(err, &send):
		return codeConnection, innermost(send.Err).Error()
	case x.status == http.StatusOK:
		return codeUnreadable, "the answer cannot be read: " + innermost(err).Error()
	}
	return "", innermost(err).Error()
}

// innermost is the error below the names of operation, request and attempt that the SDK puts before it.
func innermost(err error) error {
	for {
		var operation *smithy.OperationError
		var address *url.Error
		switch {
		case errors.As(err, &operation):
			err = operation.Err
		case errors.As(err, &address):
			err = address.Err // the address may be a proxy's, with its password
		default:
			return err
		}
	}
}

// foreignError is an error answer that is not in the call's protocol: XML where JSON was asked for, a web page.
func foreignError(x *exchange) (code, message string) {
	code = strconv.Itoa(x.status)
	var answer struct {
		Code    string `xml:"Code"`
		Message string `xml:"Message"`
		Error   struct {
			Code    string `xml:"Code"`
			Message string `xml:"Message"`
		} `xml:"Error"`
		Errors struct {
			Error struct {
				Code    string `xml:"Code"`
				Message string `xml:"Message"`
			} `xml:"Error"`
		} `xml:"Errors"`
	}
	if xml.Unmarshal(x.body, &answer) == nil {
		for _, e := range []struct{ Code, Message string }{
			{answer.Code, answer.Message}, {answer.Error.Code, answer.Error.Message}, {answer.Errors.Error.Code, answer.Errors.Error.Message},
		} {
			if e.Code != "" {
				return e.Code, e.Message
			}
		}
	}
	return code, "HTTP status " + code + " " + http.StatusText(x.status)
}

// Credentials by their looks: those of a call may also be in the message of another, and a provider of credentials may have said
// more than it should.
var (
	accessKey    = regexp.MustCompile(`\b(A[KS]IA)[A-Z0-9]{12,}`)
	sessionToken = regexp.MustCompile(`(?i)(x-amz-security-token["']?[:=]\s*)[^\s&]+`)
	keyValue     = regexp.MustCompile(`(?i)((?:secret|token|password)[a-z_]*["']?\s*[:=]\s*["']?)[^\s"',}&]+`)
	endpoint     = regexp.MustCompile(`(?i)(failed to parse uri: ).*`) // which may hold a password
	userInfo     = regexp.MustCompile(`://[^/@]*@`)
	mail         = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+`)
)

// readable makes a message fit for a record that others read: one line, not too long, without credentials. A refused
// signature, for one, comes back with the request's headers, session token and all.
func readable(message string, secrets []string) string {
	const most = 500
	for _, secret := range secrets {
		message = strings.ReplaceAll(message, secret, "[removed]")
		message = strings.ReplaceAll(message, url.QueryEscape(secret), "[removed]")
	}
	message = accessKey.ReplaceAllString(message, "${1}[removed]")
	message = sessionToken.ReplaceAllString(message, "${1}[removed]")
	message = keyValue.ReplaceAllString(message, "${1}[removed]")
	message = endpoint.ReplaceAllString(message, "${1}check AWS_ENDPOINT_URL")
	message = userInfo.ReplaceAllString(message, "://[removed]@")
	message = strings.Join(strings.Fields(strings.ToValidUTF8(message, "\uFFFD")), " ")
	if runes := []rune(message); len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return message
}

// secretsOf are what a request's headers hold and a message must not repeat.
func secretsOf(h http.Header) []string {
	var secrets []string
	if token := h.Get("X-Amz-Security-Token"); token != "" {
		secrets = append(secrets, token)
	}
	if _, signature, ok := strings.Cut(h.Get("Authorization"), "Signature="); ok && signature != "" {
		secrets = append(secrets, signature)
	}
	return secrets
}
