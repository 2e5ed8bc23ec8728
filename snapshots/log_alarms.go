package snapshots

import "encoding/json"

// LogAlarm is one log alarm, an alarm on a scheduled query of log groups, as describe-alarms shows it.
type LogAlarm struct {
	Region                  string   `json:"region,required" key:"2"`
	AlarmName               string   `json:"AlarmName,required" key:"3"`
	AlarmArn                string   `json:"AlarmArn" key:"1"`
	AlarmDescription        *string  `json:"AlarmDescription"`
	ActionsEnabled          *bool    `json:"ActionsEnabled"`
	AlarmActions            []string `json:"AlarmActions"`
	OKActions               []string `json:"OKActions"`
	InsufficientDataActions []string `json:"InsufficientDataActions"`

	ScheduledQueryConfiguration *ScheduledQuery `json:"ScheduledQueryConfiguration"`
	QueryResultsToEvaluate      *int64          `json:"QueryResultsToEvaluate"`
	QueryResultsToAlarm         *int64          `json:"QueryResultsToAlarm"`
	Threshold                   *float64        `json:"Threshold"`
	ComparisonOperator          *string         `json:"ComparisonOperator"`
	TreatMissingData            *string         `json:"TreatMissingData"`
	ActionLogLineCount          *int64          `json:"ActionLogLineCount"`
	ActionLogLineRoleArn        *string         `json:"ActionLogLineRoleArn"`
	ActionConfiguration         json.RawMessage `json:"ActionConfiguration"`

	StateValue                         *string `json:"StateValue"`
	StateReason                        *string `json:"StateReason"`
	StateReasonData                    *string `json:"StateReasonData"`
	EvaluationState                    *string `json:"EvaluationState"`
	StateUpdatedTimestamp              *Time   `json:"StateUpdatedTimestamp"`
	StateTransitionedTimestamp         *Time   `json:"StateTransitionedTimestamp"`
	AlarmConfigurationUpdatedTimestamp *Time   `json:"AlarmConfigurationUpdatedTimestamp"`

	Extra Extra `json:",extra"`
}

// ScheduledQuery is the query of a log alarm.
type ScheduledQuery struct {
	AggregationExpression *string        `json:"AggregationExpression"`
	QueryString           *string        `json:"QueryString"`
	QueryARN              *string        `json:"QueryARN"`
	LogGroupIdentifiers   []string       `json:"LogGroupIdentifiers"`
	ScheduledQueryRoleARN *string        `json:"ScheduledQueryRoleARN"`
	ScheduleConfiguration *QuerySchedule `json:"ScheduleConfiguration"`
	Tags                  []Tag          `json:"Tags"`

	Extra Extra `json:",extra"`
}

// QuerySchedule is when the query of a log alarm runs.
type QuerySchedule struct {
	ScheduleExpression *string `json:"ScheduleExpression"`
	StartTimeOffset    *int64  `json:"StartTimeOffset"`
	EndTimeOffset      *int64  `json:"EndTimeOffset"`

	Extra Extra `json:",extra"`
}

// Tag is one tag of a resource.
type Tag struct {
	Key   string `json:"Key" key:"1"`
	Value string `json:"Value" key:"2"`

	Extra Extra `json:",extra"`
}
