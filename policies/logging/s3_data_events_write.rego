# METADATA
# title: Writing of S3 objects is recorded
# description: Who put, changed or deleted an object is known only when a trail records data events of all buckets.
# custom:
#   control: s3-data-events-write
#   severity: low
#   remediation: >-
#     Let one multi-region trail record data events of AWS::S3::Object for all buckets (arn:aws:s3), of those that write
#     at least.
package policies.logging.s3_data_events_write

import data.policies.lib.objects
import data.policies.lib.tally
import data.policies.lib.trails

verdict := tally.one([tally.working(objects.recorded(trail, "writes")) | some trail in trails.listed])
