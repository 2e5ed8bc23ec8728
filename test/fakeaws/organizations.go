package fakeaws

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

func (h *holding) state() string {
	if h.State == "" {
		return "ACTIVE"
	}
	return h.State
}

func (h *holding) organization() *snapshots.Organization { return h.Snapshot.Account.Organization }

// sameOrganization tells whether two accounts are of one organisation.
func (h *holding) sameOrganization(other *holding) bool {
	a, b := h.organization(), other.organization()
	return a != nil && b != nil && a.ID == b.ID
}

// sorted are all accounts, by id.
func (w *world) sorted() []*holding {
	var all []*holding
	for _, h := range w.accounts {
		all = append(all, h)
	}
	slices.SortFunc(all, func(a, b *holding) int { return strings.Compare(a.id, b.id) })
	return all
}

func describeOrganization(r *request) (any, error) {
	o := r.account.organization()
	if o == nil {
		return nil, notInUse()
	}
	prefix := "arn:" + r.account.partition + ":organizations::" + o.MasterAccountID
	return object{"Organization": object{
		"Id": o.ID, "Arn": prefix + ":organization/" + o.ID, "FeatureSet": "ALL", "MasterAccountId": o.MasterAccountID,
		"MasterAccountArn":   prefix + ":account/" + o.ID + "/" + o.MasterAccountID,
		"MasterAccountEmail": "management@example.com", "AvailablePolicyTypes": []object{},
	}}, nil
}

func notInUse() error {
	return &refusal{400, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization."}
}

func listAccounts(r *request) (any, error) {
	o := r.account.organization()
	switch {
	case o == nil:
		return nil, notInUse()
	case o.MasterAccountID != r.account.id && !r.account.DelegatedAdmin:
		return nil, &refusal{400, "AccessDeniedException", "You don't have permissions to access this resource."}
	}
	page, next, err := paged(r, where(r.world.sorted(), r.account.sameOrganization))
	if err != nil {
		return nil, err
	}
	list := []object{}
	for _, h := range page {
		name := "account-" + h.id
		if alias := h.Snapshot.Account.Alias; alias != nil {
			name = *alias
		}
		list = append(list, object{
			"Id": h.id, "Name": name, "Email": h.id + "@example.com",
			"Arn":          fmt.Sprintf("arn:%s:organizations::%s:account/%s/%s", h.partition, o.MasterAccountID, o.ID, h.id),
			"State":        h.state(),
			"Status":       oldStatus(h.state()),
			"JoinedMethod": "CREATED", "JoinedTimestamp": 1735725600.125,
		})
	}
	return withToken(object{"Accounts": list}, "NextToken", next), nil
}

// oldStatus is what the field before State says of a state.
func oldStatus(state string) string {
	switch state {
	case "ACTIVE", "PENDING_CLOSURE":
		return state
	}
	return "SUSPENDED"
}
