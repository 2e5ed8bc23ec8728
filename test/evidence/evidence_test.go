//go:build e2e

// Package evidence runs what docs/evidence.md shows, as an auditor would: openssl, sha256sum, jq and ssh-keygen must agree with cistern.
package evidence

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// blocks are the shell commands of the manual, in its order.
func blocks(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/evidence.md")
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	for i, part := range strings.Split(string(text), "```sh\n") {
		if i > 0 {
			block, _, _ := strings.Cut(part, "```")
			script.WriteString(block)
		}
	}
	return script.String()
}

// prepared is a folder with a program, a snapshot and waivers, and how a script runs in it.
func prepared(t *testing.T) (dir string, run func(script string) (string, error)) {
	t.Helper()
	dir = t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "bin", "cistern"), "../../cmd/cistern")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	snapshot, err := os.ReadFile("../../snapshots/samples/broken-subscription-none.json")
	if err != nil {
		t.Fatal(err)
	}
	waivers := "waivers:\n  - {control: root-usage, owner: me@example.com, reason: the vault is watched, expires: 2026-12-31}\n"
	for name, content := range map[string]string{"prod.json": string(snapshot), "waivers.yaml": waivers} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir, func(script string) (string, error) {
		cmd := exec.Command("sh", "-eu", "-c", script)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"), "LC_ALL=C")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
}

func TestManual(t *testing.T) {
	_, run := prepared(t)
	out, err := run(blocks(t))
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"audit.zip: holds, every check", "Signature Verified Successfully", "111122223333\ttrue", `Good "audit-evidence" signature for auditee@example.com`} {
		if !strings.Contains(out, want) {
			t.Errorf("got\n%s\nwant %q in it", out, want)
		}
	}
}

// Each kind of key: openssl's verdict is ours.
func TestKeysWithOpenSSL(t *testing.T) {
	const check = `
openssl pkey -in key.pem -pubout -out pub.pem
rm -rf audit && cistern evidence pack prod.json -o audit && cistern evidence sign audit --key key.pem
cistern evidence verify audit --key pub.pem
type=application/vnd.in-toto+json
{ printf 'DSSEv1 %%d %%s %%d ' ${#type} "$type" $(wc -c < audit/evidence.intoto.json); cat audit/evidence.intoto.json; } > pae
jq -r '.signatures[0].sig' audit/evidence.dsse.json | base64 -d > sig
test "$(jq -r '.signatures[0].keyid' audit/evidence.dsse.json)" = "$(openssl pkey -pubin -in pub.pem -outform DER | sha256sum | cut -d' ' -f1)"
openssl pkeyutl -verify -pubin -inkey pub.pem -rawin %[1]s -in pae -sigfile sig
openssl pkeyutl -sign -inkey key.pem -rawin %[1]s -in pae -out sig && %[2]s
echo x >> pae
! openssl pkeyutl -verify -pubin -inkey pub.pem -rawin %[1]s -in pae -sigfile sig
`
	// What openssl signs, cistern verifies.
	const swap = `jq -c --arg sig "$(base64 -w0 < sig)" '.signatures[0].sig = $sig' audit/evidence.dsse.json > swapped && mv swapped audit/evidence.dsse.json && cistern evidence verify audit --key pub.pem`
	for _, key := range []struct{ name, make, digest string }{
		{"ed25519", "openssl genpkey -algorithm ed25519 -out key.pem", ""},
		{"p256", "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem", "-digest sha256"},
		{"p384", "openssl ecparam -name secp384r1 -genkey -out key.pem", "-digest sha384"},
	} {
		t.Run(key.name, func(t *testing.T) {
			_, run := prepared(t)
			if out, err := run(key.make + fmt.Sprintf(check, key.digest, swap)); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
