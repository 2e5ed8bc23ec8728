#!/bin/sh
# Holds the Terraform and CloudFormation that cistern fix writes, as its tests compare it, against the tools that take it: terraform fmt and
# validate, and cfn-lint. Without terraform, or without its AWS provider, what they would check is left out, and said so. TERRAFORM_PLUGINS is
# a folder of providers, as terraform providers mirror makes it; else terraform init fetches the provider.
set -eu

fail() {
	printf 'fix.sh: %s\n' "$*" >&2
	exit 1
}

cd "$(dirname "$0")/../../evaluator/remediation/testdata"

cfn-lint --include-checks W E -- cloudformation/*.yaml || fail "cfn-lint: see above"
echo "cfn-lint: $(ls cloudformation | wc -l) templates without an error or a warning"

command -v terraform >/dev/null || {
	echo "terraform is not here: fmt and validate are left out; hcl's own formatter is asked by make e2e-formats"
	exit 0
}
terraform fmt -no-color -check -diff terraform || fail "terraform fmt: see above"
echo "terraform fmt: nothing to change"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp terraform/empty.tf "$work/main.tf"
terraform -chdir="$work" init -no-color -input=false ${TERRAFORM_PLUGINS:+-plugin-dir="$TERRAFORM_PLUGINS"} >"$work/said" 2>&1 || {
	echo "the AWS provider cannot be had: terraform validate is left out"
	exit 0
}
for file in terraform/*.tf; do
	cp "$file" "$work/main.tf"
	terraform -chdir="$work" validate -no-color >"$work/said" 2>&1 || {
		cat "$work/said"
		fail "terraform validate: $file: see above"
	}
done
echo "terraform validate: $(ls terraform | wc -l) configurations are valid with the provider's schema"
