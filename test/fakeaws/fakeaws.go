// Package fakeaws answers AWS calls from snapshots: a server on loopback that holds accounts, each of which is what a
// snapshot says of it, and answers the calls by which a snapshot is collected. Collecting such an account gives its
// snapshot back. It does what emulators do not: pages, throttling, refusals, broken and slow answers, organisations.
//
// What AWS does is done as far as a collector can see it: a trail is found in the regions that list it and its status
// in its home region, an organisation's trail is seen by its members, a topic answers in its own region and to its own
// account. A gap of the snapshot that AWS's refusal left is refused again. Signatures are not verified; the access key
// names the account, and the signature's scope the region and the service.
package fakeaws

import (
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cistern-audit/cistern/snapshots"
)

// Account is one account that a server holds.
type Account struct {
	// Snapshot is what the account holds: its id, partition, alias and organisation, the regions it can use (all of the
	// partition's if the snapshot does not say) and the records of every region.
	Snapshot *snapshots.Snapshot
	// Roles are the names (with their path, if any) of the roles that may be assumed in it.
	Roles []string
	// ExternalID must be given when a role is assumed; any will do if it is empty.
	ExternalID string
	// State is the account's state in its organisation, ACTIVE if empty. No role can be assumed in one that is not.
	State string
	// NotOptedIn are regions that describe-regions and list-regions show as not opted in.
	NotOptedIn []string

	// OpenTopics lets other accounts read its topics.
	OpenTopics bool
	// ForeignSelectors lets it read the event selectors of trails that other accounts own.
	ForeignSelectors bool
	// NoLogAlarms makes describe-alarms refuse to be asked for log alarms, as where they are not known.
	NoLogAlarms bool
	// DelegatedAdmin lets it list the organisation's accounts though it is not the management account.
	DelegatedAdmin bool
}

// Options are how a server answers. The zero value answers at once, with AWS's own sizes of pages.
type Options struct {
	// PageSize is how many items a page holds; AWS's own number if 0.
	PageSize int
	// EmptyPages puts an empty page before each page of list-accounts, as AWS may.
	EmptyPages bool
	// Latency is how long each answer takes at least.
	Latency time.Duration
	// Clock tells Call.At; without one it stays zero.
	Clock func() time.Time
	// Expiration is when the credentials of an assumed role expire; far in the future if zero.
	Expiration time.Time
	// Forget keeps no list of calls, for runs of very many.
	Forget bool
}

// Server is a server that runs.
type Server struct {
	// URL is where it listens: http://127.0.0.1:<port>.
	URL string

	options    Options
	operations map[string]*operation // by service and name on the wire: sns ListTopics
	http       *httptest.Server
	done       chan struct{}
	world      atomic.Pointer[world]
	ask        atomic.Pointer[func(Call) Fault]
	served     atomic.Int64

	mu       sync.Mutex
	calls    []Call
	attempts map[identity]int
	sessions map[string]*session
}

// world is all accounts, and the bodies of what was answered of them.
type world struct {
	accounts map[string]*holding
	bodies   sync.Map // identity to *answer
}

// holding is an account with what follows from its snapshot.
type holding struct {
	*Account
	id, partition string
	enabled       []string
}

// Start runs a server that holds accounts, until the test ends.
func Start(t testing.TB, o Options, accounts ...*Account) *Server {
	t.Helper()
	s := &Server{
		options:    o,
		operations: byName(operations()),
		done:       make(chan struct{}),
		attempts:   map[identity]int{},
		sessions:   map[string]*session{},
	}
	w := &world{accounts: map[string]*holding{}}
	for _, a := range accounts {
		h := hold(a)
		if _, again := w.accounts[h.id]; again || !snapshots.IsAccountID(h.id) {
			t.Fatalf("fake account %q: add: no account id, or added twice", h.id)
		}
		w.accounts[h.id] = h
	}
	s.world.Store(w)
	s.http = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.http.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // clients that leave are no news
	s.http.Start()
	s.URL = s.http.URL
	t.Cleanup(func() {
		close(s.done)
		s.http.Close()
	})
	return s
}

func hold(a *Account) *holding {
	h := &holding{Account: a, id: a.Snapshot.Account.ID, partition: a.Snapshot.Account.Partition}
	if h.partition == "" {
		h.partition = "aws"
	}
	if r := a.Snapshot.Collection.Regions; r != nil {
		h.enabled = r.Enabled
	}
	if len(h.enabled) == 0 {
		h.enabled = Regions(h.partition)
	}
	return h
}

// Put adds an account, or replaces the one of the same id. An account that was started with must not be changed
// otherwise: answers are made once.
func (s *Server) Put(a *Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &world{accounts: maps.Clone(s.world.Load().accounts)}
	h := hold(a)
	w.accounts[h.id] = h
	s.world.Store(w)
}

// Interfere makes the server ask before each answer what goes wrong with it; nothing does if the fault is zero. ask is
// called by many goroutines at once. A nil ask ends it.
func (s *Server) Interfere(ask func(Call) Fault) {
	if ask == nil {
		s.ask.Store(nil)
		return
	}
	s.ask.Store(&ask)
}

// Calls is every request that was served, in the order in which they came.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Served is how many requests were served, or are being served.
func (s *Server) Served() int { return int(s.served.Load()) }

// Environment is the environment, as os.Environ shows it, in which the AWS SDK and the AWS CLI call the server as an
// account, and find no other credentials or settings. AWS_PROFILE must not be set beside it.
func (s *Server) Environment(account string) []string {
	region := "us-east-1"
	if h := s.world.Load().accounts[account]; h != nil && !slices.Contains(h.enabled, region) {
		region = h.enabled[0]
	}
	return []string{
		"AWS_ENDPOINT_URL=" + s.URL,
		"AWS_ACCESS_KEY_ID=" + AccessKey(account),
		"AWS_SECRET_ACCESS_KEY=not-a-secret",
		"AWS_SESSION_TOKEN=",
		"AWS_REGION=" + region,
		"AWS_DEFAULT_REGION=" + region,
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=/dev/null",
		"AWS_SHARED_CREDENTIALS_FILE=/dev/null",
	}
}

// Setenv gives a test the environment of an account.
func (s *Server) Setenv(t testing.TB, account string) {
	t.Helper()
	t.Setenv("AWS_PROFILE", "") // is none for the SDK, but an error for the AWS CLI
	for _, pair := range s.Environment(account) {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
}
