package snapshots

import "encoding/json"

// CompositeAlarm is one composite alarm as describe-alarms shows it.
type CompositeAlarm struct {
	Region           string  `json:"region,required" key:"2"`
	AlarmName        string  `json:"AlarmName,required" key:"3"`
	AlarmArn         string  `json:"AlarmArn" key:"1"`
	AlarmDescription *string `json:"AlarmDescription"`
	// AlarmRule is the expression over other alarms: ALARM("a") OR ALARM("b").
	AlarmRule               *string  `json:"AlarmRule"`
	ActionsEnabled          *bool    `json:"ActionsEnabled"`
	AlarmActions            []string `json:"AlarmActions"`
	OKActions               []string `json:"OKActions"`
	InsufficientDataActions []string `json:"InsufficientDataActions"`

	// ActionsSuppressor is the alarm that silences this one's actions while it is in ALARM.
	ActionsSuppressor                *string         `json:"ActionsSuppressor"`
	ActionsSuppressorWaitPeriod      *int64          `json:"ActionsSuppressorWaitPeriod"`
	ActionsSuppressorExtensionPeriod *int64          `json:"ActionsSuppressorExtensionPeriod"`
	ActionsSuppressedBy              *string         `json:"ActionsSuppressedBy"`
	ActionsSuppressedReason          *string         `json:"ActionsSuppressedReason"`
	ActionConfiguration              json.RawMessage `json:"ActionConfiguration"`

	StateValue                         *string `json:"StateValue"`
	StateReason                        *string `json:"StateReason"`
	StateReasonData                    *string `json:"StateReasonData"`
	StateUpdatedTimestamp              *Time   `json:"StateUpdatedTimestamp"`
	StateTransitionedTimestamp         *Time   `json:"StateTransitionedTimestamp"`
	AlarmConfigurationUpdatedTimestamp *Time   `json:"AlarmConfigurationUpdatedTimestamp"`

	Extra Extra `json:",extra"`
}
