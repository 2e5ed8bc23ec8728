#!/bin/sh
# collect.sh - save what cistern needs to know of an AWS account, with the AWS CLI alone.
#
#   sh collect.sh [FOLDER]            (default: aws-cli-output)
#
# It only reads. It uses the credentials that the AWS CLI finds (AWS_PROFILE, AWS_ACCESS_KEY_ID, ...) and the endpoint in
# AWS_ENDPOINT_URL if that is set. REGIONS="us-east-1 eu-west-1" limits it to some regions; else it asks every region that
# the account can use. It needs the rights of the managed policy SecurityAudit, and cloudwatch:ListAlarmMuteRules and
# cloudwatch:GetAlarmMuteRule to see muted alarms. A call that is refused or fails leaves its error in the folder and the
# script goes on: what could not be read is evidence too.
#
# Then, where cistern is:   cistern import FOLDER -o snapshot.json

set -u
umask 077
LC_ALL=C
export LC_ALL
AWS_PAGER=
export AWS_PAGER
AWS_CLI_AUTO_PROMPT=off
export AWS_CLI_AUTO_PROMPT
unset AWS_DEFAULT_OUTPUT # every call names its format
tab=$(printf '\t')

case ${1-} in
-h | --help)
	sed -n '2,/^$/s/^# \{0,1\}//p' "$0"
	exit 0
	;;
-*)
	echo "collect.sh: $1: no such option (sh collect.sh [FOLDER])" >&2
	exit 2
	;;
esac
if [ $# -gt 1 ]; then
	echo "collect.sh: more than one folder (sh collect.sh [FOLDER])" >&2
	exit 2
fi
folder=${1-aws-cli-output}

if ! command -v aws >/dev/null 2>&1; then
	echo "collect.sh: aws: not found: install the AWS CLI" >&2
	exit 1
fi
if [ -e "$folder" ] && [ -n "$(ls -A "$folder" 2>/dev/null)" ]; then
	echo "collect.sh: $folder: is not empty: name a new folder, for old output would be taken for new" >&2
	exit 2
fi
mkdir -p "$folder" || exit 1

# escaped NAME: a name that can be a file's: what is not a letter, digit, dot, minus or underscore becomes a %XX.
escaped() {
	printf %s "$1" | od -An -v -tx1 | tr -d '\n' | awk '{
		n = split($0, byte, " ")
		for (i = 1; i <= n; i++) {
			code = (index("0123456789abcdef", substr(byte[i], 1, 1)) - 1) * 16 + index("0123456789abcdef", substr(byte[i], 2, 1)) - 1
			c = sprintf("%c", code)
			printf "%s", (code < 128 && c ~ /[A-Za-z0-9._-]/) ? c : "%" toupper(byte[i])
		}
	}'
}

# save FILE SERVICE OPERATION [ARGUMENT...]: one call. Its answer goes to FILE.json; an error takes its place. What was
# asked once is not asked again.
save() {
	file=$1
	shift
	if [ -e "$file.json" ] || [ -e "$file.error.txt" ]; then
		return 0
	fi
	if aws "$@" --output json >"$file.json.part" 2>"$file.error.part"; then
		mv "$file.json.part" "$file.json"
		rm -f "$file.error.part"
		return 0
	fi
	rm -f "$file.json.part"
	if [ ! -s "$file.error.part" ]; then
		echo "the AWS CLI failed and said nothing" >"$file.error.part"
	fi
	mv "$file.error.part" "$file.error.txt"
	echo "collect.sh: $1 $2: $(grep . "$file.error.txt" | head -n 1 | cut -c 1-160)" >&2
	return 1
}

# words QUERY SERVICE OPERATION [ARGUMENT...]: what a query finds in an answer, one a line. Errors are no matter: the
# call itself is saved elsewhere.
words() {
	query=$1
	shift
	aws "$@" --query "$query" --output text 2>/dev/null | tr "$tab" '\n' | sed -e '/^$/d' -e '/^None$/d' | sort -u
}

first=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region 2>/dev/null)}}
first=${first:-us-east-1}
set -f
for region in ${REGIONS-}; do
	first=$region
	break
done
AWS_REGION=$first
AWS_DEFAULT_REGION=$first
export AWS_REGION AWS_DEFAULT_REGION

# Which account is it?
account=$(aws sts get-caller-identity --query Account --output text 2>"$folder/whoami.part")
case $account in
[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]) rm -f "$folder/whoami.part" ;;
*)
	echo "collect.sh: who am I: $(grep . "$folder/whoami.part" | head -n 1)" >&2
	echo "collect.sh: without credentials there is nothing to read: try aws sts get-caller-identity" >&2
	rm -f "$folder/whoami.part"
	rmdir "$folder" 2>/dev/null
	exit 1
	;;
esac
here=$folder/$account
mkdir -p "$here" || exit 1
date -u +%Y-%m-%dT%H:%M:%SZ >"$here/collected-at.txt"
echo "collect.sh: account $account, into $folder" >&2

# What is said once for the whole account.
save "$here/sts-get-caller-identity" sts get-caller-identity
save "$here/ec2-describe-regions" ec2 describe-regions --region "$first"
save "$here/iam-list-account-aliases" iam list-account-aliases
save "$here/organizations-describe-organization" organizations describe-organization

regions=${REGIONS-}
if [ -z "$regions" ]; then
	regions=$(words "Regions[?OptInStatus!='not-opted-in'].RegionName" ec2 describe-regions --region "$first")
fi
if [ -z "$regions" ]; then
	echo "collect.sh: the account's regions are not known: asking $first only; REGIONS=\"...\" names others" >&2
	regions=$first
fi

about_trails() { # what each trail says of itself; its home region answers
	words 'trailList[].TrailARN' cloudtrail describe-trails --region "$region" |
		while IFS= read -r arn; do
			place=${arn#arn:*:cloudtrail:}
			place=${place%%:*}
			mkdir -p "$here/$place"
			case $arn in
			*":$account:"*) name=$(escaped "${arn##*/}") ;;
			*) name=$(escaped "$arn") ;; # an organisation's: two of the same name may meet here
			esac
			save "$here/$place/cloudtrail-get-trail-status.$name" \
				cloudtrail get-trail-status --name "$arn" --region "$place"
			save "$here/$place/cloudtrail-get-event-selectors.$name" \
				cloudtrail get-event-selectors --trail-name "$arn" --region "$place"
		done
}

about_topics() { # who hears the topics that the alarms of this region act on
	for kind in MetricAlarms CompositeAlarms; do
		words "$kind[].AlarmActions[]" cloudwatch describe-alarms --alarm-types MetricAlarm CompositeAlarm --region "$region"
	done | sort -u | while IFS= read -r arn; do
		case $arn in
		arn:*:sns:*:*:*) ;;
		*) continue ;;
		esac
		place=${arn#arn:*:sns:}
		place=${place%%:*} # the topic's own region answers
		mkdir -p "$here/$place"
		name=$(escaped "$arn")
		save "$here/$place/sns-list-subscriptions-by-topic.$name" sns list-subscriptions-by-topic --topic-arn "$arn" --region "$place"
		save "$here/$place/sns-get-topic-attributes.$name" sns get-topic-attributes --topic-arn "$arn" --region "$place"
	done
}

about_mutes() { # what each mute rule of this region silences
	words 'AlarmMuteRuleSummaries[].AlarmMuteRuleArn' cloudwatch list-alarm-mute-rules --region "$region" |
		while IFS= read -r arn; do
			rule=${arn##*:}
			save "$out/cloudwatch-get-alarm-mute-rule.$(escaped "$rule")" \
				cloudwatch get-alarm-mute-rule --alarm-mute-rule-name "$rule" --region "$region"
		done
}

for region in $regions; do
	echo "collect.sh: $region" >&2
	out=$here/$region
	mkdir -p "$out" || exit 1
	save "$out/cloudtrail-describe-trails" cloudtrail describe-trails --region "$region" && about_trails
	save "$out/logs-describe-metric-filters" logs describe-metric-filters --region "$region"
	save "$out/logs-describe-log-groups" logs describe-log-groups --region "$region"
	save "$out/sns-list-topics" sns list-topics --region "$region"
	save "$out/sns-list-subscriptions" sns list-subscriptions --region "$region"
	# Newer versions of the CLI know log alarms too; older ones may refuse to ask for them.
	if save "$out/cloudwatch-describe-alarms" cloudwatch describe-alarms \
		--alarm-types MetricAlarm CompositeAlarm LogAlarm --region "$region"; then
		about_topics
	elif grep -q -e ValidationError -e ValidationException -e 'nvalid choice' "$out/cloudwatch-describe-alarms.error.txt"; then
		rm -f "$out/cloudwatch-describe-alarms.error.txt"
		save "$out/cloudwatch-describe-alarms" cloudwatch describe-alarms \
			--alarm-types MetricAlarm CompositeAlarm --region "$region" && about_topics
	fi
	save "$out/cloudwatch-list-alarm-mute-rules" cloudwatch list-alarm-mute-rules --region "$region" && about_mutes
	save "$out/securityhub-describe-hub" securityhub describe-hub --region "$region"
done

answers=$(find "$here" -name '*.json' | wc -l | tr -d ' ')
errors=$(find "$here" -name '*.error.txt' | wc -l | tr -d ' ')
echo "collect.sh: done: $answers answers, $errors errors (kept as *.error.txt) in $folder" >&2
echo "collect.sh: next: cistern import $folder -o $account.json" >&2
