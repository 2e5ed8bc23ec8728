package snapshots

import (
	"encoding/binary"
	"math/bits"
)

// block has room for some values of a type: so many small ones at once cost less than one by one.
type block[T any] []T

func (b *block[T]) put(value T) *T {
	const room = 16
	if len(*b) == 0 {
		*b = make([]T, room)
	}
	p := &(*b)[0]
	*p, *b = value, (*b)[1:]
	return p
}

// lately are the texts that were read last: most of a snapshot's are there again, the names of regions, of metrics and of topics.
type lately [512]string

// of is the letters as a text.
func (l *lately) of(letters []byte) string {
	const longest, spread = 128, 0x9e3779b97f4a7c15
	n := len(letters)
	if n == 0 || n > longest {
		return string(letters)
	}
	mix := uint64(n)
	if n < 8 {
		for _, c := range letters {
			mix = mix<<8 | uint64(c)
		}
	} else {
		mix ^= binary.LittleEndian.Uint64(letters) ^ bits.RotateLeft64(binary.LittleEndian.Uint64(letters[n/2-4:]), 21) ^
			bits.RotateLeft64(binary.LittleEndian.Uint64(letters[n-8:]), 42)
	}
	slot := &l[mix*spread>>55]
	if *slot != string(letters) {
		*slot = string(letters)
	}
	return *slot
}
