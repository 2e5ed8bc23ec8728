# What account 111122223333 needs, as its snapshot of 2026-01-05T10:00:00Z shows it
# (sha256:b60c88d1bb211ba1c43683580b24fb8cc1316283703c55fd41b1e51c5f094b98). Made by cistern fix.
#
# Step 1, after the changes (for 5.1 to 5.15): Confirm the subscription of security@example.com to topic
# security-alarms: AWS sends a mail with a link that is good for three days. Until then nobody hears the alarms.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "topic_email" {
  description = "the mail address that hears the alarms; its owner must confirm"
  type        = string
  default     = "security@example.com"
}

provider "aws" {
  region              = "us-east-1"
  allowed_account_ids = ["111122223333"]
}

# Create topic security-alarms again: alarms tell it, and it is not there. For 5.1 to 5.15.
resource "aws_sns_topic" "security_alarms" {
  name = "security-alarms"
}

# Subscribe security@example.com to topic security-alarms. For 5.1 to 5.15.
resource "aws_sns_topic_subscription" "security_alarms" {
  topic_arn = aws_sns_topic.security_alarms.arn
  protocol  = "email"
  endpoint  = var.topic_email
}
