package snapshots

// MetricFilter is one metric filter of a log group as describe-metric-filters shows it.
type MetricFilter struct {
	Region       string `json:"region,required" key:"1"`
	LogGroupName string `json:"logGroupName,required" key:"2"`
	FilterName   string `json:"filterName,required" key:"3"`
	// FilterPattern is the pattern; empty or absent, it matches every event.
	FilterPattern         *string                `json:"filterPattern"`
	MetricTransformations []MetricTransformation `json:"metricTransformations"`
	// CreationTime is in milliseconds since 1970, as AWS gives it.
	CreationTime *int64 `json:"creationTime"`
	// ApplyOnTransformedLogs makes the pattern match the log group's transformed events.
	ApplyOnTransformedLogs *bool `json:"applyOnTransformedLogs"`
	// FieldSelectionCriteria narrows the filter to some accounts or regions.
	FieldSelectionCriteria    *string  `json:"fieldSelectionCriteria"`
	EmitSystemFieldDimensions []string `json:"emitSystemFieldDimensions"`

	Extra Extra `json:",extra"`
}

// MetricTransformation is the metric that a filter feeds.
type MetricTransformation struct {
	MetricName      string  `json:"metricName" key:"2"`
	MetricNamespace string  `json:"metricNamespace" key:"1"`
	MetricValue     *string `json:"metricValue"`
	// DefaultValue is reported for periods in which events came but none matched.
	DefaultValue *float64 `json:"defaultValue"`
	// Dimensions are the metric's dimensions: name to selector.
	Dimensions map[string]string `json:"dimensions"`
	Unit       *string           `json:"unit"`

	Extra Extra `json:",extra"`
}
