package fakeaws

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// answer is an answer ready to be sent. The request's id goes between head and tail, in XML.
type answer struct {
	status     int
	kind       string // content type
	head, tail []byte
	marked     bool // has a place for the request's id
	headers    map[string]string
}

func (s *Server) serve(out http.ResponseWriter, in *http.Request) {
	r, wrong := s.read(s.world.Load(), in)
	r.Call = s.record(r.Call)
	var fault Fault
	if ask := s.ask.Load(); ask != nil {
		fault = (*ask)(r.Call)
	}
	if !s.wait(in.Context(), s.options.Latency+fault.Delay) {
		panic(http.ErrAbortHandler)
	}
	if fault.Kind != None {
		r.spoil(out, in, wrong, fault)
		return
	}
	r.respond(wrong).send(out, r, fault.SlowBody)
}

// wait waits, unless the client leaves or the server ends.
func (s *Server) wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	select {
	case <-timer.Done():
		return ctx.Err() == nil
	case <-s.done:
		return false
	}
}

// respond is the answer to a request: what it was refused for, what was answered before, or what its operation says.
func (r *request) respond(wrong error) *answer {
	if wrong != nil {
		return r.refused(wrong)
	}
	id := r.identity()
	if known, ok := r.world.bodies.Load(id); ok && !r.operation.fresh {
		return known.(*answer)
	}
	if err := r.gap(); err != nil {
		return r.refused(err)
	}
	value, err := r.operation.answer(r)
	if err != nil {
		return r.refused(err)
	}
	a := r.rendered(value)
	if !r.operation.fresh {
		r.world.bodies.Store(id, a)
	}
	return a
}

// rendered is an answer on the wire.
func (r *request) rendered(value any) *answer {
	switch r.service.protocol {
	case query, ec2Query:
		return r.xmlAnswer(value.(*markup))
	}
	return r.jsonAnswer(value)
}

// refused is an error on the wire.
func (r *request) refused(err error) *answer {
	var refused *refusal
	if !errors.As(err, &refused) {
		refused = &refusal{http.StatusInternalServerError, "InternalFailure", err.Error()}
	}
	switch r.service.protocol {
	case query, ec2Query:
		return r.xmlRefusal(refused)
	}
	return r.jsonRefusal(refused)
}

// body is what is sent of an answer to a request.
func (a *answer) body(r *request) []byte {
	if !a.marked {
		return a.head
	}
	body := make([]byte, 0, len(a.head)+len(r.RequestID)+len(a.tail))
	body = append(body, a.head...)
	body = append(body, r.RequestID...)
	return append(body, a.tail...)
}

func (a *answer) announce(out http.ResponseWriter, r *request, length int) {
	h := out.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Content-Length", strconv.Itoa(length))
	h["x-amzn-RequestId"] = []string{r.RequestID}
	for name, value := range a.headers {
		h.Set(name, value)
	}
	out.WriteHeader(a.status)
}

// send sends an answer, its body in ten parts if that shall take its time. A client that left is no news.
func (a *answer) send(out http.ResponseWriter, r *request, slow time.Duration) {
	body := a.body(r)
	a.announce(out, r, len(body))
	if slow <= 0 {
		_, _ = out.Write(body)
		return
	}
	flusher := http.NewResponseController(out)
	const parts = 10
	for i := range parts {
		if _, err := out.Write(body[len(body)*i/parts : len(body)*(i+1)/parts]); err != nil {
			return
		}
		_ = flusher.Flush()
		if !r.server.wait(context.Background(), slow/parts) {
			panic(http.ErrAbortHandler)
		}
	}
}
