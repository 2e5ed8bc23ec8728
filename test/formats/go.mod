module github.com/cistern-audit/cistern/test/formats

go 1.26.0

require (
	github.com/defenseunicorns/go-oscal v0.7.1
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3
	github.com/valllabh/ocsf-schema-golang v1.0.3
)

require (
	github.com/klauspost/compress v1.17.8 // indirect
	github.com/santhosh-tekuri/jsonschema/v5 v5.3.1 // indirect
	golang.org/x/text v0.14.0 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)
