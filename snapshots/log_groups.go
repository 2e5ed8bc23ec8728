package snapshots

// LogGroup is one log group as describe-log-groups shows it.
type LogGroup struct {
	Region       string `json:"region,required" key:"1"`
	LogGroupName string `json:"logGroupName,required" key:"2"`
	// Arn ends in :*, LogGroupArn does not.
	Arn                  *string  `json:"arn"`
	LogGroupArn          *string  `json:"logGroupArn"`
	CreationTime         *int64   `json:"creationTime"`
	RetentionInDays      *int64   `json:"retentionInDays"`
	RetentionPolicyName  *string  `json:"retentionPolicyName"`
	MetricFilterCount    *int64   `json:"metricFilterCount"`
	StoredBytes          *int64   `json:"storedBytes"`
	KmsKeyId             *string  `json:"kmsKeyId"`
	DataProtectionStatus *string  `json:"dataProtectionStatus"`
	InheritedProperties  []string `json:"inheritedProperties"`
	// LogGroupClass is STANDARD, INFREQUENT_ACCESS or DELIVERY; only STANDARD knows metric filters.
	LogGroupClass                    *string `json:"logGroupClass"`
	DeletionProtectionEnabled        *bool   `json:"deletionProtectionEnabled"`
	BearerTokenAuthenticationEnabled *bool   `json:"bearerTokenAuthenticationEnabled"`

	Extra Extra `json:",extra"`
}
