package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/collector"
	"github.com/cistern-audit/cistern/snapshots"
)

// collectFlags are what is read, and as whom.
type collectFlags struct {
	collector.Options
	redact, keyFile string
	verbose         bool
	organization    bool
	roleName        string
	accountsFile    string
	resume          bool
	listed          []listedAccount        // in accountsFile
	given           func(flag string) bool // on the command line
}

func newCollectCommand(std stdio) *cobra.Command {
	f := &collectFlags{}
	var output string
	var plan, policy bool
	cmd := &cobra.Command{
		Use:   "collect",
		Short: "Read an AWS account, or an organisation, into snapshots",
		Long: `Reads an account in all its regions, with the AWS credentials, profile, region, endpoint and proxy settings that are in force,
and writes a snapshot. It only reads: --plan shows every call and the permissions they need.

Several accounts (--organization, --accounts) are read at the same time, by a role in each; each is a file of the folder that
--output names, there as soon as the account is read. A run that was stopped goes on with --resume.

What could not be read is a gap in the snapshot, and a control that needs it is unknown.

Exit codes: 0 everything was read, 4 there are gaps, 2 wrong usage, 1 nothing could be read or the run was interrupted.`,
		Example: `  cistern collect -o prod.json
  cistern collect --profile audit --regions us-east-1,eu-west-1 -o prod.json
  cistern collect --organization --role-name Audit -o snapshots/
  cistern collect --iam-policy > policy.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.given = cmd.Flags().Changed
			if err := f.check(); err != nil {
				return err
			}
			switch {
			case policy:
				return writePlan(std, output, collector.Policy(f.scope()))
			case plan:
				return writePlan(std, output, planText(f.scope()))
			}
			return runCollect(cmd.Context(), std, f, output)
		},
	}
	f.register(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", "-", "`FILE` to write (.gz is packed), - for stdout; a folder for several accounts")
	cmd.Flags().BoolVar(&plan, "plan", false, "make no call: print every call that would be made, and the IAM policy for them")
	cmd.Flags().BoolVar(&policy, "iam-policy", false, "make no call: print the IAM policy alone, in JSON")
	cmd.MarkFlagsMutuallyExclusive("plan", "iam-policy")
	return cmd
}

func runCollect(ctx context.Context, std stdio, f *collectFlags, output string) error {
	to, err := f.target(std, "output", output)
	if err != nil {
		return err
	}
	h, err := f.collect(ctx, std, to)
	if err != nil {
		return err
	}
	return h.verdict()
}

func (f *collectFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.Profile, "profile", "", "`NAME` of a profile of the AWS configuration (default: AWS_PROFILE)")
	flags.StringVar(&f.Region, "region", "", "`REGION` for the calls about the whole account (default: the configured one)")
	flags.StringSliceVar(&f.Regions, "regions", nil, "read only these `REGIONS`: us-east-1,eu-west-1 (repeatable; default: all that are enabled)")
	flags.StringVar(&f.RoleARN, "role-arn", "", "assume the role of this `ARN` first")
	flags.StringVar(&f.ExternalID, "external-id", "", "the external `ID` that the roles ask for")
	flags.BoolVar(&f.organization, "organization", false, "read every active account of the organisation")
	flags.StringVar(&f.accountsFile, "accounts", "", "read the accounts in this `FILE`: an account id or a role's ARN a line")
	flags.StringVar(&f.roleName, "role-name", "", "`NAME` of the role to assume in each of several accounts")
	flags.IntVar(&f.Parallel, "parallel", 0, fmt.Sprintf("read `N` of several accounts at a time (default %d)", collector.DefaultParallel))
	flags.BoolVar(&f.resume, "resume", false, "keep the accounts that the folder holds complete, and read the others")
	flags.BoolVar(&f.AllLogGroups, "all-log-groups", false, "read every log group and metric filter, not only those of the trails")
	flags.StringVar(&f.redact, "redact", "", "`WHAT` is replaced by a hash: endpoints (the addresses of subscribers)")
	flags.StringVar(&f.keyFile, "redact-key-file", "", "`FILE` that holds the key of that hash (default: CISTERN_REDACT_KEY)")
	flags.DurationVar(&f.Timeout, "timeout", 0, fmt.Sprintf("`TIME` that one attempt of a call may take (default %v)", collector.DefaultTimeout))
	flags.BoolVar(&f.verbose, "verbose", false, "show each call on stderr")
	completeFrom(cmd, "redact", func() []string { return []string{redactEndpoints} })
}

const redactEndpoints = "endpoints"

// several tells whether more accounts than the caller's own are meant.
func (f *collectFlags) several() bool { return f.organization || f.accountsFile != "" }

// check refuses flags that cannot be meant, and reads the files that they name.
func (f *collectFlags) check() error {
	f.ToolVersion = version
	for _, check := range []func() error{f.checkEmpty, f.checkAccount, f.checkSeveral, f.checkRegions, f.checkRedaction} {
		if err := check(); err != nil {
			return err
		}
	}
	if f.accountsFile != "" {
		return f.checkListed()
	}
	return nil
}

// checkEmpty refuses a flag that says nothing, as one of an unset variable does: it must not mean the default.
func (f *collectFlags) checkEmpty() error {
	for _, flag := range []struct{ name, value string }{
		{"profile", f.Profile}, {"region", f.Region}, {"regions", strings.Join(f.Regions, "")}, {"role-arn", f.RoleARN}, {"external-id", f.ExternalID},
		{"accounts", f.accountsFile}, {"role-name", f.roleName}, {"redact", f.redact}, {"redact-key-file", f.keyFile},
	} {
		if f.given(flag.name) && flag.value == "" {
			return usageError(fmt.Errorf("--%s: is empty", flag.name), "leave it out, or give it a value")
		}
	}
	return nil
}

func (f *collectFlags) checkAccount() error {
	_, role := accountOfRole(f.RoleARN)
	switch {
	case f.RoleARN != "" && !role:
		return usageError(fmt.Errorf("--role-arn %s: not a role's ARN", f.RoleARN), "it is written arn:aws:iam::111122223333:role/NAME")
	case f.ExternalID != "" && f.RoleARN == "" && !f.several():
		return usageError(errors.New("--external-id: no role is assumed"), "it goes with --role-arn, --organization or --accounts")
	case f.given("timeout") && f.Timeout <= 0:
		return usageError(fmt.Errorf("--timeout %v: is no time at all", f.Timeout), "a time is written 30s or 2m")
	}
	return nil
}

func (f *collectFlags) checkSeveral() error {
	const goes = "it goes with --organization or --accounts FILE"
	switch {
	case f.organization && f.accountsFile != "":
		return usageError(errors.New("--organization and --accounts: both say which accounts"), "give one or the other")
	case f.organization && f.roleName == "":
		return usageError(errors.New("--organization: no role is named"), "--role-name NAME is the role to assume in each account")
	case f.roleName != "" && !f.several():
		return usageError(errors.New("--role-name: one account is read"), goes+"; --role-arn ARN assumes one role")
	case f.roleName != "" && !isRoleName(f.roleName):
		return usageError(fmt.Errorf("--role-name %s: not a role's name", f.roleName), "the name alone, as Audit; --accounts FILE takes ARNs")
	case f.resume && !f.several():
		return usageError(errors.New("--resume: one account is read"), goes)
	case f.given("parallel") && !f.several():
		return usageError(errors.New("--parallel: one account is read"), goes)
	case f.given("parallel") && f.Parallel < 1:
		return usageError(fmt.Errorf("--parallel %d: is less than one account", f.Parallel), "")
	}
	return nil
}

func (f *collectFlags) checkRegions() error {
	const written = "a region is written us-east-1"
	if f.Region != "" && !snapshots.IsRegion(f.Region) {
		return usageError(fmt.Errorf("--region %s: not a region", f.Region), written)
	}
	for i, region := range f.Regions {
		f.Regions[i] = strings.TrimSpace(region)
		if !snapshots.IsRegion(f.Regions[i]) {
			return usageError(fmt.Errorf("--regions: %q is not a region", region), written)
		}
	}
	return nil
}

// checkRedaction finds the key of the hash. A short one could be guessed, and with it the addresses.
func (f *collectFlags) checkRedaction() error {
	const least, variable = 16, "CISTERN_REDACT_KEY"
	const way = "head -c 32 /dev/urandom | base64 > key makes one; --redact-key-file key names it"
	switch {
	case f.redact == "" && f.keyFile != "":
		return usageError(errors.New("--redact-key-file: nothing is redacted"), "it goes with --redact endpoints")
	case f.redact == "":
		return nil
	case f.redact != redactEndpoints:
		return usageError(fmt.Errorf("--redact %s: there is none of this name", f.redact), "one of "+redactEndpoints)
	}
	key, from := []byte(os.Getenv(variable)), variable
	if f.keyFile != "" {
		text, err := os.ReadFile(f.keyFile)
		if err != nil {
			return readable(err)
		}
		key, from = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r")), f.keyFile
	}
	switch {
	case len(key) == 0 && f.keyFile == "":
		return usageError(errors.New("--redact endpoints: no key is named"), way)
	case len(key) < least:
		return usageError(fmt.Errorf("%s: read key: it has %s, fewer than %d", from, count(len(key), "byte"), least), way)
	}
	f.RedactKey = key
	return nil
}

// startError is why nothing was read at all.
func startError(err error) error {
	var start *collector.StartError
	if errors.As(err, &start) {
		return &exitError{code: exitFailed, err: fmt.Errorf("collect: %w", err), hint: start.Hint()}
	}
	return unwritable(err)
}

// collect reads the accounts into snapshots, and says what is missing in them.
func (f *collectFlags) collect(ctx context.Context, std stdio, to *target) (*harvest, error) {
	p := newProgress(std.err, f.verbose)
	defer p.end()
	f.Watch = p.watch
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(collector.MemoryLimit)) // soft: what garbage is left is collected sooner
	session, err := collector.Open(ctx, f.Options)
	if err != nil {
		return nil, startError(err)
	}
	h := &harvest{flags: f, to: to, progress: p}
	if f.several() {
		err = h.several(ctx, session)
	} else {
		err = h.own(ctx, session)
	}
	p.end()
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, h.interrupted()
	case err != nil:
		if h.total > 0 {
			say(std.err, "note: ", h.sofar())
		}
		return nil, startError(err)
	}
	h.tell(std)
	return h, nil
}
