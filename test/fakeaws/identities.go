package fakeaws

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

// AccessKey is the access key id by which an account itself calls a server.
func AccessKey(account string) string { return "AKIAFAKE" + account }

// session is an assumed role.
type session struct {
	account, arn, user, token string
}

// authenticate finds the account of the credentials.
func (r *request) authenticate(key, token string) error {
	unknown := &refusal{400, "UnrecognizedClientException", "The security token included in the request is invalid."}
	if r.service.protocol == query || r.service.protocol == ec2Query {
		unknown = &refusal{403, "InvalidClientTokenId", "The security token included in the request is invalid."}
	}
	id := strings.TrimPrefix(key, AccessKey(""))
	if strings.HasPrefix(key, "ASIA") {
		r.server.mu.Lock()
		r.session = r.server.sessions[key]
		r.server.mu.Unlock()
		if r.session == nil || r.session.token != token {
			return unknown
		}
		id = r.session.account
	}
	h := r.world.accounts[id]
	if h == nil {
		return unknown
	}
	r.Account, r.account = id, h
	if !r.service.anywhere && !slices.Contains(h.enabled, r.Region) {
		return unknown // as for a region that is not opted in
	}
	return nil
}

// caller is the ARN of who calls.
func (r *request) caller() string {
	switch {
	case r.session != nil:
		return r.session.arn
	case r.account == nil:
		return "anonymous"
	}
	if c := r.account.Snapshot.Collection.Caller; c != nil && c.ARN != "" {
		return c.ARN
	}
	return "arn:" + r.account.partition + ":iam::" + r.account.id + ":user/auditor"
}

func (r *request) user() string {
	if r.session != nil {
		return r.session.user
	}
	if c := r.account.Snapshot.Collection.Caller; c != nil && c.UserID != nil {
		return *c.UserID
	}
	return "AIDAFAKEAUDITOR000000"
}

func getCallerIdentity(r *request) (any, error) {
	m := &markup{}
	m.text("Arn", r.caller())
	m.text("UserId", r.user())
	m.text("Account", r.account.id)
	return m, nil
}

func assumeRole(r *request) (any, error) {
	arn, _ := snapshots.ParseARN(r.Resource)
	role, named := strings.CutPrefix(arn.Resource, "role/")
	name := r.params.text("RoleSessionName")
	if !named || name == "" {
		return nil, &refusal{400, "ValidationError", "no RoleArn, or no RoleSessionName"}
	}
	h := r.world.accounts[arn.Account]
	if h == nil || h.partition != arn.Partition || !slices.Contains(h.Roles, role) || h.state() != "ACTIVE" ||
		h.ExternalID != "" && h.ExternalID != r.params.text("ExternalId") {
		return nil, &refusal{403, "AccessDenied", "User: " + r.caller() + " is not authorized to perform: sts:AssumeRole on resource: " + r.Resource}
	}
	bare := role[strings.LastIndexByte(role, '/')+1:]
	made := &session{
		account: h.id,
		arn:     fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/%s", h.partition, h.id, bare, name),
		user:    "AROAFAKE" + h.id + ":" + name,
		token:   "fake-session-token/" + h.id + "/" + bare + "/" + name,
	}
	key := r.server.keep(made)
	expires := "2099-01-01T00:00:00Z"
	if t := r.server.options.Expiration; !t.IsZero() {
		expires = snapshots.At(t).String()
	}
	m := &markup{}
	m.in("AssumedRoleUser", func() {
		m.text("AssumedRoleId", made.user)
		m.text("Arn", made.arn)
	})
	m.in("Credentials", func() {
		m.text("AccessKeyId", key)
		m.text("SecretAccessKey", "not-a-secret-either")
		m.text("SessionToken", made.token)
		m.text("Expiration", expires)
	})
	return m, nil
}

// keep remembers a session. The same role and name have the same key in every run.
func (s *Server) keep(made *session) (key string) {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(made.token))
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := hash.Sum32(); ; n++ {
		key = fmt.Sprintf("ASIA%04X%s", n&0xffff, made.account)
		if old := s.sessions[key]; old == nil || old.token == made.token {
			s.sessions[key] = made
			return key
		}
	}
}

func listAccountAliases(r *request) (any, error) {
	m := &markup{}
	m.in("AccountAliases", func() {
		if alias := r.account.Snapshot.Account.Alias; alias != nil {
			m.text("member", *alias)
		}
	})
	m.text("IsTruncated", "false")
	return m, nil
}
