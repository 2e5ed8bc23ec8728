package fakeaws

func describeHub(r *request) (any, error) {
	for _, hub := range r.account.Snapshot.SecurityHub.Hubs {
		if hub.Region == r.Region {
			return wire(hub)
		}
	}
	return nil, &refusal{401, "InvalidAccessException", "Account " + r.account.id + " is not subscribed to AWS Security Hub"}
}
