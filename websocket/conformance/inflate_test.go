package conformance

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	errShort = errors.New("inflate: unexpected end")
	errCode  = errors.New("inflate: bad code")
)

// inflateWithin inflates stream, octet by octet, with a window of that many
// bytes, of which history is what went before. Unlike the library's reader,
// which always has 32 KiB, it refuses a distance beyond the window.
func inflateWithin(window int, history, stream []byte) ([]byte, error) {
	s := &strictInflater{bits: bitReader{in: stream}, window: window, out: bytes.Clone(history)}
	for {
		final, err := s.block()
		if err != nil {
			return nil, err
		}
		if final {
			return s.out[len(history):], nil
		}
	}
}

// bitReader takes bits from the low end of each octet (RFC 1951, section 3.1.1).
type bitReader struct {
	in    []byte
	held  uint32
	count uint
}

func (b *bitReader) take(n uint) (int, error) {
	for b.count < n {
		if len(b.in) == 0 {
			return 0, errShort
		}
		b.held |= uint32(b.in[0]) << b.count
		b.in = b.in[1:]
		b.count += 8
	}
	v := b.held & (1<<n - 1)
	b.held >>= n
	b.count -= n
	return int(v), nil
}

// huffman is a canonical code: how many codes there are of each length, and the
// symbols in their order (RFC 1951, section 3.2.2).
type huffman struct {
	counts  [16]int
	symbols []int
}

func newHuffman(lengths []int) *huffman {
	h := &huffman{}
	for n := range h.counts {
		for symbol, length := range lengths {
			if length == n && n > 0 {
				h.counts[n]++
				h.symbols = append(h.symbols, symbol)
			}
		}
	}
	return h
}

func (h *huffman) next(b *bitReader) (int, error) {
	code, first, index := 0, 0, 0
	for n := 1; n < len(h.counts); n++ {
		bit, err := b.take(1)
		if err != nil {
			return 0, err
		}
		code |= bit
		if count := h.counts[n]; code < first+count {
			return h.symbols[index+code-first], nil
		}
		index += h.counts[n]
		first = (first + h.counts[n]) << 1
		code <<= 1
	}
	return 0, errCode
}

// The bases and extra bits of RFC 1951, section 3.2.5.
var (
	lengthBase    = []int{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthExtra   = []uint{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distanceBase  = []int{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
	distanceExtra = []uint{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}

	fixedLiterals, fixedDistances = fixedCodes()
)

func fixedCodes() (literals, distances *huffman) {
	lengths := make([]int, 288)
	for i := range lengths {
		switch {
		case i < 144, i >= 280:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		default:
			lengths[i] = 7
		}
	}
	return newHuffman(lengths), newHuffman(bytesToInts(bytes.Repeat([]byte{5}, 30)))
}

func bytesToInts(list []byte) []int {
	ints := make([]int, len(list))
	for i, b := range list {
		ints[i] = int(b)
	}
	return ints
}

type strictInflater struct {
	bits   bitReader
	window int
	out    []byte
}

// block reads one block, and tells whether it was the last.
func (s *strictInflater) block() (final bool, err error) {
	header, err := s.bits.take(3)
	if err != nil {
		return false, err
	}
	switch header >> 1 {
	case 0:
		err = s.stored()
	case 1:
		err = s.compressed(fixedLiterals, fixedDistances)
	case 2:
		err = s.dynamic()
	default:
		err = errors.New("inflate: reserved block type")
	}
	return header&1 == 1, err
}

func (s *strictInflater) stored() error {
	s.bits.held, s.bits.count = 0, 0
	in := s.bits.in
	if len(in) < 4 {
		return errShort
	}
	n := int(in[0]) | int(in[1])<<8
	if n^0xFFFF != int(in[2])|int(in[3])<<8 {
		return errors.New("inflate: stored length")
	}
	if len(in) < 4+n {
		return errShort
	}
	s.out = append(s.out, in[4:4+n]...)
	s.bits.in = in[4+n:]
	return nil
}

// dynamic reads the codes of a block, and the block (RFC 1951, section 3.2.7).
func (s *strictInflater) dynamic() error {
	sizes, err := s.bits.take(14)
	if err != nil {
		return err
	}
	literals, distances, codes := 257+sizes&31, 1+sizes>>5&31, 4+sizes>>10
	meta := make([]int, 19)
	for _, symbol := range []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}[:codes] {
		if meta[symbol], err = s.bits.take(3); err != nil {
			return err
		}
	}
	lengths, err := s.lengths(newHuffman(meta), literals+distances)
	if err != nil {
		return err
	}
	return s.compressed(newHuffman(lengths[:literals]), newHuffman(lengths[literals:]))
}

// lengths reads n code lengths, themselves run-length encoded and coded.
func (s *strictInflater) lengths(code *huffman, n int) ([]int, error) {
	var lengths []int
	for len(lengths) < n {
		symbol, err := code.next(&s.bits)
		if err != nil {
			return nil, err
		}
		if symbol < 16 {
			lengths = append(lengths, symbol)
			continue
		}
		run := []struct {
			bits uint
			base int
		}{{2, 3}, {3, 3}, {7, 11}}[symbol-16]
		again, err := s.bits.take(run.bits)
		if err != nil {
			return nil, err
		}
		value := 0
		if symbol == 16 {
			if len(lengths) == 0 {
				return nil, errCode
			}
			value = lengths[len(lengths)-1]
		}
		for range run.base + again {
			lengths = append(lengths, value)
		}
	}
	if len(lengths) > n {
		return nil, errCode
	}
	return lengths, nil
}

func (s *strictInflater) compressed(literals, distances *huffman) error {
	for {
		symbol, err := literals.next(&s.bits)
		switch {
		case err != nil:
			return err
		case symbol == 256:
			return nil
		case symbol < 256:
			s.out = append(s.out, byte(symbol))
		default:
			if err := s.copy(symbol-257, distances); err != nil {
				return err
			}
		}
	}
}

func (s *strictInflater) copy(symbol int, distances *huffman) error {
	length, err := s.extended(symbol, lengthBase, lengthExtra)
	if err != nil {
		return err
	}
	if symbol, err = distances.next(&s.bits); err != nil {
		return err
	}
	distance, err := s.extended(symbol, distanceBase, distanceExtra)
	if err != nil {
		return err
	}
	if distance > s.window || distance > len(s.out) {
		return fmt.Errorf("inflate: distance %d, window %d, %d bytes so far", distance, s.window, len(s.out))
	}
	for range length {
		s.out = append(s.out, s.out[len(s.out)-distance])
	}
	return nil
}

func (s *strictInflater) extended(symbol int, base []int, extra []uint) (int, error) {
	if symbol >= len(base) {
		return 0, errCode
	}
	more, err := s.bits.take(extra[symbol])
	return base[symbol] + more, err
}

// The strict inflater agrees with the library, except that it minds the window.
func TestInflateWithin(t *testing.T) {
	for _, data := range corpora() {
		for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, flate.BestSpeed, flate.BestCompression} {
			var packed bytes.Buffer
			w, err := flate.NewWriter(&packed, level)
			require.NoError(t, err)
			_, err = io.WriteString(w, data.content)
			require.NoError(t, err)
			require.NoError(t, w.Close())
			plain, err := inflateWithin(1<<15, nil, packed.Bytes())
			require.NoError(t, err, "%s at level %d", data.name, level)
			assert.Equal(t, data.content, string(plain), "%s at level %d", data.name, level)
		}
	}
}

func TestInflateWithinRefusesDistance(t *testing.T) {
	// Twice the same 600 random bytes: the second is a copy from 600 back.
	once := pdfCorpus().slice(0, 600)
	packed, err := newDeflater(&agreement{clientBits: 15, clientReset: true}).message(append(once, once...))
	require.NoError(t, err)
	stream := append(packed, tail+"\x01\x00\x00\xff\xff"...)
	_, err = inflateWithin(600, nil, stream)
	require.NoError(t, err)
	_, err = inflateWithin(599, nil, stream)
	assert.ErrorContains(t, err, "distance 600, window 599")

	// A copy from before the message needs the history.
	packed, err = newDeflater(&agreement{clientBits: 15, clientReset: true}).message(once)
	require.NoError(t, err)
	stream = append(packed, tail+"\x01\x00\x00\xff\xff"...)
	for n := range stream {
		_, err = inflateWithin(1<<15, nil, stream[:n])
		require.ErrorIs(t, err, errShort, "cut at %d", n)
	}
}
