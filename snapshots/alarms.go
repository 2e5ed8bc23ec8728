package snapshots

import "encoding/json"

// Alarm is one metric alarm as describe-alarms shows it.
type Alarm struct {
	Region           string   `json:"region,required" key:"2"`
	AlarmName        string   `json:"AlarmName,required" key:"3"`
	AlarmArn         string   `json:"AlarmArn" key:"1"`
	AlarmDescription *string  `json:"AlarmDescription"`
	ActionsEnabled   *bool    `json:"ActionsEnabled"`
	AlarmActions     []string `json:"AlarmActions"`
	OKActions        []string `json:"OKActions"`
	// InsufficientDataActions are taken when data is missing.
	InsufficientDataActions []string `json:"InsufficientDataActions"`

	// MetricName and Namespace are absent for an alarm on metric math or several metrics, which has Metrics.
	MetricName        *string           `json:"MetricName"`
	Namespace         *string           `json:"Namespace"`
	Dimensions        []Dimension       `json:"Dimensions"`
	Metrics           []MetricDataQuery `json:"Metrics"`
	ThresholdMetricId *string           `json:"ThresholdMetricId"`

	Statistic                        *string  `json:"Statistic"`
	ExtendedStatistic                *string  `json:"ExtendedStatistic"`
	Unit                             *string  `json:"Unit"`
	Period                           *int64   `json:"Period"`
	EvaluationPeriods                *int64   `json:"EvaluationPeriods"`
	DatapointsToAlarm                *int64   `json:"DatapointsToAlarm"`
	Threshold                        *float64 `json:"Threshold"`
	ComparisonOperator               *string  `json:"ComparisonOperator"`
	TreatMissingData                 *string  `json:"TreatMissingData"`
	EvaluateLowSampleCountPercentile *string  `json:"EvaluateLowSampleCountPercentile"`
	EvaluationInterval               *int64   `json:"EvaluationInterval"`
	// EvaluationCriteria is set for an alarm on a PromQL query.
	EvaluationCriteria *EvaluationCriteria `json:"EvaluationCriteria"`
	// EvaluationWindow says whether periods slide or follow the wall clock.
	EvaluationWindow    *EvaluationWindow    `json:"EvaluationWindow"`
	WarmUpConfiguration *WarmUpConfiguration `json:"WarmUpConfiguration"`
	ActionConfiguration json.RawMessage      `json:"ActionConfiguration"`

	StateValue                         *string `json:"StateValue"`
	StateReason                        *string `json:"StateReason"`
	StateReasonData                    *string `json:"StateReasonData"`
	EvaluationState                    *string `json:"EvaluationState"`
	StateUpdatedTimestamp              *Time   `json:"StateUpdatedTimestamp"`
	StateTransitionedTimestamp         *Time   `json:"StateTransitionedTimestamp"`
	AlarmConfigurationUpdatedTimestamp *Time   `json:"AlarmConfigurationUpdatedTimestamp"`

	Extra Extra `json:",extra"`
}

// Dimension is one dimension of a metric.
type Dimension struct {
	Name  string `json:"Name" key:"1"`
	Value string `json:"Value" key:"2"`

	Extra Extra `json:",extra"`
}

// MetricDataQuery is one metric or expression of an alarm on metric math.
type MetricDataQuery struct {
	Id         string      `json:"Id" key:"1"`
	MetricStat *MetricStat `json:"MetricStat"`
	Expression *string     `json:"Expression"`
	Label      *string     `json:"Label"`
	// ReturnData is true, or absent, for the one that the alarm compares with its threshold.
	ReturnData *bool  `json:"ReturnData"`
	Period     *int64 `json:"Period"`
	// AccountId is the account of the metric, when it is not the alarm's.
	AccountId *string `json:"AccountId"`

	Extra Extra `json:",extra"`
}

// MetricStat is the metric that a query reads, and its statistic.
type MetricStat struct {
	Metric *Metric `json:"Metric"`
	Period *int64  `json:"Period"`
	Stat   *string `json:"Stat"`
	Unit   *string `json:"Unit"`

	Extra Extra `json:",extra"`
}

// Metric names a metric.
type Metric struct {
	Namespace  *string     `json:"Namespace"`
	MetricName *string     `json:"MetricName"`
	Dimensions []Dimension `json:"Dimensions"`

	Extra Extra `json:",extra"`
}

// EvaluationCriteria is what an alarm on a query evaluates.
type EvaluationCriteria struct {
	PromQLCriteria *PromQLCriteria `json:"PromQLCriteria"`

	Extra Extra `json:",extra"`
}

// PromQLCriteria is the PromQL query of an alarm.
type PromQLCriteria struct {
	Query          *string `json:"Query"`
	PendingPeriod  *int64  `json:"PendingPeriod"`
	RecoveryPeriod *int64  `json:"RecoveryPeriod"`

	Extra Extra `json:",extra"`
}

// EvaluationWindow says how an alarm's periods lie in time.
type EvaluationWindow struct {
	SlidingWindow   *SlidingWindow   `json:"SlidingWindow"`
	WallClockWindow *WallClockWindow `json:"WallClockWindow"`

	Extra Extra `json:",extra"`
}

// SlidingWindow moves with every evaluation; it has no settings.
type SlidingWindow struct {
	Extra Extra `json:",extra"`
}

// WallClockWindow follows the hours or days of a time zone.
type WallClockWindow struct {
	Timezone *string `json:"Timezone"`

	Extra Extra `json:",extra"`
}

// WarmUpConfiguration says how long a new alarm waits before it evaluates.
type WarmUpConfiguration struct {
	WarmUpPeriodDurationInMinutes            *int64 `json:"WarmUpPeriodDurationInMinutes"`
	OnlyStartEvaluatingAfterWarmUpPeriodEnds *bool  `json:"OnlyStartEvaluatingAfterWarmUpPeriodEnds"`

	Extra Extra `json:",extra"`
}
