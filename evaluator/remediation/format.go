package remediation

import (
	"fmt"
	"io"
	"strings"
)

// Format is one way to write a plan that somebody can make changes with.
type Format struct {
	Name   string
	About  string
	Ending string // of files of that format: ".sh"
	// write writes one account's plan. Its changes come in the order in which they must be made, and texts may hold variables: Text
	// takes them apart. What it writes must be safe whatever the names in it are, for they come from a stranger's account: nothing of
	// a comment may end up outside it, nothing of a text may be run. A plan without changes gives a file that says so.
	write func(io.Writer, *Plan) error
}

// Formats are all of them.
func Formats() []Format {
	return []Format{
		{"aws-cli", "a bash script of AWS CLI calls", ".sh", writeShell},
		{"terraform", "a configuration of Terraform, with imports of what is there", ".tf", writeTerraform},
		{"cloudformation", "a template of CloudFormation for a stack in each region", ".yaml", writeCloudFormation},
	}
}

// File is the name of an account's file in a folder. Terraform takes all files of a folder for one, so that each gets a folder of its own.
func (f Format) File(account string) string {
	if f.Name == "terraform" {
		return account + "/main" + f.Ending
	}
	return account + f.Ending
}

// FormatNames are the names of all formats, "aws-cli, terraform".
func FormatNames() string {
	var names []string
	for _, f := range Formats() {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// FormatOf is the format of that name.
func FormatOf(name string) (Format, bool) {
	for _, f := range Formats() {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}

// Write writes a plan in the format of that name.
func Write(w io.Writer, name string, p *Plan) error {
	f, ok := FormatOf(name)
	if !ok {
		return fmt.Errorf("format %s: not one of %s", name, FormatNames())
	}
	return f.write(w, p)
}
