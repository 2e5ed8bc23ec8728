//go:build e2e

// Package e2e runs the program against an emulated AWS, as a user would: accounts are made and broken with the AWS CLI, read
// by cistern collect, or by the script of cistern import --script, and judged. It needs moto_server and aws on PATH (pip
// install -r .ci/requirements.txt).
package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
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

// caller is who calls the emulator: the credentials of one account, and the region of its calls.
type caller struct {
	url                string // where the calls go
	front              *front // if they go there
	account, region    string
	key, secret, token string
}

// root may do everything in the emulator's own account.
func (e *emulator) root() caller {
	return caller{url: e.url, account: account, region: "us-east-1", key: "AKIAROOTOFEMULATOR00", secret: "secret/of+the/root"}
}

// environment is what a program sees: the emulator, and nothing of this machine's own settings.
func (c caller) environment(more ...string) []string {
	env := []string{}
	for _, one := range os.Environ() {
		if !strings.HasPrefix(one, "AWS_") && !strings.HasPrefix(one, "REGIONS=") {
			env = append(env, one)
		}
	}
	env = append(env, "AWS_ENDPOINT_URL="+c.url, "AWS_ACCESS_KEY_ID="+c.key, "AWS_SECRET_ACCESS_KEY="+c.secret,
		"AWS_REGION="+c.region, "AWS_DEFAULT_REGION="+c.region, "AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_PAGER=")
	if c.token != "" {
		env = append(env, "AWS_SESSION_TOKEN="+c.token)
	}
	return append(env, more...)
}

// call makes one call with the AWS CLI and returns its output as text.
func (c caller) call(ctx context.Context, arguments ...string) (string, error) {
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	call := exec.CommandContext(ctx, "aws", append(arguments, "--output", "text")...)
	call.Env = c.environment()
	out, err := call.Output()
	if err != nil {
		return "", fmt.Errorf("aws %s: %w\n%s", strings.Join(arguments, " "), err, stderrOf(err))
	}
	return strings.TrimSpace(string(out)), nil
}

// aws makes one call that must succeed.
func (c caller) aws(t *testing.T, arguments ...string) string {
	t.Helper()
	out, err := c.call(t.Context(), arguments...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// awsAll makes calls that must succeed and do not depend on each other, several at a time: the AWS CLI takes half a second to start.
func (c caller) awsAll(t *testing.T, calls ...[]string) {
	t.Helper()
	const most = 4
	var all sync.WaitGroup
	free := make(chan struct{}, most)
	for _, arguments := range calls {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			if _, err := c.call(t.Context(), arguments...); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// become is the caller as a role of an account. The emulator knows every account, and any role.
func (c caller) become(t *testing.T, id, role string) caller {
	t.Helper()
	out := c.aws(t, "sts", "assume-role", "--role-arn", "arn:"+c.partition()+":iam::"+id+":role/"+role, "--role-session-name", "e2e",
		"--query", "Credentials.[AccessKeyId,SecretAccessKey,SessionToken]")
	found := strings.Fields(out)
	if len(found) != 3 {
		t.Fatalf("aws sts assume-role: got %d words, want a key, its secret and a token", len(found))
	}
	c.account, c.key, c.secret, c.token = id, found[0], found[1], found[2]
	return c
}

// user makes a user of the caller's account who may do nothing yet.
func (c caller) user(t *testing.T, name string) caller {
	t.Helper()
	c.aws(t, "iam", "create-user", "--user-name", name)
	found := strings.Fields(c.aws(t, "iam", "create-access-key", "--user-name", name, "--query", "AccessKey.[AccessKeyId,SecretAccessKey]"))
	if len(found) != 2 {
		t.Fatalf("aws iam create-access-key: got %d words, want a key and its secret", len(found))
	}
	c.key, c.secret, c.token = found[0], found[1], ""
	return c
}

// allow makes a policy document all that a user of the caller's account may do.
func (c caller) allow(t *testing.T, user, document string) {
	t.Helper()
	c.aws(t, "iam", "put-user-policy", "--user-name", user, "--policy-name", "all", "--policy-document", document)
}

// at is the caller with another address to call.
func (c caller) at(url string) caller {
	c.url = url
	return c
}

// behind is the caller that calls the emulator by a front.
func (c caller) behind(f *front) caller {
	c.url, c.front = f.url, f
	return c
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
