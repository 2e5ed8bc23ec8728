package snapshots

// Collection says who made a snapshot and how.
type Collection struct {
	// Source is where the facts come from: aws (read by cistern) or aws-cli (imported).
	Source string `json:"source"`
	// ToolVersion is the version of cistern that wrote the file.
	ToolVersion *string `json:"tool_version"`
	// Caller is who asked, as get-caller-identity says.
	Caller *Caller `json:"caller"`
	// Endpoints are the service endpoints that were not AWS's own.
	Endpoints []Endpoint `json:"endpoints"`
	// Regions says which regions were read.
	Regions *Regions `json:"regions"`
	// Calls are the calls that were made.
	Calls []Call `json:"calls"`
	// Redactions say what was replaced by pseudonyms afterwards; absent from a snapshot that shows everything as it was read.
	Redactions []Redaction `json:"redactions"`

	Extra Extra `json:",extra"`
}

// Caller is the identity that read the account.
type Caller struct {
	// ARN is the caller's ARN.
	ARN string `json:"arn"`
	// UserID is the caller's unique id.
	UserID *string `json:"user_id"`

	Extra Extra `json:",extra"`
}

// Endpoint is a service endpoint that was used instead of AWS's own.
type Endpoint struct {
	// Service is the service, * for all.
	Service string `json:"service" key:"1"`
	// URL is where its calls went.
	URL string `json:"url" key:"2"`

	Extra Extra `json:",extra"`
}

// Regions says which regions of the account were read.
type Regions struct {
	// Requested are the regions that the caller asked for; absent when all enabled ones were meant.
	Requested []string `json:"requested"`
	// Enabled are the regions that the account can use; absent when that is not known.
	Enabled []string `json:"enabled"`
	// Skipped are regions that were left out, and why.
	Skipped []SkippedRegion `json:"skipped"`

	Extra Extra `json:",extra"`
}

// SkippedRegion is a region that was left out.
type SkippedRegion struct {
	// Name is the region.
	Name string `json:"name" key:"1"`
	// Why is the reason: not opted in, not asked for ...
	Why string `json:"why"`

	Extra Extra `json:",extra"`
}

// Call is one call of the AWS API, or one file of AWS CLI output.
type Call struct {
	// Service is the service in the AWS CLI's spelling.
	Service string `json:"service" key:"2"`
	// Operation is the operation in the AWS CLI's spelling: describe-trails.
	Operation string `json:"operation" key:"3"`
	// Region is where the call was made; absent for a global one.
	Region string `json:"region" key:"1"`
	// Params are the parameters it was made with, in the AWS CLI's spelling.
	Params map[string]string `json:"params"`
	// RequestID is AWS's id of the request.
	RequestID *string `json:"request_id"`
	// Status is ok or the kind of the gap that it left: denied, error, throttled.
	Status string `json:"status"`
	// Code is AWS's error code.
	Code *string `json:"code"`
	// Attempts is how often it was tried.
	Attempts *int64 `json:"attempts"`
	// StartedAt is when it was made.
	StartedAt *Time `json:"started_at"`
	// DurationMS is how long it took, in milliseconds.
	DurationMS *int64 `json:"duration_ms"`
	// Pages is how many pages its answer had.
	Pages *int64 `json:"pages"`
	// SHA256 is the digest of the answer as it was read, in hexadecimal.
	SHA256 *string `json:"sha256"`

	Extra Extra `json:",extra"`
}

// Redaction says what cistern snapshot redact replaced in a snapshot, and by which key, but nothing of what stood there.
type Redaction struct {
	// Method is how the pseudonyms were made: hmac-sha256.
	Method string `json:"method" key:"2"`
	// KeyID tells keys apart and says nothing else of them: snapshots of one key id have the same pseudonyms.
	KeyID string `json:"key_id" key:"1"`
	// Replaced are the kinds of texts that were replaced.
	Replaced []string `json:"replaced"`
	// DroppedFields is how many fields were left out because this version does not know what they hold.
	DroppedFields *int64 `json:"dropped_fields"`

	Extra Extra `json:",extra"`
}
