# What account 111122223333 needs, as its snapshot of 2026-01-05T10:00:00Z shows it
# (sha256:9d1013b44e0667ed27ba6a90d8568a2b0ec287720e1991c371e7f57f7ecf6e9d). Made by cistern fix.
# What is there already is imported, and then changed: read what terraform plan says. If a resource is in the state of
# another configuration, change it there, and delete it and its import block here.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

provider "aws" {
  region              = "us-east-1"
  allowed_account_ids = ["111122223333"]
}

# Start trail management-events: it records nothing while it is stopped. For 4.1, 4.8, 4.9, 5.1 to 5.15.
# Is there already. Differs from the snapshot in: Status.
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
  cloud_watch_logs_role_arn     = "arn:aws:iam::111122223333:role/CloudTrailToCloudWatchLogs"
  kms_key_id                    = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"

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
