# What account 111122223333 needs, as its snapshot of 2026-01-05T10:00:00Z shows it
# (sha256:ecd5fb5c155e24ac3ce3117670390411116ea3d034fcd9ec70587f4f2c9f8b0f). Made by cistern fix.
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

# Let metric filter CloudTrailChanges catch StopLogging, too. For 5.5.
# Is there already. Differs from the snapshot in: filterPattern.
import {
  to = aws_cloudwatch_log_metric_filter.cloud_trail_changes
  id = "cloudtrail/management-events:CloudTrailChanges"
}

resource "aws_cloudwatch_log_metric_filter" "cloud_trail_changes" {
  name           = "CloudTrailChanges"
  log_group_name = "cloudtrail/management-events"
  pattern        = "{ $.eventName = CreateTrail || $.eventName = UpdateTrail || $.eventName = DeleteTrail || $.eventName = StartLogging || $.eventName = StopLogging }"

  metric_transformation {
    namespace = "CISBenchmark"
    name      = "CloudTrailChanges"
    value     = "1"
  }

  lifecycle {
    ignore_changes = [metric_transformation[0].unit]
  }
}
