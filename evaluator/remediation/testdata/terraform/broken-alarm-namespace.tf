# What account 111122223333 needs, as its snapshot of 2026-01-05T10:00:00Z shows it
# (sha256:b78066bdac3bbc39053c3020ad81d6ace55c65ad422d5db7b8b784b7fa03fa7f). Made by cistern fix.
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

# Let alarm RootUsage watch the metric CISBenchmark/RootUsage, which the filter feeds: it watches one that nothing
# feeds. For 5.3.
# Is there already. Differs from the snapshot in: Namespace.
import {
  to = aws_cloudwatch_metric_alarm.root_usage
  id = "RootUsage"
}

resource "aws_cloudwatch_metric_alarm" "root_usage" {
  alarm_name          = "RootUsage"
  namespace           = "CISBenchmark"
  metric_name         = "RootUsage"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  actions_enabled     = true
  alarm_actions       = ["arn:aws:sns:us-east-1:111122223333:security-alarms"]

  lifecycle {
    ignore_changes = [tags]
  }
}
