package collector

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"net/http"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"golang.org/x/time/rate"
)

// exchange is what goes over the wire for one call, all its attempts and pages.
type exchange struct {
	session  *Session
	of       *collection
	limit    *rate.Limiter
	admitted bool // to the next attempt
	raw      bool // the answer is read as it came over the wire
	attempts int64
	// status, requestID and body are those of the last answer; status is 0 if none came.
	status    int
	requestID string
	body      []byte
	sum       hash.Hash // of the answers that were read
	pages     int64
	secrets   []string // that an error message may repeat
}

type exchangeKey struct{}

func (c *collection) exchange(q question) *exchange {
	return &exchange{session: c.session, of: c, limit: c.limit(q), raw: q.raw, sum: sha256.New()}
}

// exchangeOf is the exchange that a call's context carries; nil for a call that nobody keeps.
func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// cutError is an answer that broke off, which is worth another attempt.
type cutError struct{ err error }

func (e *cutError) Error() string { return "the answer broke off: " + e.err.Error() }

func (e *cutError) Unwrap() error { return e.err }

// ConnectionError makes the AWS SDK try again.
func (e *cutError) ConnectionError() bool { return true }

// observe adds to an operation's middleware what keeps its exchange, attempt by attempt.
func observe(stack *middleware.Stack) error {
	if err := stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("cistern:Attempt", attempt), "Retry", middleware.After); err != nil {
		return err
	}
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("cistern:Answer", answer), middleware.After)
}

// admit waits until the quota, and then the session, allow one more attempt.
func (x *exchange) admit(ctx context.Context) error {
	if x.admitted {
		return nil
	}
	if err := x.limit.Wait(ctx); err != nil {
		return err
	}
	select {
	case x.session.inFlight <- struct{}{}:
		x.admitted = true
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave makes room for another call's attempt.
func (x *exchange) leave() {
	if x.admitted {
		x.admitted = false
		<-x.session.inFlight
	}
}

// attempt counts an attempt, and waits with those that follow the first.
func attempt(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
	x := exchangeOf(ctx)
	if x == nil {
		return next.HandleFinalize(ctx, in)
	}
	if err := x.admit(ctx); err != nil {
		return middleware.FinalizeOutput{}, middleware.Metadata{}, err
	}
	defer x.leave()
	x.attempts++
	x.status, x.requestID, x.body = 0, "", nil
	return next.HandleFinalize(ctx, in)
}

// answer reads what AWS answers, before the SDK does.
func answer(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, metadata, err := next.HandleDeserialize(ctx, in)
	x := exchangeOf(ctx)
	if x == nil {
		return out, metadata, err
	}
	if request, ok := in.Request.(*smithyhttp.Request); ok {
		x.secrets = secretsOf(request.Header)
	}
	response, ok := out.RawResponse.(*smithyhttp.Response)
	if err != nil || !ok || response.Body == nil {
		return out, metadata, err
	}
	x.status = response.StatusCode
	for _, name := range []string{"X-Amzn-Requestid", "X-Amz-Request-Id"} {
		if x.requestID == "" {
			x.requestID = response.Header.Get(name)
		}
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	response.Body.Close()
	response.Body = http.NoBody
	switch {
	case err != nil:
		return out, metadata, &cutError{err}
	case len(body) > maxAnswer:
		return out, metadata, &unreadableError{fmt.Errorf("it has more than %d MiB", maxAnswer>>20)}
	case x.status < http.StatusMultipleChoices && len(bytes.TrimSpace(body)) == 0:
		return out, metadata, &unreadableError{errEmpty} // which the SDK takes for an answer that lists nothing
	}
	x.body = body
	if x.raw && x.status < http.StatusMultipleChoices {
		body = []byte("{}") // decode reads the answer, and the SDK need not
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return out, metadata, nil
}

// walk makes a call page by page. A page counts when it was read to its end. It waits for its turn before the SDK is entered,
// whose stack is deep: thousands of calls may be waiting.
func (x *exchange) walk(ctx context.Context, page func(ctx context.Context, token *string) (*string, error)) error {
	var token *string
	seen := map[string]bool{}
	defer x.leave()
	for {
		x.session.memory.wait(ctx, x.of)
		if err := x.admit(ctx); err != nil {
			return err
		}
		next, err := page(ctx, token)
		if err != nil {
			return err
		}
		x.pages++
		x.sum.Write(x.body)
		x.session.memory.hold(x.of, len(x.body))
		if next == nil || *next == "" {
			return nil
		}
		switch {
		case seen[*next]:
			return &unreadableError{errRepeated}
		case x.pages >= maxPages:
			return &unreadableError{errEndless}
		}
		seen[*next] = true
		token = next
	}
}
