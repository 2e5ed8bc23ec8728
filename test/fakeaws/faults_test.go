package fakeaws_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cistern-audit/cistern/test/fakeaws"
)

func TestEachOperationAnswers(t *testing.T) {
	s := fakeaws.Start(t, fakeaws.Options{}, &fakeaws.Account{Snapshot: compliant(t), Roles: []string{"Audit"}})
	each := callEach(connect(t, s, own, home))
	for _, name := range slices.Sorted(maps.Keys(each)) {
		if err := each[name](t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		calls := s.Calls()
		last := calls[len(calls)-1]
		if got := last.Service + " " + last.Operation; got != name || last.Account != own || last.Attempt != 1 {
			t.Errorf("%s: got call %v attempt %d, want attempt 1 of %s", name, last, last.Attempt, own)
		}
	}
}

// TestEachFault makes each kind of fault of each operation, and looks whether the SDK sees what it should.
func TestEachFault(t *testing.T) {
	s := fakeaws.Start(t, fakeaws.Options{}, &fakeaws.Account{Snapshot: compliant(t), Roles: []string{"Audit"}})
	each := callEach(connect(t, s, own, home))
	for _, kind := range fakeaws.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			s.Interfere(func(fakeaws.Call) fakeaws.Fault { return fakeaws.Fault{Kind: kind} })
			defer s.Interfere(nil)
			for _, name := range slices.Sorted(maps.Keys(each)) {
				ctx := t.Context()
				if kind == fakeaws.Hang {
					short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
					defer cancel()
					ctx = short
				}
				checkFault(t, kind, name, each[name](ctx))
			}
		})
	}
}

func checkFault(t *testing.T, kind fakeaws.Kind, name string, err error) {
	t.Helper()
	service, _, _ := strings.Cut(name, " ")
	if err == nil {
		// The SDK takes an empty answer in JSON for one that says nothing.
		if kind != fakeaws.Empty {
			t.Errorf("%s: got no error", name)
		}
		return
	}
	wants := map[fakeaws.Kind][]string{
		fakeaws.Deny:        {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"},
		fakeaws.Throttle:    {"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"},
		fakeaws.ServerError: {"InternalFailure"},
		fakeaws.Expired:     {"ExpiredToken", "ExpiredTokenException"},
	}
	if want := wants[kind]; want != nil && !slices.Contains(want, code(err)) {
		t.Errorf("%s: got code %q, want one of %q", name, code(err), want)
	}
	if kind == fakeaws.Deny && !strings.Contains(err.Error(), "assumed-role/SecurityAudit/cistern is not authorized to perform: ") {
		t.Errorf("%s: got %v, want user and action named", name, err)
	}
	statuses := map[fakeaws.Kind]int{fakeaws.DenyXML: 403, fakeaws.ServerError: 500, fakeaws.HTML: 502, fakeaws.Garbage: 200, fakeaws.Cut: 200}
	if want := statuses[kind]; want != 0 && status(err) != want {
		t.Errorf("%s: got status %d (%v), want %d", service, status(err), err, want)
	}
	if kind == fakeaws.DenyXML && name != "ec2 describe-regions" && strings.Contains(code(err), "AccessDenied") {
		t.Errorf("%s: got code %q, want none of denial", name, code(err))
	}
}
