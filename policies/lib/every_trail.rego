# METADATA
# title: What every trail must be, in an account that must have one
# description: |
#   An account without a trail has none that lacks anything, but neither has it what these controls are for: it fails them. Where a
#   region's trails were not listed, there may be one.
package policies.lib.every_trail

import data.policies.lib.evidence
import data.policies.lib.tally

# judge gives the verdict from the answers about all trails, as tally wants them.
judge(answers) := tally.each(answers) if {
	count(answers) > 0
} else := tally.verdict("unknown", [{"status": "unknown", "link": "trail", "message": message}]) if {
	[0, "describe-trails"] in evidence.read
	count(tally.unlisted_regions) > 0
	message := $"account {evidence.home} has no trail where they were listed; {tally.several(tally.unlisted_regions)}"
} else := tally.one([])
