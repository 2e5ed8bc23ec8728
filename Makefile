# What a developer does with this project. "make run" and "make test" need Go and nothing else.

GO ?= go
FUZZTIME ?= 60s
BENCH ?= .
PEERS_N ?= 1000
SAMPLE ?= broken-pattern-misses

TOOL := $(GO) tool -modfile=tools/go.mod

# The folders whose tests have golden files: those that define the flag -update.
GOLDEN = $(shell grep -rl --include='*_test.go' 'flag[.]Bool."update"' . | xargs -n1 dirname | sort -u)

.PHONY: help run test lint lint-go lint-rego opa test-opa beam test-beam bench bench-collect bench-peers bench-scale fuzz golden e2e e2e-evidence e2e-fix e2e-formats e2e-html check

help: ## show this list
	@grep -E '^[a-z0-9-]+:.*## ' Makefile | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | expand -t 12

run: ## evaluate an embedded sample snapshot; needs no account (SAMPLE=name)
	@$(GO) build -o bin/cistern ./cmd/cistern
	@bin/cistern evaluate --sample $(SAMPLE); code=$$?; \
	if [ $$code -eq 3 ] || [ $$code -eq 4 ]; then \
		echo "(exit code $$code: this sample is broken on purpose)"; \
	else \
		exit $$code; \
	fi

test: ## all tests that need nothing but Go
	$(GO) test ./...

lint: lint-go lint-rego ## format, vet, staticcheck, and the policies' format, types and style

lint-go:
	@unformatted=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
	if [ -n "$$unformatted" ]; then echo "not formatted, run gofmt -w:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) vet -tags e2e ./test/...
	$(TOOL) staticcheck ./...
	$(TOOL) staticcheck -tags e2e ./test/...
	cd cmd/cistern-opa && $(GO) vet ./... && $(GO) tool -modfile=../../tools/go.mod staticcheck ./...
	cd cmd/cistern-beam && $(GO) vet ./... && $(GO) tool -modfile=../../tools/go.mod staticcheck ./...
	cd test/formats && $(GO) vet ./... && $(GO) tool -modfile=../../tools/go.mod staticcheck ./...
	cd test/peers && $(GO) vet ./... && $(GO) tool -modfile=../../tools/go.mod staticcheck ./...
	cd test/browser && $(GO) vet -tags e2e ./... && $(GO) tool -modfile=../../tools/go.mod staticcheck -tags e2e ./...

lint-rego:
	$(GO) run ./cmd/cistern policy check policies
	$(TOOL) regal lint policies

opa: ## build bin/cistern-opa: OPA's own command line with our builtins and schema
	cd cmd/cistern-opa && $(GO) build -o ../../bin/cistern-opa .

test-opa: ## what OPA's manual says, on the exported policies; a module of its own
	cd cmd/cistern-opa && $(GO) test ./...

beam: ## build bin/cistern-beam: archives judged in a pipeline on Apache Beam
	cd cmd/cistern-beam && CGO_ENABLED=0 $(GO) build -o ../../bin/cistern-beam .

test-beam: ## the pipeline on Beam's local runner; a module of its own
	cd cmd/cistern-beam && $(GO) test ./...

bench: ## all benchmarks (BENCH=regexp)
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem ./...

bench-collect: ## how fast accounts are read, from a server that answers after 50 ms
	$(GO) test -run '^$$' -bench 'Account|Organization' -benchtime 1x ./collector

bench-peers: ## beside opa and conftest, built from source; minutes (PEERS_N=1000 accounts, PEERS_FLAGS="-eval 0 -conftest 0" for all)
	cd test/peers && $(GO) test -count=1 ./... && $(GO) run . -n $(PEERS_N) $(PEERS_FLAGS)

bench-scale: ## whether cost grows with what is judged and no faster: two tables; minutes (SCALE_FLAGS="-accounts 10,100 -- --level 1")
	$(GO) run ./test/fleet/scale $(SCALE_FLAGS)

fuzz: ## every fuzz test for FUZZTIME each (60s)
	@grep -rn --include='*_test.go' -oE '^func Fuzz[A-Za-z0-9_]*' . | sort | while IFS=: read -r file _ name; do \
		echo "== $${file%/*} $${name#func } for $(FUZZTIME)"; \
		$(GO) test -run '^$$' -fuzz "^$${name#func }$$" -fuzztime $(FUZZTIME) "$${file%/*}" || exit 1; \
	done

golden: ## rewrite the golden files; read the diff before you commit it
	$(GO) test -run 'Golden|TestScripts' $(GOLDEN) -update

e2e: ## end to end against an emulated AWS account; needs moto_server and aws
	@for tool in "moto_server --help" "aws --version"; do \
		$$tool >/dev/null 2>&1 || { \
			echo "make e2e: $${tool%% *} is missing or does not run: pip install -r .ci/requirements.txt" >&2; exit 1; }; \
	done
	$(GO) test -count=1 -timeout 30m -tags e2e ./test/e2e/...

e2e-evidence: ## docs/evidence.md as an auditor runs it; needs openssl, ssh-keygen, jq and unzip
	@for tool in openssl ssh-keygen sha256sum jq unzip; do \
		command -v $$tool >/dev/null 2>&1 || { \
			echo "make e2e-evidence: $$tool is missing: apt-get install openssl openssh-client coreutils jq unzip" >&2; exit 1; }; \
	done
	$(GO) test -count=1 -tags e2e ./test/evidence

e2e-fix: ## what fix writes for Terraform and CloudFormation, by their own tools; needs cfn-lint (TERRAFORM_PLUGINS=folder of providers)
	@cfn-lint --version >/dev/null 2>&1 || { \
		echo "make e2e-fix: cfn-lint is missing or does not run: pip install -r .ci/requirements.txt" >&2; exit 1; }
	@test/formats/fix.sh

e2e-formats: ## every format against the schemas of those who read it; needs npm and xmllint
	@for tool in npm xmllint; do \
		$$tool --version >/dev/null 2>&1 || { \
			echo "make e2e-formats: $$tool is missing or does not run: apt-get install npm libxml2-utils" >&2; exit 1; }; \
	done
	@test/formats/schemas.sh bin/schemas
	cd test/formats && CISTERN_SCHEMAS='$(CURDIR)/bin/schemas' $(GO) test -count=1 ./...

e2e-html: ## the HTML report in a headless browser without a network; needs chromium (SCREENSHOTS=folder keeps pictures)
	@chromium --version >/dev/null 2>&1 || { \
		echo "make e2e-html: chromium is missing or does not run: apt-get install chromium" >&2; exit 1; }
	cd test/browser && $(GO) test -count=1 -tags e2e ./...

check: lint test test-opa test-beam ## what a change must pass before it is committed
