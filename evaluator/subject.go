package evaluator

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/cistern-audit/cistern/snapshots"
)

// subject is one account of a run.
type subject struct {
	Input
	account   string
	canonical []byte // the form that digests and pointers are of
	digest    string // of that form
	size      int    // of that form, where it is kept no more
	tree      ast.Value
	once      sync.Once // makes places
	places    *places
	pinned    bool
}

// places finds the records of a snapshot by what points to them.
type places struct {
	trails, topics, subscriptions map[string][]int // by ARN
	groups, filters, logAlarms    map[place][]int  // by region and log group
	alarms                        map[metric][]int
}

func newSubject(in Input) (*subject, error) {
	canonical, err := in.Snapshot.Canonical()
	if err != nil {
		return nil, fmt.Errorf("%s: write in canonical form: %w", in.Name, err)
	}
	tree, err := decodeValid(canonical)
	if err != nil {
		return nil, &InputError{File: in.Name, Problem: "read: " + err.Error()}
	}
	return &subject{
		Input: in, account: in.Snapshot.Account.ID, canonical: canonical, digest: fmt.Sprintf("sha256:%x", sha256.Sum256(canonical)), tree: tree,
	}, nil
}

// document is the snapshot as OPA computes with it, decoded again if it was released.
func (s *subject) document() ast.Value {
	if s.tree == nil {
		tree, err := decodeValid(s.canonical)
		if err != nil {
			panic(fmt.Sprintf("%s: decode again: %v", s.Name, err)) // newSubject has decoded it
		}
		s.tree = tree
	}
	return s.tree
}

// pin keeps the document for the rest of the run: other accounts point to it.
func (s *subject) pin() { s.pinned = true }

// release forgets the document: an organisation has more accounts than memory has room for.
func (s *subject) release() {
	if !s.pinned {
		s.tree = nil
	}
}

// index is made when another account first points here.
func (s *subject) index() *places {
	s.once.Do(func() { s.places = s.findPlaces() })
	return s.places
}

func (s *subject) findPlaces() *places {
	p := &places{
		map[string][]int{}, map[string][]int{}, map[string][]int{},
		map[place][]int{}, map[place][]int{}, map[place][]int{}, map[metric][]int{},
	}
	for _, list := range []struct {
		way  []*ast.Term
		key  *ast.Term
		into map[string][]int
	}{{trailsWay, kTrailARN, p.trails}, {topicsWay, kTopicARN, p.topics}, {subscriptionsWay, kTopicARN, p.subscriptions}} {
		eachAt(s.document(), list.way, func(i int, record ast.Value) {
			key := textAt(record, list.key)
			list.into[key] = append(list.into[key], i)
		})
	}
	for _, list := range []struct {
		way  []*ast.Term
		into map[place][]int
	}{{groupsWay, p.groups}, {filtersWay, p.filters}} {
		eachAt(s.document(), list.way, func(i int, record ast.Value) {
			key := place{textAt(record, kRegion), textAt(record, kLogGroupName)}
			list.into[key] = append(list.into[key], i)
		})
	}
	eachAt(s.document(), logAlarmsWay, func(i int, alarm ast.Value) {
		eachAt(alarm, kGroupIDs, func(_ int, id ast.Value) {
			name, _ := id.(ast.String)
			key := place{textAt(alarm, kRegion), string(name)}
			if strings.HasPrefix(key.name, "arn:") {
				key.name = parseARN(key.name).logGroup()
			}
			p.logAlarms[key] = append(p.logAlarms[key], i)
		})
	})
	eachAt(s.document(), alarmsWay, func(i int, alarm ast.Value) {
		for _, m := range metricsOf(s.account, alarm) {
			p.alarms[m] = append(p.alarms[m], i)
		}
	})
	return p
}

// metricsOf is what an alarm watches: its metric, or those of its metric math, which may be another account's.
func metricsOf(account string, alarm ast.Value) []metric {
	region := textAt(alarm, kRegion)
	var all []metric
	if name := textAt(alarm, kMetricNameCW); name != "" {
		all = append(all, metric{account, region, textAt(alarm, kNamespaceCW), name})
	}
	eachAt(alarm, []*ast.Term{kMetrics}, func(_ int, query ast.Value) {
		stat := at(query, kMetricStat, kMetric)
		if name := textAt(stat, kMetricNameCW); name != "" {
			owner := textAt(query, kAccountID)
			if owner == "" {
				owner = account
			}
			all = append(all, metric{owner, region, textAt(stat, kNamespaceCW), name})
		}
	})
	return all
}

// Input is a snapshot and the file it came from, which errors name.
type Input struct {
	Name     string
	Snapshot *snapshots.Snapshot
}
