package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// fleet is the snapshots of a run as far as their cards tell. Of a few the texts are kept; of many, each is read again when it is judged.
type fleet struct {
	cards  []evaluator.Card
	unread []report.Unread // of those that have none
	kept   map[string][]byte
	one    error                          // what is wrong with the only snapshot
	sample map[string]*snapshots.Snapshot // that is embedded
	sums   map[string]contentSum          // of each file that could be read, whether a snapshot or not
}

// contentSum names the bytes of a file.
type contentSum [sha256.Size]byte

const (
	keepFiles = 64       // up to so many snapshots are kept as text
	keepBytes = 64 << 20 // of so many bytes together
)

// scanned is what came of looking through one file.
type scanned struct {
	card evaluator.Card
	text []byte // nil if it is not to be kept
	sum  *contentSum
	err  error
}

// scanFleet looks through the snapshots at the paths: files, folders of files, - for stdin. A snapshot that cannot be read is no error
// where there are others.
func scanFleet(ctx context.Context, stdin io.Reader, paths []string, p *fleetProgress) (*fleet, error) {
	var names []string
	var piped []byte
	for _, path := range paths {
		if path == "-" {
			text, err := snapshots.Plain(stdin)
			if err != nil {
				return nil, unreadable(fmt.Errorf("stdin: %w", err))
			}
			piped, names = text, append(names, "stdin")
			continue
		}
		files, err := snapshotFiles(path)
		if err != nil {
			return nil, err
		}
		names = append(names, files...)
	}
	f := &fleet{kept: map[string][]byte{}, sums: map[string]contentSum{}}
	var held atomic.Int64
	p.begin("looking through", len(names))
	defer p.end()
	scan := func(_ context.Context, i int) (scanned, error) {
		if names[i] == "stdin" && piped != nil {
			return scanText(names[i], piped), nil
		}
		s := scanFile(names[i])
		if len(names) > keepFiles || held.Add(int64(len(s.text))) > keepBytes {
			s.text = nil // before others are looked through
		}
		return s, nil
	}
	err := inOrder(ctx, len(names), min(len(names), runtime.GOMAXPROCS(0)), scan, func(i int, s scanned) error {
		p.step()
		if s.sum != nil {
			f.sums[names[i]] = *s.sum
		}
		if s.err != nil {
			f.unread = append(f.unread, evaluator.Unread(names[i], "", s.err))
			f.one = s.err
			return nil
		}
		f.cards = append(f.cards, s.card)
		if s.text != nil {
			f.kept[names[i]] = s.text
		}
		return nil
	})
	if ctx.Err() != nil {
		return nil, errors.New("evaluate: interrupted: no report is written")
	}
	if err != nil {
		return nil, err
	}
	if len(f.cards) > 0 {
		return f, nil
	}
	return nil, f.allUnread()
}

// allUnread is a run that has nothing to judge.
func (f *fleet) allUnread() error {
	u := f.unread[0]
	err := f.one
	if !strings.HasPrefix(err.Error(), u.File+": ") && !errors.As(err, new(*fs.PathError)) {
		err = fmt.Errorf("%s: %w", u.File, err)
	}
	if n := len(f.unread); n > 1 {
		err = fmt.Errorf("%s: %s (none of %d snapshots can be read)", u.File, u.Problem, n)
		return usageError(err, u.Hint)
	}
	return unreadable(err)
}

func scanFile(name string) scanned {
	text, err := snapshots.FileBytes(name)
	if err != nil {
		return scanned{err: err}
	}
	return scanText(name, text)
}

func scanText(name string, text []byte) scanned {
	card, err := evaluator.ReadCard(name, text)
	sum := contentSum(sha256.Sum256(text))
	return scanned{card, text, &sum, err}
}

// sampleFleet is one embedded snapshot.
func sampleFleet(name string) (*fleet, error) {
	in, err := readSample(name)
	if err != nil {
		return nil, err
	}
	card := evaluator.Card{Name: in.Name, Account: in.Snapshot.Account.ID, CollectedAt: in.Snapshot.CollectedAt.Time}
	return &fleet{cards: []evaluator.Card{card}, sample: map[string]*snapshots.Snapshot{in.Name: in.Snapshot}}, nil
}

// open reads the snapshot of a card.
func (f *fleet) open(_ context.Context, card evaluator.Card) (*snapshots.Snapshot, error) {
	if s := f.sample[card.Name]; s != nil {
		return s, nil
	}
	if text, ok := f.kept[card.Name]; ok {
		return snapshots.Read(bytes.NewReader(text))
	}
	text, err := snapshots.FileBytes(card.Name)
	if err != nil {
		return nil, &evaluator.ChangedError{Name: card.Name, How: gone(err)}
	}
	if sha256.Sum256(text) != f.sums[card.Name] {
		return nil, &evaluator.ChangedError{Name: card.Name}
	}
	s, err := snapshots.Read(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", card.Name, err)
	}
	return s, nil
}

// gone is why a file that was read before cannot be read now.
func gone(err error) string {
	var path *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "it is gone"
	case errors.As(err, &path):
		return path.Err.Error()
	case errors.Is(err, snapshots.ErrTooLarge):
		return snapshots.ErrTooLarge.Error()
	}
	return snapshots.ErrIrregular.Error()
}

// digest names everything that is to be judged, each file by its bytes: the shards of a run must have looked at the same.
func (f *fleet) digest() string {
	var lines []string
	add := func(name string) {
		line := fmt.Sprintf("%q", name)
		if sum, ok := f.sums[name]; ok {
			line += fmt.Sprintf(" %x", sum)
		}
		lines = append(lines, line)
	}
	for i := range f.cards {
		add(f.cards[i].Name)
	}
	for i := range f.unread {
		add(f.unread[i].File)
	}
	slices.Sort(lines)
	return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(strings.Join(lines, "\n"))))
}
