package evidence

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
)

// The most that a bundle may hold. A zip archive of more would need its 64-bit form.
const (
	maxFiles = 65_000
	maxBytes = 4<<30 - 64<<20
	maxName  = 4096
)

// Signatures of the parts of a zip archive, and what each header says besides names, sizes and checksums: version 2.0, names in UTF-8,
// stored, 1980-01-01 00:00, a plain file that its owner may write.
const (
	localMark, centralMark, endMark = 0x04034b50, 0x02014b50, 0x06054b50
	localSize, centralSize, endSize = 30, 46, 22

	zipVersion = 20
	madeOnUnix = 3<<8 | zipVersion
	utf8Names  = 0x800
	firstDay   = 0x21
	plainFile  = 0o100644 << 16
)

// Zip is the bundle as a zip archive: the same files give the same bytes. Nothing in it is compressed, so that every byte of it is one of
// a file, or follows from the files, and no archive can be a bomb.
func (b Bundle) Zip() ([]byte, error) {
	var out, directory []byte
	names := b.names()
	if problems := checkNames(names); len(problems) > 0 {
		return nil, &NameError{problems[0].File, problems[0].Problem}
	}
	var total int64
	for _, name := range names {
		total += int64(len(b[name]) + 2*len(name) + localSize + centralSize)
	}
	if total > maxBytes || len(names) > maxFiles {
		return nil, fmt.Errorf("%d files, %d bytes: more than a zip archive holds; write the bundle to a folder", len(names), total)
	}
	le := binary.LittleEndian
	for _, name := range names {
		text, at := b[name], len(out)
		header := le.AppendUint16(nil, zipVersion)
		header = le.AppendUint16(header, utf8Names)
		header = le.AppendUint16(header, 0) // stored
		header = le.AppendUint16(header, 0) // midnight
		header = le.AppendUint16(header, firstDay)
		header = le.AppendUint32(header, crc32.ChecksumIEEE(text))
		header = le.AppendUint32(header, uint32(len(text)))
		header = le.AppendUint32(header, uint32(len(text)))
		header = le.AppendUint16(header, uint16(len(name)))
		header = le.AppendUint16(header, 0) // no extra field

		out = append(le.AppendUint32(out, localMark), header...)
		out = append(append(out, name...), text...)

		directory = le.AppendUint16(le.AppendUint32(directory, centralMark), madeOnUnix)
		directory = append(directory, header...)
		directory = append(directory, make([]byte, 6)...) // no comment, first disk, no attributes
		directory = le.AppendUint32(directory, plainFile)
		directory = append(le.AppendUint32(directory, uint32(at)), name...)
	}
	at := len(out)
	out = le.AppendUint32(append(out, directory...), endMark)
	out = le.AppendUint32(out, 0) // first disk
	out = le.AppendUint16(out, uint16(len(names)))
	out = le.AppendUint16(out, uint16(len(names)))
	out = le.AppendUint32(out, uint32(len(directory)))
	out = le.AppendUint32(out, uint32(at))
	return le.AppendUint16(out, 0), nil // no comment
}

// reader is the bundle as a file system.
func (b Bundle) reader() (fs.FS, error) {
	text, err := b.Zip()
	if err != nil {
		return nil, err
	}
	return zip.NewReader(bytes.NewReader(text), int64(len(text)))
}

// ReadZip reads an archive that Zip wrote, and no other: any byte of it that is not as written is a problem, and named.
func ReadZip(text []byte) (Bundle, []Problem) {
	b := Bundle{}
	at := 0
	last, starts := "", map[string]int{}
	for at+4 <= len(text) && binary.LittleEndian.Uint32(text[at:]) == localMark {
		name, content, err := readEntry(text, at)
		switch {
		case err != nil:
			return nil, []Problem{{File: name, Problem: fmt.Sprintf("archive, byte %d: %v", at, err)}}
		case len(b) > 0 && name <= last:
			return nil, []Problem{{File: name, Problem: fmt.Sprintf("archive, byte %d: is there twice, or not in order after %q", at, last)}}
		case len(b) >= maxFiles:
			return nil, []Problem{{File: name, Problem: fmt.Sprintf("archive, byte %d: there are more than %d files", at, maxFiles)}}
		}
		b[name], last, starts[readableName(name)] = content, name, at
		at += localSize + len(name) + len(content)
	}
	if at == 0 {
		return nil, []Problem{{Problem: "archive, byte 0: no file begins here: not a zip archive of a bundle, or something was put before it"}}
	}
	if at+4 > len(text) || binary.LittleEndian.Uint32(text[at:]) != centralMark {
		return nil, []Problem{{Problem: fmt.Sprintf("archive, byte %d: neither a file nor the directory begins here, after %s", at, last)}}
	}
	if problems := checkNames(b.names()); len(problems) > 0 {
		for i, p := range problems {
			problems[i].Problem = fmt.Sprintf("archive, byte %d: %s", starts[p.File], p.Problem)
		}
		return nil, problems
	}
	whole, err := b.Zip()
	if err != nil {
		return nil, []Problem{{Problem: err.Error()}}
	}
	if bytes.Equal(whole, text) {
		return b, nil
	}
	return nil, []Problem{b.misplaced(whole, text)}
}

// misplaced says where an archive is not as it is written.
func (b Bundle) misplaced(whole, text []byte) Problem {
	i := differAt(whole, text)
	p := Problem{Expected: byteAt(whole, i), Found: byteAt(text, i)}
	if i == len(whole) {
		p.Problem = fmt.Sprintf("archive, byte %d: something follows the archive's end", i)
		return p
	}
	at := 0
	for _, name := range b.names() {
		begin := at
		at += localSize + len(name) + len(b[name])
		if i < at {
			p.File, p.Problem = name, fmt.Sprintf("archive, byte %d: its header is not as it was written", i)
			if i >= begin+localSize+len(name) {
				p.Problem = fmt.Sprintf("archive, byte %d: its content is not as it was written", i)
			}
			return p
		}
	}
	for _, name := range b.names() {
		if at += centralSize + len(name); i < at {
			p.File, p.Problem = name, fmt.Sprintf("archive, byte %d: its entry in the directory is not as it was written", i)
			return p
		}
	}
	p.Problem = fmt.Sprintf("archive, byte %d: the archive's end record is not as it was written", i)
	return p
}

// readEntry reads the file whose header begins there.
func readEntry(text []byte, at int) (name string, content []byte, err error) {
	rest := text[at:]
	if len(rest) < localSize {
		return "", nil, errors.New("the archive ends in a header")
	}
	le := binary.LittleEndian
	nameSize, extra := int(le.Uint16(rest[26:])), int(le.Uint16(rest[28:]))
	packed, size := int64(le.Uint32(rest[18:])), int64(le.Uint32(rest[22:]))
	if localSize+nameSize > len(rest) {
		return "", nil, errors.New("the archive ends in a name")
	}
	name = string(rest[localSize : localSize+nameSize])
	if le.Uint16(rest[8:]) != 0 {
		return name, nil, errors.New("is compressed; the archive of a bundle is not: unpack it and check the folder")
	}
	if extra != 0 || packed != size {
		return name, nil, errors.New("its header is not as it was written")
	}
	rest = rest[localSize+nameSize:]
	if size > int64(len(rest)) {
		return name, nil, fmt.Errorf("its header says %d bytes, and the archive holds %d more", size, len(rest))
	}
	content = rest[:size:size]
	if sum := le.Uint32(text[at+14:]); crc32.ChecksumIEEE(content) != sum {
		return name, nil, fmt.Errorf("its content is not that of its checksum (CRC %08x, found %08x)", sum, crc32.ChecksumIEEE(content))
	}
	return name, content, nil
}

// differAt is the first byte at which two texts differ.
func differAt(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

func byteAt(text []byte, i int) string {
	if i >= len(text) {
		return "the end"
	}
	return fmt.Sprintf("0x%02x", text[i])
}

// firstDifference says where found differs from want.
func firstDifference(want, found []byte) string {
	i := differAt(want, found)
	line := 1 + bytes.Count(want[:i], []byte("\n"))
	return fmt.Sprintf("at byte %d (line %d): expected %s, found %s", i, line, byteAt(want, i), byteAt(found, i))
}
