package accounts

import (
	"fmt"
	"time"

	"github.com/cistern-audit/cistern/snapshots"
)

// subject is something that accounts have many of and put alarms on. Without a dimension, its name is in the alarm alone.
type subject struct {
	namespace, dimension, prefix string
	metrics                      []metric
}

type metric struct {
	name, statistic string
	threshold       float64
	compares        string
}

const (
	over  = "GreaterThanThreshold"
	under = "LessThanThreshold"
)

var subjects = []subject{
	{"AWS/EC2", "InstanceId", "i-0", []metric{{"CPUUtilization", "Average", 90, over}, {"StatusCheckFailed", "Maximum", 0, over}}},
	{"AWS/RDS", "DBInstanceIdentifier", "db-", []metric{{"CPUUtilization", "Average", 85, over}, {"FreeStorageSpace", "Minimum", 1e10, under}}},
	{"AWS/Lambda", "FunctionName", "fn-", []metric{{"Errors", "Sum", 0, over}, {"Throttles", "Sum", 10, over}, {"Duration", "Average", 2500, over}}},
	{"AWS/SQS", "QueueName", "queue-", []metric{{"ApproximateAgeOfOldestMessage", "Maximum", 900, over}, {"NumberOfMessagesSent", "Sum", 1, under}}},
	{"AWS/ApplicationELB", "LoadBalancer", "app/web-", []metric{{"HTTPCode_Target_5XX_Count", "Sum", 20, over}, {"UnHealthyHostCount", "Maximum", 0, over}}},
	{"AWS/DynamoDB", "TableName", "table-", []metric{{"ConsumedReadCapacityUnits", "Sum", 4200, over}, {"UserErrors", "Sum", 50, over}}},
	{"App/Requests", "", "api-", []metric{{"Failed", "Sum", 5, over}, {"Slow", "Sum", 50, over}}},
	{"App/Orders", "", "order-", []metric{{"Stuck", "Sum", 0, over}, {"Refused", "Sum", 10, over}}},
	{"App/Jobs", "", "job-", []metric{{"Failed", "Sum", 0, over}, {"Late", "Sum", 0, over}}},
	{"ECS/ContainerInsights", "ServiceName", "svc-", []metric{{"RunningTaskCount", "Minimum", 2, under}}},
}

// addAlarms adds the alarms that have nothing to do with the trail, up to the number that is wanted. Of large accounts, some watch
// other metrics that filters on the trail's log group make.
func (d *draft) addAlarms() {
	total := d.fleet.Alarms
	if total == 0 {
		total = 45 + d.dice.IntN(20)
	}
	have := len(d.snapshot.CloudWatch.Alarms)
	if d.fleet.Alarms > 0 && have > total {
		d.snapshot.CloudWatch.Alarms = d.snapshot.CloudWatch.Alarms[:total]
		return
	}
	if d.watches() && d.fleet.Alarms > 0 {
		for n := range min(100-len(watches), total/50) { // AWS allows a hundred filters on a log group
			name := fmt.Sprintf("%sEvents%02d", d.team(), n)
			d.addFilter(name, fmt.Sprintf(`{ ($.eventSource = %s.amazonaws.com) && ($.userIdentity.userName = "%s-%02d") }`,
				pick(d.dice, "ec2", "s3", "lambda", "dynamodb"), d.team(), n))
			d.addAlarm(d.watchAlarm(name))
		}
	}
	for len(d.snapshot.CloudWatch.Alarms) < total {
		d.addAlarm(d.otherAlarm())
	}
	if d.dice.IntN(4) == 0 {
		d.addComposite()
	}
}

func (d *draft) addAlarm(a snapshots.Alarm) {
	d.snapshot.CloudWatch.Alarms = append(d.snapshot.CloudWatch.Alarms, a)
}

func (d *draft) otherAlarm() snapshots.Alarm {
	s := pick(d.dice, subjects...)
	m := pick(d.dice, s.metrics...)
	region := pick(d.dice, d.regions...)
	resource := s.prefix + hex(d.dice, 7)
	name := resource + "-" + m.name
	a := d.alarm(region, name, m.statistic, m.threshold, m.compares)
	a.MetricName, a.Namespace = snapshots.Of(m.name), snapshots.Of(s.namespace)
	if s.dimension != "" {
		a.Dimensions = []snapshots.Dimension{{Name: s.dimension, Value: resource}}
	}
	if d.dice.IntN(10) > 2 {
		a.AlarmActions = []string{d.arn("sns", region, "ops-alerts")}
	}
	return a
}

// alarm is what all alarms have.
func (d *draft) alarm(region, name, statistic string, threshold float64, compares string) snapshots.Alarm {
	return snapshots.Alarm{
		Region: region, AlarmName: name, AlarmArn: d.arn("cloudwatch", region, "alarm:"+name), ActionsEnabled: snapshots.Of(true),
		AlarmActions: []string{}, OKActions: []string{}, InsufficientDataActions: []string{}, Dimensions: []snapshots.Dimension{},
		Statistic: &statistic, Period: snapshots.Of(int64(300)), EvaluationPeriods: snapshots.Of(int64(1)), Threshold: &threshold,
		ComparisonOperator: &compares, StateValue: snapshots.Of("OK"),
	}
}

// addComposite adds an alarm over two others, which counts for nothing in the chain.
func (d *draft) addComposite() {
	all := d.snapshot.CloudWatch.Alarms
	if len(all) < 2 {
		return
	}
	one, other := all[len(all)-1], all[len(all)-2]
	name := d.team() + "-degraded"
	d.snapshot.CloudWatch.CompositeAlarms = append(d.snapshot.CloudWatch.CompositeAlarms, snapshots.CompositeAlarm{
		Region: one.Region, AlarmName: name, AlarmArn: d.arn("cloudwatch", one.Region, "alarm:"+name),
		AlarmRule:      snapshots.Of(fmt.Sprintf("ALARM(%q) OR ALARM(%q)", one.AlarmName, other.AlarmName)),
		ActionsEnabled: snapshots.Of(true), AlarmActions: one.AlarmActions, OKActions: []string{}, InsufficientDataActions: []string{},
		StateValue: snapshots.Of("OK"), StateUpdatedTimestamp: snapshots.Of(d.before(30 * 24 * time.Hour)),
	})
}
