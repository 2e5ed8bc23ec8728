# What account 111122223333 needs, as its snapshot of 2026-01-05T10:00:00Z shows it
# (sha256:ed6930ac9df67b7f34d5d74df30443991cb0eccfb58650a346d629bd441e6bed). Made by cistern fix.
# What is there already is imported, and then changed: read what terraform plan says. If a resource is in the state of
# another configuration, change it there, and delete it and its import block here.
#
# Step 1, before the changes (for 5.1 to 5.15): Approve role CloudTrailToCloudWatchLogs: CloudTrail assumes it to write
# to log group cloudtrail/management-events, and it may do nothing else.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "cloudtrail_role_name" {
  description = "the role by which CloudTrail writes to the log group"
  type        = string
  default     = "CloudTrailToCloudWatchLogs"
}

provider "aws" {
  region              = "us-east-1"
  allowed_account_ids = ["111122223333"]
}

# Create role CloudTrailToCloudWatchLogs, by which CloudTrail writes to log group cloudtrail/management-events and to
# nothing else. For 5.1 to 5.15.
resource "aws_iam_role" "cloud_trail_to_cloud_watch_logs" {
  name = var.cloudtrail_role_name
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          Service = "cloudtrail.amazonaws.com"
        }
        Action = "sts:AssumeRole"
      },
    ]
  })
}

resource "aws_iam_role_policy" "cloud_trail_to_cloud_watch_logs" {
  name = "write-us-east-1-management-events"
  role = aws_iam_role.cloud_trail_to_cloud_watch_logs.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Action = [
          "logs:CreateLogStream",
          "logs:PutLogEvents",
        ]
        Resource = "arn:aws:logs:us-east-1:111122223333:log-group:cloudtrail/management-events:log-stream:111122223333_CloudTrail_us-east-1*"
      },
    ]
  })
}

# Let trail management-events deliver to log group cloudtrail/management-events, where metric filters see its events.
# For 5.1 to 5.15.
# Is there already. Differs from the snapshot in: CloudWatchLogsLogGroupArn, CloudWatchLogsRoleArn.
import {
  to = aws_cloudtrail.management_events
  id = "arn:aws:cloudtrail:us-east-1:111122223333:trail/management-events"
}

resource "aws_cloudtrail" "management_events" {
  name                          = "management-events"
  s3_bucket_name                = "example-cloudtrail-logs"
  enable_logging                = true
  is_multi_region_trail         = true
  is_organization_trail         = false
  include_global_service_events = true
  enable_log_file_validation    = true
  cloud_watch_logs_group_arn    = "arn:aws:logs:us-east-1:111122223333:log-group:cloudtrail/management-events:*"
  cloud_watch_logs_role_arn     = aws_iam_role.cloud_trail_to_cloud_watch_logs.arn
  kms_key_id                    = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
  depends_on                    = [aws_iam_role_policy.cloud_trail_to_cloud_watch_logs]

  event_selector {
    read_write_type           = "All"
    include_management_events = true

    data_resource {
      type   = "AWS::S3::Object"
      values = ["arn:aws:s3"]
    }
  }

  lifecycle {
    ignore_changes = [tags]
  }
}
