package snapshots

// MuteRule is one alarm mute rule: list-alarm-mute-rules names it, get-alarm-mute-rule says what it silences.
type MuteRule struct {
	Region           string  `json:"region,required" key:"2"`
	AlarmMuteRuleArn string  `json:"AlarmMuteRuleArn,required" key:"1"`
	Name             *string `json:"Name"`
	Description      *string `json:"Description"`
	// Status is ACTIVE, SCHEDULED or EXPIRED.
	Status               *string      `json:"Status"`
	MuteType             *string      `json:"MuteType"`
	StartDate            *Time        `json:"StartDate"`
	ExpireDate           *Time        `json:"ExpireDate"`
	LastUpdatedTimestamp *Time        `json:"LastUpdatedTimestamp"`
	MuteTargets          *MuteTargets `json:"MuteTargets"`
	Rule                 *MuteWindow  `json:"Rule"`

	Extra Extra `json:",extra"`
}

// MuteTargets are the alarms that a mute rule silences.
type MuteTargets struct {
	AlarmNames []string `json:"AlarmNames"`

	Extra Extra `json:",extra"`
}

// MuteWindow is when a mute rule silences.
type MuteWindow struct {
	Schedule *MuteSchedule `json:"Schedule"`

	Extra Extra `json:",extra"`
}

// MuteSchedule is the schedule of a mute rule.
type MuteSchedule struct {
	Expression *string `json:"Expression"`
	Duration   *string `json:"Duration"`
	Timezone   *string `json:"Timezone"`

	Extra Extra `json:",extra"`
}
