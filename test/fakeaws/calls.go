package fakeaws

import (
	"crypto/sha256"
	"fmt"
	"time"
)

// Call is one request that a server was asked.
type Call struct {
	// Account is the account of the credentials, "" if they are of none.
	Account string
	// Region is where the call was signed for.
	Region string
	// Service and Operation are in the AWS CLI's spelling: cloudtrail, describe-trails.
	Service, Operation string
	// Resource is what the call is about (a trail, a topic, a log group, a mute rule, a role); "" for a whole region.
	Resource string
	// Params are the other parameters too, as JSON; without the token of a page, "" if there are none.
	Params string
	// Page counts the pages of a list from 0.
	Page int
	// Attempt counts how often the same page of the same call was asked, from 1.
	Attempt int
	// RequestID is the id of the answer. The same attempt of the same call has the same id in every run.
	RequestID string
	// At is when the request came, if the server has a clock.
	At time.Time
}

// String is the call for a person: 111122223333 us-east-1 cloudtrail describe-trails.
func (c Call) String() string {
	text := fmt.Sprintf("%s %s %s %s", c.Account, c.Region, c.Service, c.Operation)
	if c.Resource != "" {
		text += " " + c.Resource
	}
	if c.Page > 0 {
		text += fmt.Sprintf(" page %d", c.Page)
	}
	return text
}

// identity tells calls apart; those that differ in their attempt only are the same.
type identity [16]byte

func (c Call) identity() identity {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%s\x00%s\x00%d",
		c.Account, c.Region, c.Service, c.Operation, c.Params, c.Page))
	return identity(sum[:16])
}

// record counts a call, and keeps it.
func (s *Server) record(c Call) Call {
	s.served.Add(1)
	if s.options.Clock != nil {
		c.At = s.options.Clock()
	}
	id := c.identity()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempts[id]++
	c.Attempt = s.attempts[id]
	c.RequestID = fmt.Sprintf("%x-%x-%x-%04x-%012x", id[0:4], id[4:6], id[6:8], c.Attempt, id[8:14])
	if !s.options.Forget {
		s.calls = append(s.calls, c)
	}
	return c
}
