package collector

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"

	"github.com/cistern-audit/cistern/snapshots"
)

// How calls are made where nothing else is configured.
const (
	defaultRegion = "us-east-1"
	dialTimeout   = 10 * time.Second
	maxAttempts   = 8
	maxBackoff    = 20 * time.Second
	maxInFlight   = 320 // attempts at a time, over all accounts
	maxIdle       = 320 // connections kept for the next call
)

// Session is a caller: credentials and settings, and what all the accounts that are read with them share.
type Session struct {
	options  Options
	cfg      aws.Config
	inFlight chan struct{}
	limits   *limits
	memory   *budget

	mu     sync.Mutex
	caller *Caller
	calls  []snapshots.Call // that found out who calls
}

// Caller is who reads.
type Caller struct {
	// ID and Partition are the caller's own account.
	ID, Partition string
	ARN, UserID   string
}

// Open reads the AWS configuration: environment, shared files, profile. It makes no call of AWS's.
func Open(ctx context.Context, o Options) (*Session, error) {
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Parallel == 0 {
		o.Parallel = DefaultParallel
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	client := awshttp.NewBuildableClient().WithTimeout(o.Timeout).WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConns, t.MaxIdleConnsPerHost = maxIdle, maxIdle
	})
	client.GetDialer().Timeout = dialTimeout
	from := []func(*config.LoadOptions) error{config.WithHTTPClient(client), config.WithAppID("cistern"), config.WithLogger(logging.Nop{})}
	if o.Profile != "" {
		from = append(from, config.WithSharedConfigProfile(o.Profile))
	}
	if o.Region != "" {
		from = append(from, config.WithRegion(o.Region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, from...)
	if err != nil {
		return nil, &StartError{Act: "read the AWS configuration", Err: err, hint: "see AWS_PROFILE, AWS_CONFIG_FILE and ~/.aws/config"}
	}
	if cfg.Region == "" {
		cfg.Region = append(o.Regions, defaultRegion)[0]
	}
	s := &Session{options: o, inFlight: make(chan struct{}, maxInFlight), limits: newLimits(), memory: newBudget()}
	s.cfg = s.configured(cfg)
	return s, nil
}

// configured adds to the configuration what every client of the session does.
func (s *Session) configured(cfg aws.Config) aws.Config {
	// A function, because each client would make a connection pool of its own of a client that it can copy.
	shared := cfg.HTTPClient
	cfg.HTTPClient = doer(shared.Do)
	cfg.Retryer = retryer(cfg.RetryMode, cfg.RetryMaxAttempts)
	cfg.APIOptions = append(cfg.APIOptions, observe)
	cfg.Credentials = apart{cfg.Credentials}
	if s.options.RoleARN != "" {
		cfg.Credentials = apart{aws.NewCredentialsCache(s.assume(cfg, s.options.RoleARN))}
	}
	return cfg
}

// doer is an HTTP client that nobody can copy.
type doer func(*http.Request) (*http.Response, error)

// Do sends a request. It answers for the host that was asked only: a client may follow a redirection to another.
func (d doer) Do(r *http.Request) (*http.Response, error) {
	host := r.URL.Host
	if r.Body != nil {
		// Without the SDK's WriterTo, which says EOF once it is closed: net/http takes that for a connection that broke.
		r.Body = struct {
			io.Reader
			io.Closer
		}{r.Body, r.Body}
	}
	response, err := d(r)
	if err == nil && response.Request != nil && response.Request.URL.Host != host {
		response.Body.Close()
		return nil, errRedirected
	}
	return response, err
}

var errRedirected = errors.New("the answer was a redirection to another host")

// retryer tries again as the AWS SDK does, with more patience than its default of three attempts, and without its limit
// on retries in a row: the session's own limits are what keeps it from hurting the account.
func retryer(mode aws.RetryMode, attempts int) func() aws.Retryer {
	if attempts == 0 {
		attempts = maxAttempts
	}
	standard := func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff, o.RateLimiter = attempts, maxBackoff, ratelimit.None
	}
	return func() aws.Retryer {
		if mode == aws.RetryModeAdaptive {
			return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
				o.StandardOptions = append(o.StandardOptions, standard)
			})
		}
		return retry.NewStandard(standard)
	}
}

// assume is a provider of a role's credentials.
func (s *Session) assume(cfg aws.Config, role string) *stscreds.AssumeRoleProvider {
	return stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), role, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = "cistern-" + s.options.Now().UTC().Format("20060102T150405Z")
		if s.options.ExternalID != "" {
			o.ExternalID = &s.options.ExternalID
		}
	})
}

// apart keeps the calls that fetch credentials out of the exchange of the call that needed them.
type apart struct{ aws.CredentialsProvider }

func (a apart) Retrieve(ctx context.Context) (aws.Credentials, error) {
	if a.CredentialsProvider == nil {
		return aws.Credentials{}, &credentialsError{errors.New("there are none")}
	}
	found, err := a.CredentialsProvider.Retrieve(context.WithValue(ctx, exchangeKey{}, (*exchange)(nil)))
	if err != nil {
		return found, &credentialsError{err}
	}
	return found, nil
}

// credentialsError is a call that could not be signed.
type credentialsError struct{ err error }

// Error does not repeat what a process or service that gives credentials has said: it may hold some.
func (e *credentialsError) Error() string {
	var process *processcreds.ProviderError
	if errors.As(e.err, &process) {
		return "credential_process gave no credentials; run it by hand to see what it says"
	}
	return "credentials: " + innermost(e.err).Error()
}

func (e *credentialsError) Unwrap() error { return e.err }

// StartError is why nothing could be read at all: no configuration, no credentials, no answer.
type StartError struct {
	// Act is what was tried.
	Act  string
	Err  error
	hint string
}

func (e *StartError) Error() string { return e.Act + ": " + readable(e.Err.Error(), nil) }

func (e *StartError) Unwrap() error { return e.Err }

// Hint is a way out, empty where none is known.
func (e *StartError) Hint() string { return e.hint }

// Caller is who reads, as sts get-caller-identity says; it is asked once. The error is a [StartError], or that of ctx.
func (s *Session) Caller(ctx context.Context) (*Caller, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.caller != nil {
		return s.caller, nil
	}
	c := s.collection(Member{})
	caller, failed := c.whoAmI(ctx)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if failed != nil {
		hint := failed.hint()
		if failed.code == codeCredentials && s.options.RoleARN != "" {
			hint = "role " + s.options.RoleARN + " must be there and trust the caller, and the caller must be allowed sts:AssumeRole"
		}
		return nil, &StartError{Act: "find out who calls (sts get-caller-identity)", Err: failed, hint: hint}
	}
	s.caller, s.calls = caller, c.snapshot.Collection.Calls
	return caller, nil
}
