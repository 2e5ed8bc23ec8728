package report

// The parts of OSCAL's assessment results, version 1.1.3, that a report fills.

type oscalDocument struct {
	Results oscalAssessment `json:"assessment-results"`
}

type oscalAssessment struct {
	UUID       string          `json:"uuid"`
	Metadata   oscalMetadata   `json:"metadata"`
	ImportAP   oscalImport     `json:"import-ap"`
	Results    []oscalResult   `json:"results"`
	BackMatter oscalBackMatter `json:"back-matter"`
}

type oscalMetadata struct {
	Title        string      `json:"title"`
	LastModified string      `json:"last-modified"`
	Version      string      `json:"version"`
	OSCALVersion string      `json:"oscal-version"`
	Props        []oscalProp `json:"props,omitempty"`
	Remarks      string      `json:"remarks,omitempty"`
}

type oscalImport struct {
	Href    string `json:"href"`
	Remarks string `json:"remarks,omitempty"`
}

type oscalProp struct {
	Name  string `json:"name"`
	NS    string `json:"ns,omitempty"`
	Value string `json:"value"`
}

type oscalLink struct {
	Href     string `json:"href"`
	Rel      string `json:"rel,omitempty"`
	Fragment string `json:"resource-fragment,omitempty"`
}

type oscalResult struct {
	UUID             string             `json:"uuid"`
	Title            string             `json:"title"`
	Description      string             `json:"description"`
	Start            string             `json:"start"`
	End              string             `json:"end,omitempty"`
	Props            []oscalProp        `json:"props,omitempty"`
	Links            []oscalLink        `json:"links,omitempty"`
	LocalDefinitions *oscalLocal        `json:"local-definitions,omitempty"`
	ReviewedControls oscalReviewed      `json:"reviewed-controls"`
	Attestations     []oscalAttestation `json:"attestations,omitempty"`
	Observations     []oscalObservation `json:"observations,omitempty"`
	Risks            []oscalRisk        `json:"risks,omitempty"`
	Findings         []oscalFinding     `json:"findings,omitempty"`
	Remarks          string             `json:"remarks,omitempty"`
}

type oscalLocal struct {
	Inventory []oscalItem  `json:"inventory-items,omitempty"`
	Assets    *oscalAssets `json:"assessment-assets,omitempty"`
}

type oscalItem struct {
	UUID        string      `json:"uuid"`
	Description string      `json:"description"`
	Props       []oscalProp `json:"props,omitempty"`
}

type oscalAssets struct {
	Components []oscalComponent `json:"components"`
	Platforms  []oscalPlatform  `json:"assessment-platforms"`
}

type oscalComponent struct {
	UUID        string      `json:"uuid"`
	Type        string      `json:"type"`
	Title       string      `json:"title"`
	Description string      `json:"description"`
	Props       []oscalProp `json:"props,omitempty"`
	Status      oscalState  `json:"status"`
}

type oscalPlatform struct {
	UUID  string      `json:"uuid"`
	Title string      `json:"title"`
	Uses  []oscalUses `json:"uses-components"`
}

type oscalUses struct {
	Component string `json:"component-uuid"`
}

type oscalState struct {
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"`
}

type oscalReviewed struct {
	Description string           `json:"description,omitempty"`
	Selections  []oscalSelection `json:"control-selections"`
}

type oscalSelection struct {
	Description string         `json:"description,omitempty"`
	Include     []oscalControl `json:"include-controls,omitempty"`
}

type oscalControl struct {
	ID string `json:"control-id"`
}

type oscalAttestation struct {
	Parts []oscalPart `json:"parts"`
}

type oscalPart struct {
	UUID  string      `json:"uuid"`
	Name  string      `json:"name"`
	NS    string      `json:"ns"`
	Title string      `json:"title"`
	Props []oscalProp `json:"props,omitempty"`
	Prose string      `json:"prose"`
}

type oscalObservation struct {
	UUID        string          `json:"uuid"`
	Title       string          `json:"title"`
	Description string          `json:"description"`
	Props       []oscalProp     `json:"props,omitempty"`
	Methods     []string        `json:"methods"`
	Types       []string        `json:"types,omitempty"`
	Origins     []oscalOrigin   `json:"origins,omitempty"`
	Subjects    []oscalSubject  `json:"subjects,omitempty"`
	Evidence    []oscalEvidence `json:"relevant-evidence,omitempty"`
	Collected   string          `json:"collected"`
	Remarks     string          `json:"remarks,omitempty"`
}

type oscalOrigin struct {
	Actors []oscalActor `json:"actors"`
}

type oscalActor struct {
	Type string `json:"type"`
	UUID string `json:"actor-uuid"`
}

type oscalSubject struct {
	UUID  string `json:"subject-uuid"`
	Type  string `json:"type"`
	Title string `json:"title"`
}

type oscalEvidence struct {
	Href        string      `json:"href,omitempty"`
	Description string      `json:"description"`
	Props       []oscalProp `json:"props,omitempty"`
	Links       []oscalLink `json:"links,omitempty"`
}

type oscalFinding struct {
	UUID         string             `json:"uuid"`
	Title        string             `json:"title"`
	Description  string             `json:"description"`
	Props        []oscalProp        `json:"props,omitempty"`
	Target       oscalTarget        `json:"target"`
	Observations []oscalObservedBy  `json:"related-observations,omitempty"`
	Risks        []oscalRelatedRisk `json:"related-risks,omitempty"`
	Remarks      string             `json:"remarks,omitempty"`
}

type oscalTarget struct {
	Type   string     `json:"type"`
	ID     string     `json:"target-id"`
	Status oscalState `json:"status"`
}

type oscalObservedBy struct {
	UUID string `json:"observation-uuid"`
}

type oscalRelatedRisk struct {
	UUID string `json:"risk-uuid"`
}

type oscalRisk struct {
	UUID         string            `json:"uuid"`
	Title        string            `json:"title"`
	Description  string            `json:"description"`
	Statement    string            `json:"statement"`
	Props        []oscalProp       `json:"props,omitempty"`
	Status       string            `json:"status"`
	Deadline     string            `json:"deadline,omitempty"`
	Remediations []oscalResponse   `json:"remediations,omitempty"`
	Log          *oscalRiskLog     `json:"risk-log,omitempty"`
	Observations []oscalObservedBy `json:"related-observations,omitempty"`
}

type oscalResponse struct {
	UUID        string `json:"uuid"`
	Lifecycle   string `json:"lifecycle"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

type oscalRiskLog struct {
	Entries []oscalRiskEntry `json:"entries"`
}

type oscalRiskEntry struct {
	UUID        string `json:"uuid"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Start       string `json:"start"`
	Change      string `json:"status-change"`
}

type oscalBackMatter struct {
	Resources []oscalResource `json:"resources"`
}

type oscalResource struct {
	UUID        string       `json:"uuid"`
	Title       string       `json:"title"`
	Description string       `json:"description"`
	Props       []oscalProp  `json:"props,omitempty"`
	Rlinks      []oscalRlink `json:"rlinks,omitempty"`
}

type oscalRlink struct {
	Href      string      `json:"href"`
	MediaType string      `json:"media-type"`
	Hashes    []oscalHash `json:"hashes"`
}

type oscalHash struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"value"`
}
