# METADATA
# title: Every trail encrypts its log files with a KMS key
# description: >-
#   Who may read the bucket may then still not read the logs: the key's policy decides that.
# custom:
#   control: cloudtrail-kms
#   severity: medium
#   remediation: >-
#     Give every trail a customer managed KMS key (update-trail --kms-key-id) whose policy lets CloudTrail encrypt and
#     the readers decrypt.
package policies.logging.cloudtrail_kms

import data.policies.lib.every_trail
import data.policies.lib.trails

verdict := every_trail.judge([object.union({"trail": trail}, answer(trail)) | some trail in trails.listed])

answer(trail) := {"state": "yes", "message": $"trail {trail.name} encrypts with {trail.record.KmsKeyId}"} if {
	trail.record.KmsKeyId != ""
} else := {"state": "no", "link": "trail", "message": $"trail {trail.name} does not encrypt its log files with a KMS key"}
