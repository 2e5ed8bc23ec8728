# METADATA
# title: Every trail signs its log files
# description: With digest files, a log file that was altered or deleted after delivery is found out.
# custom:
#   control: cloudtrail-log-validation
#   severity: medium
#   remediation: >-
#     Switch log file validation on for every trail (update-trail --enable-log-file-validation).
package policies.logging.cloudtrail_log_validation

import data.policies.lib.every_trail
import data.policies.lib.trails

verdict := every_trail.judge([object.union({"trail": trail}, answer(trail)) | some trail in trails.listed])

answer(trail) := {"state": "yes", "message": $"trail {trail.name} validates its log files"} if {
	trail.record.LogFileValidationEnabled
} else := {"state": "no", "link": "trail", "message": $"trail {trail.name} does not validate its log files"}
