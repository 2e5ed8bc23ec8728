package snapshots

// Trail is one CloudTrail trail as describe-trails shows it, with its status and its event selectors. A multi-region
// trail, which every region lists, is one record: the home region's.
type Trail struct {
	// Region is the region whose describe-trails showed this record: the home region, if that one was read.
	Region string `json:"region,required" key:"2"`
	// SeenIn are the regions whose describe-trails listed the trail.
	SeenIn []string `json:"seen_in"`

	Name                       string  `json:"Name"`
	TrailARN                   string  `json:"TrailARN,required" key:"1"`
	HomeRegion                 *string `json:"HomeRegion"`
	S3BucketName               *string `json:"S3BucketName"`
	S3KeyPrefix                *string `json:"S3KeyPrefix"`
	SnsTopicName               *string `json:"SnsTopicName"`
	SnsTopicARN                *string `json:"SnsTopicARN"`
	IncludeGlobalServiceEvents *bool   `json:"IncludeGlobalServiceEvents"`
	IsMultiRegionTrail         *bool   `json:"IsMultiRegionTrail"`
	IsOrganizationTrail        *bool   `json:"IsOrganizationTrail"`
	LogFileValidationEnabled   *bool   `json:"LogFileValidationEnabled"`
	CloudWatchLogsLogGroupArn  *string `json:"CloudWatchLogsLogGroupArn"`
	CloudWatchLogsRoleArn      *string `json:"CloudWatchLogsRoleArn"`
	KmsKeyId                   *string `json:"KmsKeyId"`
	HasCustomEventSelectors    *bool   `json:"HasCustomEventSelectors"`
	HasInsightSelectors        *bool   `json:"HasInsightSelectors"`

	// Status is what get-trail-status says; absent when it was not read.
	Status *TrailStatus `json:"Status"`
	// EventSelectors are the classic selectors of get-event-selectors; absent when they were not read, or when the
	// trail has advanced ones.
	EventSelectors []EventSelector `json:"EventSelectors"`
	// AdvancedEventSelectors are the advanced selectors of get-event-selectors; absent when the trail has classic ones.
	AdvancedEventSelectors []AdvancedEventSelector `json:"AdvancedEventSelectors"`

	Extra Extra `json:",extra"`
}

// TrailStatus is what get-trail-status says of a trail.
type TrailStatus struct {
	IsLogging                          *bool   `json:"IsLogging"`
	LatestDeliveryError                *string `json:"LatestDeliveryError"`
	LatestNotificationError            *string `json:"LatestNotificationError"`
	LatestDeliveryTime                 *Time   `json:"LatestDeliveryTime"`
	LatestNotificationTime             *Time   `json:"LatestNotificationTime"`
	StartLoggingTime                   *Time   `json:"StartLoggingTime"`
	StopLoggingTime                    *Time   `json:"StopLoggingTime"`
	LatestCloudWatchLogsDeliveryError  *string `json:"LatestCloudWatchLogsDeliveryError"`
	LatestCloudWatchLogsDeliveryTime   *Time   `json:"LatestCloudWatchLogsDeliveryTime"`
	LatestDigestDeliveryTime           *Time   `json:"LatestDigestDeliveryTime"`
	LatestDigestDeliveryError          *string `json:"LatestDigestDeliveryError"`
	LatestDeliveryAttemptTime          *string `json:"LatestDeliveryAttemptTime"`
	LatestNotificationAttemptTime      *string `json:"LatestNotificationAttemptTime"`
	LatestNotificationAttemptSucceeded *string `json:"LatestNotificationAttemptSucceeded"`
	LatestDeliveryAttemptSucceeded     *string `json:"LatestDeliveryAttemptSucceeded"`
	TimeLoggingStarted                 *string `json:"TimeLoggingStarted"`
	TimeLoggingStopped                 *string `json:"TimeLoggingStopped"`

	Extra Extra `json:",extra"`
}

// EventSelector is one classic event selector of a trail.
type EventSelector struct {
	// ReadWriteType is All, ReadOnly or WriteOnly.
	ReadWriteType                 *string        `json:"ReadWriteType"`
	IncludeManagementEvents       *bool          `json:"IncludeManagementEvents"`
	DataResources                 []DataResource `json:"DataResources"`
	ExcludeManagementEventSources []string       `json:"ExcludeManagementEventSources"`

	Extra Extra `json:",extra"`
}

// DataResource is a kind of resource whose data events a classic selector captures.
type DataResource struct {
	// Type is AWS::S3::Object, AWS::Lambda::Function ...
	Type   *string  `json:"Type"`
	Values []string `json:"Values"`

	Extra Extra `json:",extra"`
}

// AdvancedEventSelector is one advanced event selector of a trail: all its fields must hold.
type AdvancedEventSelector struct {
	Name           *string                 `json:"Name"`
	FieldSelectors []AdvancedFieldSelector `json:"FieldSelectors"`

	Extra Extra `json:",extra"`
}

// AdvancedFieldSelector is one condition of an advanced event selector.
type AdvancedFieldSelector struct {
	// Field is eventCategory, readOnly, eventSource, eventName, resources.type, resources.ARN ...
	Field         string   `json:"Field" key:"1"`
	Equals        []string `json:"Equals"`
	StartsWith    []string `json:"StartsWith"`
	EndsWith      []string `json:"EndsWith"`
	NotEquals     []string `json:"NotEquals"`
	NotStartsWith []string `json:"NotStartsWith"`
	NotEndsWith   []string `json:"NotEndsWith"`

	Extra Extra `json:",extra"`
}
