package snapshots

// Hub is Security Hub in one region as describe-hub shows it. A region that was asked and has no hub has no record.
type Hub struct {
	Region                  string  `json:"region,required" key:"1"`
	HubArn                  string  `json:"HubArn" key:"2"`
	SubscribedAt            *string `json:"SubscribedAt"`
	AutoEnableControls      *bool   `json:"AutoEnableControls"`
	ControlFindingGenerator *string `json:"ControlFindingGenerator"`

	Extra Extra `json:",extra"`
}
