package evidence

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ReadFolder reads a bundle that was unpacked: plain files only, and no folder without any.
func ReadFolder(folder fs.FS) (Bundle, []Problem, error) {
	b, folders := Bundle{}, map[string]bool{}
	var problems []Problem
	var total int64
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !utf8.ValidString(name):
			problems = append(problems, Problem{File: readableName(name), Problem: "its name is not UTF-8"})
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
			folders[name] = false
			return nil
		case !entry.Type().IsRegular():
			problems = append(problems, Problem{File: name, Problem: "is a link or a device, not a file"})
		default:
			info, err := entry.Info()
			if err != nil {
				return err
			}
			if total += info.Size(); total > maxBytes || len(b) >= maxFiles {
				return fmt.Errorf("%s: there are more than %d files or %d bytes", name, maxFiles, int64(maxBytes))
			}
			if b[name], err = fs.ReadFile(folder, name); err != nil {
				return err
			}
		}
		for dir := path.Dir(name); ; dir = path.Dir(dir) {
			folders[dir] = true
			if dir == "." {
				return nil
			}
		}
	})
	if err != nil {
		return nil, nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(folders)) {
		if !folders[name] && name != "." {
			problems = append(problems, Problem{File: name, Problem: "is a folder without a file"})
		}
	}
	return b, append(problems, checkNames(b.names())...), nil
}

// checkNames finds names that mean another place, or the same file on some system.
func checkNames(names []string) []Problem {
	var problems []Problem
	twins, folders := map[string]string{}, map[string]string{}
	wrong := func(name, problem string) { problems = append(problems, Problem{File: name, Problem: problem}) }
	for _, name := range names {
		if !utf8.ValidString(name) {
			wrong(readableName(name), "its name is not UTF-8")
			continue
		}
		if !safeName(name) {
			wrong(name, "is no name of a file below the bundle's root")
			continue
		}
		lower := folded(name)
		if twin, ok := twins[lower]; ok {
			wrong(name, fmt.Sprintf("is the same name as %s where case does not matter", twin))
		}
		twins[lower] = name
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if twin, ok := folders[folded(dir)]; ok && twin != dir {
				wrong(name, fmt.Sprintf("lies in a folder of the same name as %s where case does not matter", twin))
			}
			folders[folded(dir)] = dir
		}
	}
	for _, name := range names {
		if dir, ok := folders[folded(name)]; ok {
			wrong(name, fmt.Sprintf("is a file, and %s a folder", dir))
		}
	}
	return problems
}

// readableName is a name, quoted if it is no text.
func readableName(name string) string {
	if utf8.ValidString(name) {
		return name
	}
	return strconv.QuoteToASCII(name)
}

// folded is alike for names that differ in case alone; also for letters that are the same in one case only, as the Kelvin sign and k.
func folded(name string) string { return strings.ToLower(strings.ToUpper(name)) }

// safeName tells whether a name is that of a file below the root, on any system.
func safeName(name string) bool {
	unsafe := func(r rune) bool { return r < ' ' || r == 0x7f || strings.ContainsRune(`\:*?"<>|`, r) || r == '\ufffd' }
	if !fs.ValidPath(name) || name == "." || len(name) > maxName || strings.ContainsFunc(name, unsafe) {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasSuffix(part, ".") || strings.HasSuffix(part, " ") || strings.HasPrefix(part, " ") {
			return false
		}
	}
	return true
}
