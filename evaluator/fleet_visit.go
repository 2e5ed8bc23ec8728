package evaluator

import (
	"context"
	"fmt"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// visit is the judging of one account.
type visit struct {
	*plan
	self    *subject
	others  surroundings // nil if the account stands alone
	near    map[string]*subject
	waivers *Waivers // of which this account alone uses some
	faults  []report.PolicyError
	err     error // of another account that could not be had
	overran bool
}

// surroundings are the other accounts, as far as they are asked for.
type surroundings interface {
	// find is that account; nil if it is not there, or of no use.
	find(ctx context.Context, account string) (*subject, error)
	// watchers are the accounts, besides that one itself, whose alarms watch its metrics.
	watchers(account string) []string
}

func (p *plan) visit(s *subject, others surroundings) *visit {
	return &visit{plan: p, self: s, others: others, near: map[string]*subject{s.account: s}, waivers: p.waivers.fresh()}
}

// account is the judged account or another one, which stays at hand to the end of the visit; nil if it is not there.
func (v *visit) account(ctx context.Context, id string) *subject {
	s, known := v.near[id]
	if known || v.others == nil || v.err != nil {
		return s
	}
	s, v.err = v.others.find(ctx, id)
	v.near[id] = s
	return s
}

// judge asks every control about one account, within the limits. After an error nothing of the visit may be read: it may be stuck.
func (v *visit) judge(ctx context.Context) (*Judged, error) {
	var judged *Judged
	err := v.within(ctx, func(by *hand) (err error) {
		judged, err = v.judged(ctx, by)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", v.self.Name, err)
	}
	return judged, nil
}

// judged is what the controls say. They share one cache of rules, so that what the library finds is found once.
func (v *visit) judged(ctx context.Context, by *hand) (*Judged, error) {
	s := v.self
	account := accountOf(s)
	fragments := v.link(ctx)
	asked := v.question(ctx, s, fragments, by)
	defer asked.rest()
	others := v.excepting(asked)
	account.Results = make([]report.Result, 0, len(v.rows))
	var result result
	for _, row := range v.rows {
		result = resultOf(row, v.options.Parameters)
		if result.Status != report.Manual && len(row.policy.faults) == 0 {
			answer, err := asked.ask(ctx, row.policy)
			if err == nil {
				answer, result.Exceptions, err = others.ask(ctx, row, answer)
			}
			switch {
			case err == nil:
				result.fill(answer.doubted(row.policy.reads.lacks(s.Snapshot, fragments)), fragments)
			case !v.failed(row.policy, &result, err):
				return nil, err
			}
		}
		v.waivers.apply(s.account, v.clock(s), &result.Result)
		v.waivers.attest(s.account, v.clock(s), row.OtherWays == nil || *row.OtherWays, &result.Result)
		account.Summary.Add(result.Status)
		account.Results = append(account.Results, result.Result)
	}
	account.Records = v.recordsOf(ctx, account.Results)
	v.overran = *asked.overran
	if v.err != nil {
		return nil, fmt.Errorf("follow its links: %w", v.err)
	}
	return &Judged{Account: account, Errors: v.faults, Decisions: v.waivers.decisions()}, nil
}
