package main

import (
	"crypto/rand"
	"fmt"
	"iter"
	mathrand "math/rand/v2"
)

// table stands for a data store that is too large for the memory.
type table []record

type record struct {
	key    string
	v1, v2 int
}

// generate makes n records of random values.
func generate(n int) table {
	var t table
	for range n {
		t = append(t, record{rand.Text()[:8], 1 + mathrand.IntN(50), 1 + mathrand.IntN(50)})
	}
	return t
}

// withV1 selects the records of which v1 is n.
func (t table) withV1(n int) iter.Seq[record] {
	return func(yield func(record) bool) {
		for _, r := range t {
			if r.v1 == n && !yield(r) {
				return
			}
		}
	}
}

func (r record) line() string { return fmt.Sprintf("%s,%d,%d\r\n", r.key, r.v1, r.v2) }
