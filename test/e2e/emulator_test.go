//go:build e2e

// Package e2e runs the program against an emulated AWS account: the script of cistern import --script reads it with the
// AWS CLI, and what it saved is imported. It needs moto_server and aws on PATH (pip install -r .ci/requirements.txt).
package e2e

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// emulator is an AWS account in a process of its own.
type emulator struct{ url string }

// startEmulator starts moto_server on a free port of the loopback and ends it with the test.
func startEmulator(t *testing.T) *emulator {
	t.Helper()
	for _, tool := range []string{"moto_server", "aws"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%s is not on PATH: pip install -r .ci/requirements.txt", tool)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(address)
	var log bytes.Buffer
	server := exec.Command("moto_server", "-H", "127.0.0.1", "-p", port)
	server.Stdout, server.Stderr = &log, &log
	server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that what it starts itself ends with it
	if err := server.Start(); err != nil {
		t.Fatalf("moto_server: start: %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	t.Cleanup(func() {
		if err := syscall.Kill(-server.Process.Pid, syscall.SIGKILL); err == nil {
			<-ended
		}
	})
	e := &emulator{"http://" + address}
	for range 600 {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("moto_server: ended by itself: %v\n%s", err, log.String())
		case <-time.After(100 * time.Millisecond):
		}
		if response, err := http.Get(e.url + "/moto-api/data.json"); err == nil {
			response.Body.Close()
			return e
		}
	}
	t.Fatal("moto_server: does not answer after a minute")
	return nil
}

// enforce makes the emulator check what its users may do, from the next call on.
func (e *emulator) enforce(t *testing.T) {
	t.Helper()
	response, err := http.Post(e.url+"/moto-api/reset-auth", "text/plain", strings.NewReader("0"))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
}

// environment is what the AWS CLI and the script see: the emulator, and nothing of this machine's own settings.
func (e *emulator) environment(key, secret string) []string {
	env := []string{}
	for _, one := range os.Environ() {
		if !strings.HasPrefix(one, "AWS_") && !strings.HasPrefix(one, "REGIONS=") {
			env = append(env, one)
		}
	}
	return append(env, "AWS_ENDPOINT_URL="+e.url, "AWS_ACCESS_KEY_ID="+key, "AWS_SECRET_ACCESS_KEY="+secret,
		"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_PAGER=")
}

// aws makes one call as the account's root and returns its output as text.
func (e *emulator) aws(t *testing.T, arguments ...string) string {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	call := exec.CommandContext(ctx, "aws", append(arguments, "--output", "text")...)
	call.Env = e.environment("testing", "testing")
	out, err := call.Output()
	if err != nil {
		t.Fatalf("aws %s: %v\n%s", strings.Join(arguments, " "), err, stderrOf(err))
	}
	return strings.TrimSpace(string(out))
}

func stderrOf(err error) string {
	if exit, ok := err.(*exec.ExitError); ok {
		return string(exit.Stderr)
	}
	return ""
}

// cistern builds the program.
func cistern(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "cistern")
	build := exec.Command("go", "build", "-o", program, "../../cmd/cistern")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// run runs a program to its end and returns what it says on stdout and stderr, and its exit code.
func run(t *testing.T, env []string, program string, arguments ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, program, arguments...)
	cmd.Env = env
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatalf("%s: %v", program, err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// shells are the POSIX shells of this machine that run the script: dash allows the least.
func shells() []string {
	found := []string{}
	for _, shell := range []string{"dash", "sh", "bash"} {
		if _, err := exec.LookPath(shell); err == nil {
			found = append(found, shell)
		}
	}
	return found
}
