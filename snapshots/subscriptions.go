package snapshots

// Subscription is one subscription of an SNS topic as list-subscriptions-by-topic shows it.
type Subscription struct {
	Region   string `json:"region,required" key:"5"`
	TopicArn string `json:"TopicArn,required" key:"1"`
	// SubscriptionArn is an ARN once the subscriber has confirmed; PendingConfirmation or Deleted else.
	SubscriptionArn string  `json:"SubscriptionArn,required" key:"2"`
	Protocol        string  `json:"Protocol" key:"3"`
	Endpoint        string  `json:"Endpoint" key:"4"`
	Owner           *string `json:"Owner"`

	Extra Extra `json:",extra"`
}
