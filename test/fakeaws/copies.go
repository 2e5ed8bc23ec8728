package fakeaws

import (
	"bytes"
	"fmt"

	"github.com/cistern-audit/cistern/snapshots"
)

// Copy is the same account under another id: every ARN that names the old one names the new one. Regions, if any are
// given, become those that the account can use, and its multi-region trails are seen in all of them. The organisation
// stays.
func Copy(s *snapshots.Snapshot, id string, regions ...string) (*snapshots.Snapshot, error) {
	text, err := s.Canonical()
	if err != nil {
		return nil, err
	}
	made, err := snapshots.Read(bytes.NewReader(bytes.ReplaceAll(text, []byte(s.Account.ID), []byte(id))))
	if err != nil {
		return nil, fmt.Errorf("copy of %s as %s: %w", s.Account.ID, id, err)
	}
	made.Account.Organization = s.Account.Organization
	if len(regions) == 0 {
		return made, nil
	}
	made.Collection.Regions = &snapshots.Regions{Enabled: regions}
	for i := range made.CloudTrail.Trails {
		if t := &made.CloudTrail.Trails[i]; t.IsMultiRegionTrail != nil && *t.IsMultiRegionTrail {
			t.SeenIn = regions
		}
	}
	return made, nil
}
