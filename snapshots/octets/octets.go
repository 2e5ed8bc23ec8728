// Package octets looks at the bytes of a text eight at once, where one by one takes too long: in snapshots, of which most is blanks and
// names that are there again.
package octets

import (
	"encoding/binary"
	"math/bits"
)

// Blanks counts the spaces with which a text begins. It may leave out up to seven with which the text ends, too.
func Blanks(text []byte) int {
	const eight = 0x2020202020202020
	n := 0
	for ; n+8 <= len(text); n += 8 {
		if x := binary.LittleEndian.Uint64(text[n:]) ^ eight; x != 0 {
			return n + bits.TrailingZeros64(x)/8
		}
	}
	return n
}

// Place is one of 1<<size places for a text, by its length and at most 24 of its bytes: the same for the same text, and mostly another for
// another name.
func Place(text []byte, size int) uint64 {
	const spread = 0x9e3779b97f4a7c15
	n := len(text)
	mix := uint64(n)
	if n < 8 {
		for _, c := range text {
			mix = mix<<8 | uint64(c)
		}
	} else {
		mix ^= binary.LittleEndian.Uint64(text) ^ bits.RotateLeft64(binary.LittleEndian.Uint64(text[n/2-4:]), 21) ^
			bits.RotateLeft64(binary.LittleEndian.Uint64(text[n-8:]), 42)
	}
	return mix * spread >> (64 - size)
}
