package main

import (
	"fmt"
	"io"
	"os"
	"slices"
)

// spare refuses an output that is one of the inputs, by whatever name and through whatever links, before anything is read: whoever wrote
// there would lose what was judged. Of a folder of inputs, its snapshot files count.
func spare(stdin io.Reader, outputs []output, inputs []string) error {
	written := map[string]os.FileInfo{}
	for _, out := range outputs {
		if info, err := os.Stat(out.file); out.file != "-" && err == nil && info.Mode().IsRegular() {
			written[out.file] = info
		}
	}
	if len(written) == 0 {
		return nil
	}
	for _, input := range inputs {
		files := []string{input}
		if info, err := os.Stat(input); err == nil && info.IsDir() {
			if files, err = snapshotsBelow(input); err != nil {
				return err
			}
		}
		for _, file := range files {
			read, ok := statInput(stdin, file)
			if !ok {
				continue // what is wrong with it is said when it is read
			}
			for _, out := range outputs {
				if info := written[out.file]; info != nil && os.SameFile(info, read) {
					return usageError(fmt.Errorf("--output %s: is an input, too%s", out.file, otherwise(file, out.file)), "name another file: what is read is not written over")
				}
			}
		}
	}
	return nil
}

// otherwise says by what name the input was found, if it is another.
func otherwise(file, output string) string {
	switch file {
	case output:
		return ""
	case "-":
		return ": stdin"
	}
	return ": " + file
}

func statInput(stdin io.Reader, name string) (os.FileInfo, bool) {
	if name != "-" {
		info, err := os.Stat(name)
		return info, err == nil
	}
	file, ok := stdin.(*os.File)
	if !ok {
		return nil, false
	}
	info, err := file.Stat()
	return info, err == nil
}

// named are the files that the flags name, and that are read. Folders of policies are not looked through.
func (f *evaluateFlags) named() []string {
	all := []string{f.waivers, f.parameters, f.benchmark, f.key}
	for _, name := range f.policies {
		if !isFolder(name) {
			all = append(all, name)
		}
	}
	return slices.DeleteFunc(all, func(name string) bool { return name == "" })
}

// spareInputs refuses an output that is one of the snapshots, or a file that a flag names.
func (f *evaluateFlags) spareInputs(std stdio, paths []string) error {
	outputs, err := f.all()
	if err != nil {
		return err
	}
	return spare(std.in, outputs, append(f.named(), paths...))
}
