package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadAccounts(t *testing.T) {
	const role = "arn:aws:iam::111122223333:role/path/to/Audit"
	for _, c := range []struct{ name, text, want string }{
		{"ids", "111122223333\n444455556666", "111122223333@1 444455556666@2"},
		{"a role", role, "111122223333/" + role + "@1"},
		{"an id and its role", "111122223333\t" + role + " # ours", "111122223333/" + role + "@1"},
		{"another partition", "arn:aws-us-gov:iam::111122223333:role/A", "111122223333/arn:aws-us-gov:iam::111122223333:role/A@1"},
		{"comments and blank lines", "# a\r\n\r\n 111122223333 # b\r\n", "111122223333@3"},
		{"byte order mark", "\ufeff111122223333\n", "111122223333@1"},
		{"nothing", "\n# none\n", "list: read accounts: there are none"},
		{"eleven digits", "\n11122223333", `list:2: "11122223333": is neither an account id nor a role's ARN`},
		{"a user's ARN", "arn:aws:iam::111122223333:user/a", `list:1: "arn:aws:iam::111122223333:user/a": is neither an account id nor a role's ARN`},
		{"no role's ARN", "111122223333 Audit", `list:1: "Audit": is not a role's ARN`},
		{"role of another account", "444455556666 " + role, `list:1: "444455556666": is not the account of role ` + role},
		{"three things", "111122223333 " + role + " prod", `list:1: "prod": is one thing too many`},
		{"twice", "111122223333\n444455556666\n" + role, "list:3: account 111122223333: is on line 1 already"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "list")
			if err := os.WriteFile(file, []byte(c.text), 0o666); err != nil {
				t.Fatal(err)
			}
			all, err := readAccounts(file)
			var parts []string
			for _, a := range all {
				part := a.id
				if a.role != "" {
					part += "/" + a.role
				}
				parts = append(parts, fmt.Sprintf("%s@%d", part, a.line))
			}
			got := strings.Join(parts, " ")
			if err != nil {
				got = strings.TrimPrefix(err.Error(), filepath.Dir(file)+string(filepath.Separator))
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
