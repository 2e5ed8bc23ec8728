package snapshots

import "github.com/cistern-audit/cistern/snapshots/octets"

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
type lately [1 << latelySize]string

const latelySize = 9

// of is the text as a string.
func (l *lately) of(text []byte) string {
	const longest = 128
	if len(text) == 0 || len(text) > longest {
		return string(text)
	}
	known := &l[octets.Place(text, latelySize)]
	if *known != string(text) {
		*known = string(text)
	}
	return *known
}
