# What account 111122223333 needs, as its snapshot of 2026-01-05T10:00:00Z shows it
# (sha256:a6f80332157a186c9f8e4cb5796e6684790cd137a0f322723dfacfe5199f60e8). Made by cistern fix.
#
# Step 1, before the changes (for 4.1, 5.1 to 5.15): Approve role CloudTrailToCloudWatchLogs: CloudTrail assumes it to
# write to log group CloudTrail/management-events, and it may do nothing else.
# Step 2, before the changes (for 4.5): Choose or create a symmetric KMS key in us-east-1, and set TRAIL_KMS_KEY_ID to
# its ARN. Its policy must allow the service cloudtrail.amazonaws.com kms:GenerateDataKey* and kms:DescribeKey, with
# aws:SourceArn arn:aws:cloudtrail:us-east-1:111122223333:trail/management-events. Without it the changes that take the
# key are left out.
# Step 3, after the changes (for 5.1 to 5.15): Confirm the subscription of security@example.com to topic
# cistern-alarms: AWS sends a mail with a link that is good for three days. Until then nobody hears the alarms.

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

variable "topic_name" {
  description = "the new SNS topic of the alarms"
  type        = string
  default     = "cistern-alarms"
}

variable "metric_namespace" {
  description = "the namespace of new metrics"
  type        = string
  default     = "CISBenchmark"
}

variable "log_group_name" {
  description = "the new log group that the trail delivers to"
  type        = string
  default     = "CloudTrail/management-events"
}

variable "cloudtrail_role_name" {
  description = "the role by which CloudTrail writes to the log group"
  type        = string
  default     = "CloudTrailToCloudWatchLogs"
}

variable "trail_name" {
  description = "the new trail"
  type        = string
  default     = "management-events"
}

variable "trail_bucket" {
  description = "the new bucket of the trail's log files; its name must be nobody else's"
  type        = string
  default     = "cloudtrail-111122223333-us-east-1"
}

variable "trail_kms_key_id" {
  description = "the ARN of the KMS key that encrypts the trail's log files"
  type        = string
  default     = null
}

provider "aws" {
  region              = "us-east-1"
  allowed_account_ids = ["111122223333"]
}

provider "aws" {
  alias               = "eu_west_1"
  region              = "eu-west-1"
  allowed_account_ids = ["111122223333"]
}

# Create bucket cloudtrail-111122223333-us-east-1, which the trail writes its log files to. For 4.1, 5.1 to 5.15.
# S3 charges for what is kept. The name of a bucket must be nobody else's, anywhere.
resource "aws_s3_bucket" "cloudtrail_111122223333_us_east_1" {
  bucket = var.trail_bucket
}

resource "aws_s3_bucket_public_access_block" "cloudtrail_111122223333_us_east_1" {
  bucket                  = aws_s3_bucket.cloudtrail_111122223333_us_east_1.id
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "cloudtrail_111122223333_us_east_1" {
  bucket = aws_s3_bucket.cloudtrail_111122223333_us_east_1.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "CloudTrailChecksTheBucket"
        Effect = "Allow"
        Principal = {
          Service = "cloudtrail.amazonaws.com"
        }
        Action   = "s3:GetBucketAcl"
        Resource = "arn:aws:s3:::${var.trail_bucket}"
        Condition = {
          StringEquals = {
            "aws:SourceArn" = "arn:aws:cloudtrail:us-east-1:111122223333:trail/${var.trail_name}"
          }
        }
      },
      {
        Sid    = "CloudTrailWritesLogFiles"
        Effect = "Allow"
        Principal = {
          Service = "cloudtrail.amazonaws.com"
        }
        Action   = "s3:PutObject"
        Resource = "arn:aws:s3:::${var.trail_bucket}/AWSLogs/111122223333/*"
        Condition = {
          StringEquals = {
            "aws:SourceArn" = "arn:aws:cloudtrail:us-east-1:111122223333:trail/${var.trail_name}"
            "s3:x-amz-acl"  = "bucket-owner-full-control"
          }
        }
      },
    ]
  })
}

# Create log group CloudTrail/management-events for the trail's events. For 4.1, 5.1 to 5.15.
# CloudWatch Logs charges for what arrives. The log group keeps it for ever, unless you set a retention.
resource "aws_cloudwatch_log_group" "cloud_trail_management_events" {
  name = var.log_group_name
}

# Create role CloudTrailToCloudWatchLogs, by which CloudTrail writes to log group CloudTrail/management-events and to
# nothing else. For 4.1, 5.1 to 5.15.
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
  name = "write-us-east-1-${var.trail_name}"
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
        Resource = "arn:aws:logs:us-east-1:111122223333:log-group:${var.log_group_name}:log-stream:111122223333_CloudTrail_us-east-1*"
      },
    ]
  })
}

# Create trail management-events, which records the management events of every region. For 4.1, 4.5, 5.1 to 5.15.
# Let trail management-events record who reads and writes the objects of S3 buckets, as far as the controls ask. For
# 4.8, 4.9.
# Start trail management-events: a new trail records nothing until it is started. For 4.1, 4.8, 4.9, 5.1 to 5.15.
# Whoever reads the log files needs kms:Decrypt on the key from then on.
# Data events are charged by their number, and S3 makes very many in a busy account.
resource "aws_cloudtrail" "management_events" {
  name                          = var.trail_name
  s3_bucket_name                = aws_s3_bucket.cloudtrail_111122223333_us_east_1.id
  enable_logging                = true
  is_multi_region_trail         = true
  is_organization_trail         = false
  include_global_service_events = true
  enable_log_file_validation    = true
  cloud_watch_logs_group_arn    = "${aws_cloudwatch_log_group.cloud_trail_management_events.arn}:*"
  cloud_watch_logs_role_arn     = aws_iam_role.cloud_trail_to_cloud_watch_logs.arn
  kms_key_id                    = var.trail_kms_key_id
  depends_on = [
    aws_s3_bucket_policy.cloudtrail_111122223333_us_east_1,
    aws_iam_role_policy.cloud_trail_to_cloud_watch_logs,
  ]

  event_selector {
    read_write_type           = "All"
    include_management_events = false

    data_resource {
      type   = "AWS::S3::Object"
      values = ["arn:aws:s3"]
    }
  }

  event_selector {
    read_write_type           = "All"
    include_management_events = true
  }
}

# Create topic cistern-alarms for the alarms. For 5.1 to 5.15.
resource "aws_sns_topic" "cistern_alarms" {
  name = var.topic_name
}

# Subscribe security@example.com to topic cistern-alarms. For 5.1 to 5.15.
resource "aws_sns_topic_subscription" "cistern_alarms" {
  topic_arn = aws_sns_topic.cistern_alarms.arn
  protocol  = "email"
  endpoint  = var.topic_email
}

# Put a metric filter on log group CloudTrail/management-events that counts the events of cloudtrail-config-changes.
# For 5.5.
resource "aws_cloudwatch_log_metric_filter" "cloud_trail_config_changes" {
  name           = "CloudTrailConfigChanges"
  log_group_name = aws_cloudwatch_log_group.cloud_trail_management_events.name
  pattern        = "{ ($.eventName = CreateTrail) || ($.eventName = UpdateTrail) || ($.eventName = DeleteTrail) || ($.eventName = StartLogging) || ($.eventName = StopLogging) }"

  metric_transformation {
    namespace = var.metric_namespace
    name      = "CloudTrailConfigChanges"
    value     = "1"
  }
}

# Put a metric filter on log group CloudTrail/management-events that counts the events of cmk-disable-delete. For 5.7.
resource "aws_cloudwatch_log_metric_filter" "cmk_disabled_or_deleted" {
  name           = "CmkDisabledOrDeleted"
  log_group_name = aws_cloudwatch_log_group.cloud_trail_management_events.name
  pattern        = "{ ($.eventSource = kms.amazonaws.com) && (($.eventName = DisableKey) || ($.eventName = ScheduleKeyDeletion)) }"

  metric_transformation {
    namespace = var.metric_namespace
    name      = "CmkDisabledOrDeleted"
    value     = "1"
  }
}

# Put a metric filter on log group CloudTrail/management-events that counts the events of config-changes. For 5.9.
resource "aws_cloudwatch_log_metric_filter" "config_changes" {
  name           = "ConfigChanges"
  log_group_name = aws_cloudwatch_log_group.cloud_trail_management_events.name
  pattern        = "{ ($.eventSource = config.amazonaws.com) && (($.eventName = StopConfigurationRecorder) || ($.eventName = DeleteDeliveryChannel) || ($.eventName = PutDeliveryChannel) || ($.eventName = PutConfigurationRecorder)) }"

  metric_transformation {
    namespace = var.metric_namespace
    name      = "ConfigChanges"
    value     = "1"
  }
}

# Put a metric filter on log group CloudTrail/management-events that counts the events of console-auth-failures. For
# 5.6.
resource "aws_cloudwatch_log_metric_filter" "console_authentication_failures" {
  name           = "ConsoleAuthenticationFailures"
  log_group_name = aws_cloudwatch_log_group.cloud_trail_management_events.name
  pattern        = "{ ($.eventName = ConsoleLogin) && ($.errorMessage = \"Failed authentication\") }"

  metric_transformation {
    namespace = var.metric_namespace
    name      = "ConsoleAuthenticationFailures"
    value     = "1"
  }
}

# Put a metric filter on log group CloudTrail/management-events that counts the events of console-signin-no-mfa. For
# 5.2.
resource "aws_cloudwatch_log_metric_filter" "console_signin_without_mfa" {
  name           = "ConsoleSigninWithoutMfa"
  log_group_name = aws_cloudwatch_log_group.cloud_trail_management_events.name
  pattern        = "{ ($.eventName = \"ConsoleLogin\") && ($.additionalEventData.MFAUsed != \"Yes\") }"

  metric_transformation {
    namespace = var.metric_namespace
    name      = "ConsoleSigninWithoutMfa"
    value     = "1"
  }
}

# Put a metric filter on log group CloudTrail/management-events that counts the events of iam-policy-changes. For 5.4.
resource "aws_cloudwatch_log_metric_filter" "iam_policy_changes" {
  name           = "IamPolicyChanges"
  log_group_name = aws_cloudwatch_log_group.cloud_trail_management_events.name
  pattern        = "{ ($.eventName = DeleteGroupPolicy) || ($.eventName = DeleteRolePolicy) || ($.eventName = DeleteUserPolicy) || ($.eventName = PutGroupPolicy) || ($.eventName = PutRolePolicy) || ($.eventName = PutUserPolicy) || ($.eventName = CreatePolicy) || ($.eventName = DeletePolicy) || ($.eventName = CreatePolicyVersion) || ($.eventName = DeletePolicyVersion) || ($.eventName = AttachRolePolicy) || ($.eventName = DetachRolePolicy) || ($.eventName = AttachUserPolicy) || ($.eventName = DetachUserPolicy) || ($.eventName = AttachGroupPolicy) || ($.eventName = DetachGroupPolicy) }"

  metric_transformation {
    namespace = var.metric_namespace
    name      = "IamPolicyChanges"
    value     = "1"
  }
}

# Put a metric filter on log group CloudTrail/management-events that counts the events of nacl-changes. For 5.11.
resource "aws_cloudwatch_log_metric_filter" "network_acl_changes" {
  name           = "NetworkAclChanges"
  log_group_name = aws_cloudwatch_log_group.cloud_trail_management_events.name
  pattern        = "{ ($.eventName = CreateNetworkAcl) || ($.eventName = CreateNetworkAclEntry) || ($.eventName = DeleteNetworkAcl) || ($.eventName = DeleteNetworkAclEntry) || ($.eventName = ReplaceNetworkAclEntry) || ($.eventName = ReplaceNetworkAclAssociation) }"

  metric_transformation {
    namespace = var.metric_namespace
    name      = "NetworkAclChanges"
    value     = "1"
  }
}

# Put a metric filter on log group CloudTrail/management-events that counts the events of network-gateway-changes. For
# 5.12.
resource "aws_cloudwatch_log_metric_filter" "network_gateway_changes" {
  name           = "NetworkGatewayChanges"
  log_group_name = aws_cloudwatch_log_group.cloud_trail_management_events.name
  pattern        = "{ ($.eventName = CreateCustomerGateway) || ($.eventName = DeleteCustomerGateway) || ($.eventName = AttachInternetGateway) || ($.eventName = CreateInternetGateway) || ($.eventName = DeleteInternetGateway) || ($.eventName = DetachInternetGateway) }"

  metric_transformation {
    namespace = var.metric_namespace
    name      = "NetworkGatewayChanges"
    value     = "1"
  }
}

# Put a metric filter on log group CloudTrail/management-events that counts the events of organizations-changes. For
# 5.15.
resource "aws_cloudwatch_log_metric_filter" "organizations_changes" {
  name           = "OrganizationsChanges"
  log_group_name = aws_cloudwatch_log_group.cloud_trail_management_events.name
  pattern        = "{ ($.eventSource = organizations.amazonaws.com) && (($.eventName = AcceptHandshake) || ($.eventName = AttachPolicy) || ($.eventName = CreateAccount) || ($.eventName = CreateOrganizationalUnit) || ($.eventName = CreatePolicy) || ($.eventName = DeclineHandshake) || ($.eventName = DeleteOrganization) || ($.eventName = DeleteOrganizationalUnit) || ($.eventName = DeletePolicy) || ($.eventName = DetachPolicy) || ($.eventName = DisablePolicyType) || ($.eventName = EnablePolicyType) || ($.eventName = InviteAccountToOrganization) || ($.eventName = LeaveOrganization) || ($.eventName = MoveAccount) || ($.eventName = RemoveAccountFromOrganization) || ($.eventName = UpdatePolicy) || ($.eventName = UpdateOrganizationalUnit)) }"

  metric_transformation {
    namespace = var.metric_namespace
    name      = "OrganizationsChanges"
    value     = "1"
  }
}

# Put a metric filter on log group CloudTrail/management-events that counts the events of root-usage. For 5.3.
resource "aws_cloudwatch_log_metric_filter" "root_usage" {
  name           = "RootUsage"
  log_group_name = aws_cloudwatch_log_group.cloud_trail_management_events.name
  pattern        = "{ $.userIdentity.type = \"Root\" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != \"AwsServiceEvent\" }"

  metric_transformation {
    namespace = var.metric_namespace
    name      = "RootUsage"
    value     = "1"
  }
}

# Put a metric filter on log group CloudTrail/management-events that counts the events of route-table-changes. For
# 5.13.
resource "aws_cloudwatch_log_metric_filter" "route_table_changes" {
  name           = "RouteTableChanges"
  log_group_name = aws_cloudwatch_log_group.cloud_trail_management_events.name
  pattern        = "{ ($.eventSource = ec2.amazonaws.com) && ($.eventName = CreateRoute) || ($.eventName = CreateRouteTable) || ($.eventName = ReplaceRoute) || ($.eventName = ReplaceRouteTableAssociation) || ($.eventName = DeleteRouteTable) || ($.eventName = DeleteRoute) || ($.eventName = DisassociateRouteTable) }"

  metric_transformation {
    namespace = var.metric_namespace
    name      = "RouteTableChanges"
    value     = "1"
  }
}

# Put a metric filter on log group CloudTrail/management-events that counts the events of s3-bucket-policy-changes. For
# 5.8.
resource "aws_cloudwatch_log_metric_filter" "s3bucket_policy_changes" {
  name           = "S3BucketPolicyChanges"
  log_group_name = aws_cloudwatch_log_group.cloud_trail_management_events.name
  pattern        = "{ ($.eventSource = s3.amazonaws.com) && (($.eventName = PutBucketAcl) || ($.eventName = PutBucketPolicy) || ($.eventName = PutBucketCors) || ($.eventName = PutBucketLifecycle) || ($.eventName = PutBucketReplication) || ($.eventName = DeleteBucketPolicy) || ($.eventName = DeleteBucketCors) || ($.eventName = DeleteBucketLifecycle) || ($.eventName = DeleteBucketReplication)) }"

  metric_transformation {
    namespace = var.metric_namespace
    name      = "S3BucketPolicyChanges"
    value     = "1"
  }
}

# Put a metric filter on log group CloudTrail/management-events that counts the events of security-group-changes. For
# 5.10.
resource "aws_cloudwatch_log_metric_filter" "security_group_changes" {
  name           = "SecurityGroupChanges"
  log_group_name = aws_cloudwatch_log_group.cloud_trail_management_events.name
  pattern        = "{ ($.eventName = AuthorizeSecurityGroupIngress) || ($.eventName = AuthorizeSecurityGroupEgress) || ($.eventName = RevokeSecurityGroupIngress) || ($.eventName = RevokeSecurityGroupEgress) || ($.eventName = CreateSecurityGroup) || ($.eventName = DeleteSecurityGroup) || ($.eventName = ModifySecurityGroupRules) }"

  metric_transformation {
    namespace = var.metric_namespace
    name      = "SecurityGroupChanges"
    value     = "1"
  }
}

# Put a metric filter on log group CloudTrail/management-events that counts the events of unauthorized-api-calls. For
# 5.1.
resource "aws_cloudwatch_log_metric_filter" "unauthorized_api_calls" {
  name           = "UnauthorizedApiCalls"
  log_group_name = aws_cloudwatch_log_group.cloud_trail_management_events.name
  pattern        = "{ $.errorCode = *UnauthorizedOperation || $.errorCode = AccessDenied* && $.sourceIPAddress != delivery.logs.amazonaws.com && $.eventName != HeadBucket }"

  metric_transformation {
    namespace = var.metric_namespace
    name      = "UnauthorizedApiCalls"
    value     = "1"
  }
}

# Put a metric filter on log group CloudTrail/management-events that counts the events of vpc-changes. For 5.14.
resource "aws_cloudwatch_log_metric_filter" "vpc_changes" {
  name           = "VpcChanges"
  log_group_name = aws_cloudwatch_log_group.cloud_trail_management_events.name
  pattern        = "{ ($.eventName = CreateVpc) || ($.eventName = DeleteVpc) || ($.eventName = ModifyVpcAttribute) || ($.eventName = AcceptVpcPeeringConnection) || ($.eventName = CreateVpcPeeringConnection) || ($.eventName = DeleteVpcPeeringConnection) || ($.eventName = RejectVpcPeeringConnection) || ($.eventName = AttachClassicLinkVpc) || ($.eventName = DetachClassicLinkVpc) || ($.eventName = DisableVpcClassicLink) || ($.eventName = EnableVpcClassicLink) }"

  metric_transformation {
    namespace = var.metric_namespace
    name      = "VpcChanges"
    value     = "1"
  }
}

# Put an alarm on the metric CISBenchmark/CloudTrailConfigChanges that rings for a single event. For 5.5.
# CloudWatch charges for each alarm.
resource "aws_cloudwatch_metric_alarm" "cloud_trail_config_changes" {
  alarm_name          = "CloudTrailConfigChanges"
  alarm_description   = "Rings when the trail records an event of cloudtrail-config-changes."
  namespace           = var.metric_namespace
  metric_name         = "CloudTrailConfigChanges"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  actions_enabled     = true
  alarm_actions       = [aws_sns_topic.cistern_alarms.arn]
}

# Put an alarm on the metric CISBenchmark/CmkDisabledOrDeleted that rings for a single event. For 5.7.
# CloudWatch charges for each alarm.
resource "aws_cloudwatch_metric_alarm" "cmk_disabled_or_deleted" {
  alarm_name          = "CmkDisabledOrDeleted"
  alarm_description   = "Rings when the trail records an event of cmk-disable-delete."
  namespace           = var.metric_namespace
  metric_name         = "CmkDisabledOrDeleted"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  actions_enabled     = true
  alarm_actions       = [aws_sns_topic.cistern_alarms.arn]
}

# Put an alarm on the metric CISBenchmark/ConfigChanges that rings for a single event. For 5.9.
# CloudWatch charges for each alarm.
resource "aws_cloudwatch_metric_alarm" "config_changes" {
  alarm_name          = "ConfigChanges"
  alarm_description   = "Rings when the trail records an event of config-changes."
  namespace           = var.metric_namespace
  metric_name         = "ConfigChanges"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  actions_enabled     = true
  alarm_actions       = [aws_sns_topic.cistern_alarms.arn]
}

# Put an alarm on the metric CISBenchmark/ConsoleAuthenticationFailures that rings for a single event. For 5.6.
# CloudWatch charges for each alarm.
resource "aws_cloudwatch_metric_alarm" "console_authentication_failures" {
  alarm_name          = "ConsoleAuthenticationFailures"
  alarm_description   = "Rings when the trail records an event of console-auth-failures."
  namespace           = var.metric_namespace
  metric_name         = "ConsoleAuthenticationFailures"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  actions_enabled     = true
  alarm_actions       = [aws_sns_topic.cistern_alarms.arn]
}

# Put an alarm on the metric CISBenchmark/ConsoleSigninWithoutMfa that rings for a single event. For 5.2.
# CloudWatch charges for each alarm.
resource "aws_cloudwatch_metric_alarm" "console_signin_without_mfa" {
  alarm_name          = "ConsoleSigninWithoutMfa"
  alarm_description   = "Rings when the trail records an event of console-signin-no-mfa."
  namespace           = var.metric_namespace
  metric_name         = "ConsoleSigninWithoutMfa"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  actions_enabled     = true
  alarm_actions       = [aws_sns_topic.cistern_alarms.arn]
}

# Put an alarm on the metric CISBenchmark/IamPolicyChanges that rings for a single event. For 5.4.
# CloudWatch charges for each alarm.
resource "aws_cloudwatch_metric_alarm" "iam_policy_changes" {
  alarm_name          = "IamPolicyChanges"
  alarm_description   = "Rings when the trail records an event of iam-policy-changes."
  namespace           = var.metric_namespace
  metric_name         = "IamPolicyChanges"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  actions_enabled     = true
  alarm_actions       = [aws_sns_topic.cistern_alarms.arn]
}

# Put an alarm on the metric CISBenchmark/NetworkAclChanges that rings for a single event. For 5.11.
# CloudWatch charges for each alarm.
resource "aws_cloudwatch_metric_alarm" "network_acl_changes" {
  alarm_name          = "NetworkAclChanges"
  alarm_description   = "Rings when the trail records an event of nacl-changes."
  namespace           = var.metric_namespace
  metric_name         = "NetworkAclChanges"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  actions_enabled     = true
  alarm_actions       = [aws_sns_topic.cistern_alarms.arn]
}

# Put an alarm on the metric CISBenchmark/NetworkGatewayChanges that rings for a single event. For 5.12.
# CloudWatch charges for each alarm.
resource "aws_cloudwatch_metric_alarm" "network_gateway_changes" {
  alarm_name          = "NetworkGatewayChanges"
  alarm_description   = "Rings when the trail records an event of network-gateway-changes."
  namespace           = var.metric_namespace
  metric_name         = "NetworkGatewayChanges"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  actions_enabled     = true
  alarm_actions       = [aws_sns_topic.cistern_alarms.arn]
}

# Put an alarm on the metric CISBenchmark/OrganizationsChanges that rings for a single event. For 5.15.
# CloudWatch charges for each alarm.
resource "aws_cloudwatch_metric_alarm" "organizations_changes" {
  alarm_name          = "OrganizationsChanges"
  alarm_description   = "Rings when the trail records an event of organizations-changes."
  namespace           = var.metric_namespace
  metric_name         = "OrganizationsChanges"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  actions_enabled     = true
  alarm_actions       = [aws_sns_topic.cistern_alarms.arn]
}

# Put an alarm on the metric CISBenchmark/RootUsage that rings for a single event. For 5.3.
# CloudWatch charges for each alarm.
resource "aws_cloudwatch_metric_alarm" "root_usage" {
  alarm_name          = "RootUsage"
  alarm_description   = "Rings when the trail records an event of root-usage."
  namespace           = var.metric_namespace
  metric_name         = "RootUsage"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  actions_enabled     = true
  alarm_actions       = [aws_sns_topic.cistern_alarms.arn]
}

# Put an alarm on the metric CISBenchmark/RouteTableChanges that rings for a single event. For 5.13.
# CloudWatch charges for each alarm.
resource "aws_cloudwatch_metric_alarm" "route_table_changes" {
  alarm_name          = "RouteTableChanges"
  alarm_description   = "Rings when the trail records an event of route-table-changes."
  namespace           = var.metric_namespace
  metric_name         = "RouteTableChanges"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  actions_enabled     = true
  alarm_actions       = [aws_sns_topic.cistern_alarms.arn]
}

# Put an alarm on the metric CISBenchmark/S3BucketPolicyChanges that rings for a single event. For 5.8.
# CloudWatch charges for each alarm.
resource "aws_cloudwatch_metric_alarm" "s3bucket_policy_changes" {
  alarm_name          = "S3BucketPolicyChanges"
  alarm_description   = "Rings when the trail records an event of s3-bucket-policy-changes."
  namespace           = var.metric_namespace
  metric_name         = "S3BucketPolicyChanges"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  actions_enabled     = true
  alarm_actions       = [aws_sns_topic.cistern_alarms.arn]
}

# Put an alarm on the metric CISBenchmark/SecurityGroupChanges that rings for a single event. For 5.10.
# CloudWatch charges for each alarm.
resource "aws_cloudwatch_metric_alarm" "security_group_changes" {
  alarm_name          = "SecurityGroupChanges"
  alarm_description   = "Rings when the trail records an event of security-group-changes."
  namespace           = var.metric_namespace
  metric_name         = "SecurityGroupChanges"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  actions_enabled     = true
  alarm_actions       = [aws_sns_topic.cistern_alarms.arn]
}

# Put an alarm on the metric CISBenchmark/UnauthorizedApiCalls that rings for a single event. For 5.1.
# CloudWatch charges for each alarm.
resource "aws_cloudwatch_metric_alarm" "unauthorized_api_calls" {
  alarm_name          = "UnauthorizedApiCalls"
  alarm_description   = "Rings when the trail records an event of unauthorized-api-calls."
  namespace           = var.metric_namespace
  metric_name         = "UnauthorizedApiCalls"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  actions_enabled     = true
  alarm_actions       = [aws_sns_topic.cistern_alarms.arn]
}

# Put an alarm on the metric CISBenchmark/VpcChanges that rings for a single event. For 5.14.
# CloudWatch charges for each alarm.
resource "aws_cloudwatch_metric_alarm" "vpc_changes" {
  alarm_name          = "VpcChanges"
  alarm_description   = "Rings when the trail records an event of vpc-changes."
  namespace           = var.metric_namespace
  metric_name         = "VpcChanges"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  actions_enabled     = true
  alarm_actions       = [aws_sns_topic.cistern_alarms.arn]
}

# Switch Security Hub on in eu-west-1. For 5.16.
# Security Hub is charged by checks and findings. No standard is enabled; that is yours to choose.
resource "aws_securityhub_account" "eu_west_1" {
  provider                 = aws.eu_west_1
  enable_default_standards = false
}

# Switch Security Hub on in us-east-1. For 5.16.
# Security Hub is charged by checks and findings. No standard is enabled; that is yours to choose.
resource "aws_securityhub_account" "us_east_1" {
  enable_default_standards = false
}
