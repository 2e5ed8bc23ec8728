package fakeaws

import (
	"net/http"
	"strings"
	"time"
)

// Kind is a way in which an answer goes wrong.
type Kind string

// The kinds of fault.
const (
	// None is an ordinary answer.
	None Kind = ""
	// Deny refuses with the service's own code for want of a permission, in AWS's words, which name the user and the action.
	Deny Kind = "deny"
	// DenyXML is status 403 with a body of XML whatever the protocol, in which no SDK finds a code.
	DenyXML Kind = "deny-xml"
	// ServerError is status 500 with a code.
	ServerError Kind = "server-error"
	// Throttle refuses for the rate of calls.
	Throttle Kind = "throttle"
	// Expired says that the credentials have expired.
	Expired Kind = "expired"
	// Garbage is status 200 with a body that is no JSON and no XML.
	Garbage Kind = "garbage"
	// Empty is status 200 without a body.
	Empty Kind = "empty"
	// HTML is status 502 with a page for people, as proxies send it.
	HTML Kind = "html"
	// Cut sends half of the ordinary answer and closes the connection.
	Cut Kind = "cut"
	// CutAtOnce closes the connection without an answer. Go's client asks a GET (describe-hub) again on its own.
	CutAtOnce Kind = "cut-at-once"
	// Hang never answers: until the client leaves or the server ends.
	Hang Kind = "hang"
	// Refuse refuses with the fault's own Status, Code and Message.
	Refuse Kind = "refuse"
	// Say is status 200 with the fault's Message for a body.
	Say Kind = "say"
)

// Kinds is every kind of fault that needs nothing more said: all but None, Refuse and Say.
func Kinds() []Kind {
	return []Kind{Deny, DenyXML, ServerError, Throttle, Expired, Garbage, Empty, HTML, Cut, CutAtOnce, Hang}
}

// Fault is what goes wrong with one answer. The zero Fault is nothing.
type Fault struct {
	Kind Kind
	// Status (400 if zero), Code and Message are those of Refuse.
	Status        int
	Code, Message string
	// Delay comes before the answer, on top of the server's latency.
	Delay time.Duration
	// SlowBody is how long the body of an ordinary answer takes to arrive.
	SlowBody time.Duration
}

// spoil answers wrongly what would be answered well, or be refused as wrong.
func (r *request) spoil(out http.ResponseWriter, in *http.Request, wrong error, f Fault) {
	switch f.Kind {
	case Garbage:
		raw(200, "application/octet-stream", "\x00\x01\x02 neither JSON nor XML \xff\xfe").send(out, r, 0)
	case Say:
		raw(200, r.jsonKind(), f.Message).send(out, r, 0)
	case Empty:
		raw(200, r.jsonKind(), "").send(out, r, 0)
	case HTML:
		raw(502, "text/html", "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway"+
			"</h1></center><hr><center>nginx</center></body></html>\r\n").send(out, r, 0)
	case DenyXML:
		raw(403, "text/xml", "<Response><Errors><Error><Code>AccessDenied</Code><Message>"+r.denial()+
			"</Message></Error></Errors><RequestID>"+r.RequestID+"</RequestID></Response>").send(out, r, 0)
	case Cut:
		a := r.respond(wrong)
		body := a.body(r)
		a.announce(out, r, len(body))
		_, _ = out.Write(body[:len(body)/2])
		_ = http.NewResponseController(out).Flush()
		panic(http.ErrAbortHandler)
	case CutAtOnce:
		panic(http.ErrAbortHandler)
	case Hang:
		select {
		case <-in.Context().Done():
		case <-r.server.done:
		}
		panic(http.ErrAbortHandler)
	default:
		r.refused(r.fault(f)).send(out, r, 0)
	}
}

func raw(status int, kind, body string) *answer {
	return &answer{status: status, kind: kind, head: []byte(body)}
}

// fault is a fault that is an error of the service.
func (r *request) fault(f Fault) *refusal {
	xml := r.service.protocol == query || r.service.protocol == ec2Query
	switch f.Kind {
	case Deny:
		return &refusal{r.deniedStatus(), r.service.denied, r.denial()}
	case Throttle:
		status := 400
		switch r.service.protocol {
		case ec2Query:
			status = 503
		case restJSON:
			status = 429
		}
		return &refusal{status, r.service.throttled, "Rate exceeded"}
	case Expired:
		if xml {
			return &refusal{403, "ExpiredToken", "The security token included in the request is expired"}
		}
		return &refusal{400, "ExpiredTokenException", "The security token included in the request is expired"}
	case ServerError:
		return &refusal{500, "InternalFailure", "The request processing has failed because of an unknown error, exception or failure."}
	}
	status := f.Status
	if status == 0 {
		status = 400
	}
	return &refusal{status, f.Code, f.Message}
}

// deniedStatus is the status of a refusal for want of a permission: 400 where JSON comes without REST.
func (r *request) deniedStatus() int {
	if r.service.protocol == json10 || r.service.protocol == json11 {
		return 400
	}
	return 403
}

// denial is how AWS refuses a call for want of a permission.
func (r *request) denial() string {
	action := r.service.action + ":" + r.operation.name
	text := "User: " + r.caller() + " is not authorized to perform: " + action
	if r.Resource != "" && strings.HasPrefix(r.Resource, "arn:") {
		text += " on resource: " + r.Resource
	}
	return text + " because no identity-based policy allows the " + action + " action"
}
