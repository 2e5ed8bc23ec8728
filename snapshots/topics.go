package snapshots

// Topic is one SNS topic as list-topics shows it, with what get-topic-attributes says.
type Topic struct {
	Region   string `json:"region,required" key:"2"`
	TopicArn string `json:"TopicArn,required" key:"1"`
	// Attributes are absent when get-topic-attributes was not read.
	Attributes *TopicAttributes `json:"Attributes"`

	Extra Extra `json:",extra"`
}

// TopicAttributes are the attributes of a topic. All are strings, numbers and booleans too, as AWS gives them.
type TopicAttributes struct {
	TopicArn                  *string `json:"TopicArn"`
	Owner                     *string `json:"Owner"`
	DisplayName               *string `json:"DisplayName"`
	Policy                    *string `json:"Policy"`
	DeliveryPolicy            *string `json:"DeliveryPolicy"`
	EffectiveDeliveryPolicy   *string `json:"EffectiveDeliveryPolicy"`
	SubscriptionsConfirmed    *string `json:"SubscriptionsConfirmed"`
	SubscriptionsPending      *string `json:"SubscriptionsPending"`
	SubscriptionsDeleted      *string `json:"SubscriptionsDeleted"`
	KmsMasterKeyId            *string `json:"KmsMasterKeyId"`
	SignatureVersion          *string `json:"SignatureVersion"`
	TracingConfig             *string `json:"TracingConfig"`
	FifoTopic                 *string `json:"FifoTopic"`
	ContentBasedDeduplication *string `json:"ContentBasedDeduplication"`
	FifoThroughputScope       *string `json:"FifoThroughputScope"`
	ArchivePolicy             *string `json:"ArchivePolicy"`
	BeginningArchiveTime      *string `json:"BeginningArchiveTime"`
	DataProtectionPolicy      *string `json:"DataProtectionPolicy"`

	Extra Extra `json:",extra"`
}
