package websocket_test

import (
	"fmt"
	"math/bits"
)

// narrowInflater is a peer that keeps a window of size bytes and not one
// more. It reads DEFLATE (RFC 1951) bit by bit and refuses each distance
// beyond the window, which the standard library would let pass.
type narrowInflater struct {
	size   int
	window []byte // what came before

	in  string
	bit int
	out []byte // window and message
}

func (w *narrowInflater) inflate(payload string) (message string, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("at bit %d: %v", w.bit, value)
		}
	}()
	w.in, w.bit, w.out = payload+tail, 0, append([]byte(nil), w.window...)
	for w.bit < 8*len(w.in) {
		w.block()
	}
	message = string(w.out[len(w.window):])
	w.window = w.out[max(0, len(w.out)-w.size):]
	return message, nil
}

// take reads an n-bit number, its low bit first.
func (w *narrowInflater) take(n int) (v int) {
	for i := range n {
		v |= int(w.in[w.bit/8]>>(w.bit%8)&1) << i
		w.bit++
	}
	return v
}

func (w *narrowInflater) block() {
	if w.take(1) == 1 {
		panic("the server set BFINAL")
	}
	switch w.take(2) {
	case 0:
		w.bit = (w.bit + 7) &^ 7
		n := w.take(16)
		w.take(16)
		for range n {
			w.out = append(w.out, byte(w.take(8)))
		}
	case 1:
		w.symbols(fixed())
	case 2:
		w.symbols(w.dynamic())
	default:
		panic("block type 3")
	}
}

// code is a prefix code: from each code, with a one bit before it, to its symbol.
type code map[int]int

// newCode gives codes to lengths in the canonical order (section 3.2.2).
func newCode(lengths []int) code {
	c, next := code{}, 0
	for n := 1; n < 16; n++ {
		for symbol, length := range lengths {
			if length == n {
				c[1<<n|next] = symbol
				next++
			}
		}
		next <<= 1
	}
	return c
}

func (w *narrowInflater) symbol(c code) int {
	for key := 1; bits.Len(uint(key)) < 17; {
		key = key<<1 | w.take(1)
		if symbol, ok := c[key]; ok {
			return symbol
		}
	}
	panic("no such code")
}

func fixed() (literals, distances code) {
	lengths := make([]int, 288)
	for i := range lengths {
		lengths[i] = 8
		if i >= 144 && i < 256 {
			lengths[i] = 9
		} else if i >= 256 && i < 280 {
			lengths[i] = 7
		}
	}
	five := make([]int, 30)
	for i := range five {
		five[i] = 5
	}
	return newCode(lengths), newCode(five)
}

// dynamic reads the codes of a block (section 3.2.7).
func (w *narrowInflater) dynamic() (literals, distances code) {
	nLiterals, nDistances, nLengths := w.take(5)+257, w.take(5)+1, w.take(4)+4
	order := []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
	lengths := make([]int, 19)
	for _, i := range order[:nLengths] {
		lengths[i] = w.take(3)
	}
	of := newCode(lengths)
	var all []int
	for len(all) < nLiterals+nDistances {
		value, times := w.symbol(of), 1
		switch value {
		case 16:
			value, times = all[len(all)-1], 3+w.take(2)
		case 17:
			value, times = 0, 3+w.take(3)
		case 18:
			value, times = 0, 11+w.take(7)
		}
		for range times {
			all = append(all, value)
		}
	}
	return newCode(all[:nLiterals]), newCode(all[nLiterals:])
}

// symbols reads up to the end of the block (section 3.2.5).
func (w *narrowInflater) symbols(literals, distances code) {
	for {
		switch symbol := w.symbol(literals); {
		case symbol < 256:
			w.out = append(w.out, byte(symbol))
		case symbol == 256:
			return
		default:
			w.repeat(w.length(symbol-257), w.distance(w.symbol(distances)))
		}
	}
}

func (w *narrowInflater) length(symbol int) int {
	switch {
	case symbol < 8:
		return 3 + symbol
	case symbol == 28:
		return 258
	}
	extra := symbol/4 - 1
	return 3 + (4+symbol%4)<<extra + w.take(extra)
}

func (w *narrowInflater) distance(symbol int) int {
	if symbol < 4 {
		return 1 + symbol
	}
	extra := symbol/2 - 1
	return 1 + (2+symbol%2)<<extra + w.take(extra)
}

func (w *narrowInflater) repeat(length, distance int) {
	if distance > w.size || distance > len(w.out) {
		panic(fmt.Sprintf("distance %d in a window of %d bytes", distance, min(w.size, len(w.out))))
	}
	for range length {
		w.out = append(w.out, w.out[len(w.out)-distance])
	}
}
