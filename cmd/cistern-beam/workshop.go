package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"sync"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/snapshots"
)

// workshops are the engines of this process, by the digest of the brief. Beam makes several copies of a step in a process, and they
// share one: policies are compiled once, the accounts that others point to are held once, and a control that took too much because of
// what its neighbour did is judged again alone.
var workshops sync.Map

// workshop judges for all steps of a process.
type workshop struct {
	once  sync.Once
	files store
	fleet *evaluator.Fleet
	err   error
}

// workshopOf is the one of that brief.
func workshopOf(ctx context.Context, b *brief) (*workshop, error) {
	text, err := json.Marshal(b)
	if err != nil {
		return nil, err
	}
	found, _ := workshops.LoadOrStore(sha256.Sum256(text), &workshop{})
	w := found.(*workshop)
	w.once.Do(func() { w.fleet, w.err = w.equip(ctx, b) })
	return w, w.err
}

func (w *workshop) equip(ctx context.Context, b *brief) (*evaluator.Fleet, error) {
	engine, options, err := b.open(ctx)
	if err != nil {
		return nil, err
	}
	return engine.Fleet(options, w.read)
}

// read is the snapshot of a card, from whichever filesystem it is in.
func (w *workshop) read(ctx context.Context, card evaluator.Card) (*snapshots.Snapshot, error) {
	text, err := w.files.read(ctx, card.Name)
	if err != nil {
		return nil, err
	}
	return snapshots.Read(bytes.NewReader(text))
}
