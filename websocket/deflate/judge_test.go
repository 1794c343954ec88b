package deflate

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	klauspost "github.com/klauspost/compress/flate"
	"github.com/stretchr/testify/require"
)

// judge is a slow and simple inflater, written from RFC 1951, that shares nothing
// with the package. It rejects distances beyond the agreed window, which the
// libraries accept.
type judge struct {
	history  []byte
	window   int // bytes
	takeover bool
	lenient  bool   // accepts incomplete codes
	farthest int    // greatest distance
	blocks   [3]int // number of stored, fixed and dynamic blocks
}

func newJudge(windowBits int, takeover bool) *judge {
	return &judge{window: 1 << windowBits, takeover: takeover}
}

var errJudge = errors.New("judge")

// message inflates a message.
func (j *judge) message(data []byte) (out []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(error)
			if !ok || !errors.Is(e, errJudge) {
				panic(r)
			}
			err = e
		}
	}()
	if !j.takeover {
		j.history = nil
	}
	before := len(j.history)
	in := &bitReader{data: append(bytes.Clone(data), 0, 0, 0xff, 0xff)}
	for in.at < len(in.data)*8 {
		j.block(in)
	}
	out = bytes.Clone(j.history[before:])
	j.history = j.history[max(0, len(j.history)-j.window):]
	return out, nil
}

type bitReader struct {
	data []byte
	at   int
}

func (r *bitReader) bit() int {
	if r.at >= len(r.data)*8 {
		panic(fmt.Errorf("%w: cut short", errJudge))
	}
	b := r.data[r.at/8] >> (r.at % 8) & 1
	r.at++
	return int(b)
}

func (r *bitReader) number(n int) (v int) {
	for i := range n {
		v |= r.bit() << i
	}
	return v
}

// prefixCode maps codes, prefixed with a 1 bit, to symbols.
type prefixCode []int

func newPrefixCode(lengths []int) prefixCode {
	longest := 0
	for _, n := range lengths {
		longest = max(longest, n)
	}
	c := make(prefixCode, 2<<longest)
	for i := range c {
		c[i] = -1
	}
	code := 0
	for n := 1; n <= longest; n++ {
		for symbol, l := range lengths {
			if l == n {
				c[1<<n|code] = symbol
				code++
			}
		}
		code <<= 1
	}
	return c
}

func (c prefixCode) read(r *bitReader) int {
	for key := 1; 2*key < len(c); {
		key = key<<1 | r.bit()
		if c[key] >= 0 {
			return c[key]
		}
	}
	panic(fmt.Errorf("%w: no such code", errJudge))
}

func (j *judge) block(r *bitReader) {
	if r.bit() == 1 {
		panic(fmt.Errorf("%w: BFINAL", errJudge))
	}
	kind := r.number(2)
	if kind == 3 {
		panic(fmt.Errorf("%w: block type 3", errJudge))
	}
	j.blocks[kind]++
	switch kind {
	case 0:
		r.at = (r.at + 7) / 8 * 8
		n := r.number(16)
		if r.number(16) != n^0xffff {
			panic(fmt.Errorf("%w: stored length", errJudge))
		}
		for range n {
			j.history = append(j.history, byte(r.number(8)))
		}
	case 1:
		lengths := bytes.Repeat([]byte{8}, 288)
		copy(lengths[144:256], bytes.Repeat([]byte{9}, 112))
		copy(lengths[256:280], bytes.Repeat([]byte{7}, 24))
		literals := make([]int, 288)
		for i, n := range lengths {
			literals[i] = int(n)
		}
		distances := make([]int, 30)
		for i := range distances {
			distances[i] = 5
		}
		j.symbols(r, newPrefixCode(literals), nil, true)
	case 2:
		nl, nd, nc := r.number(5)+257, r.number(5)+1, r.number(4)+4
		order := []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
		lengths := make([]int, 19)
		for i := range nc {
			lengths[order[i]] = r.number(3)
		}
		code := newPrefixCode(lengths)
		var all []int
		for len(all) < nl+nd {
			switch s := code.read(r); s {
			case 16:
				last := all[len(all)-1]
				for range 3 + r.number(2) {
					all = append(all, last)
				}
			case 17:
				all = append(all, make([]int, 3+r.number(3))...)
			case 18:
				all = append(all, make([]int, 11+r.number(7))...)
			default:
				all = append(all, s)
			}
		}
		if len(all) != nl+nd || all[256] == 0 {
			panic(fmt.Errorf("%w: code lengths", errJudge))
		}
		// Some decoders reject incomplete codes, so our encoder avoids them.
		for _, part := range [][]int{all[:nl], all[nl:]} {
			kraft := 0
			for _, n := range part {
				if n > 0 {
					kraft += 1 << (15 - n)
				}
			}
			if kraft != 1<<15 && !j.lenient {
				panic(fmt.Errorf("%w: incomplete code", errJudge))
			}
		}
		j.symbols(r, newPrefixCode(all[:nl]), newPrefixCode(all[nl:]), false)
	}
}

func (j *judge) symbols(r *bitReader, literals, distances prefixCode, fixed bool) {
	for {
		s := literals.read(r)
		if s < 256 {
			j.history = append(j.history, byte(s))
			continue
		}
		if s == 256 {
			return
		}
		length, extra := 3, 0
		for i := 257; i < s; i++ { // each symbol starts where the one before ends
			length += 1 << extra
			extra = max(0, (i-257+1)/4-1)
		}
		if s == 285 {
			length, extra = 258, 0
		}
		length += r.number(extra)
		var d int
		if fixed {
			for range 5 {
				d = d<<1 | r.bit()
			}
		} else {
			d = distances.read(r)
		}
		distance, extra := 1, 0
		for i := range d {
			distance += 1 << extra
			extra = max(0, (i+1)/2-1)
		}
		distance += r.number(extra)
		if distance > len(j.history) || distance > j.window {
			panic(fmt.Errorf("%w: distance %d with a window of %d and a history of %d", errJudge, distance, j.window, len(j.history)))
		}
		j.farthest = max(j.farthest, distance)
		for range length {
			j.history = append(j.history, j.history[len(j.history)-distance])
		}
	}
}

// standard is a peer that uses the standard library.
type standard struct {
	history  []byte
	takeover bool
	out      bytes.Buffer
	writer   *flate.Writer
}

func newStandard(takeover bool) *standard {
	s := &standard{takeover: takeover}
	s.writer, _ = flate.NewWriter(&s.out, 6)
	return s
}

func (s *standard) inflate(data []byte) ([]byte, error) {
	r := flate.NewReaderDict(bytes.NewReader(append(bytes.Clone(data), "\x00\x00\xff\xff\x01\x00\x00\xff\xff"...)), s.history)
	out, err := io.ReadAll(r)
	if s.takeover {
		s.history = append(s.history, out...)
		s.history = s.history[max(0, len(s.history)-1<<15):]
	}
	return out, err
}

func (s *standard) deflate(t testing.TB, message []byte) []byte {
	s.out.Reset()
	if !s.takeover {
		s.writer.Reset(&s.out)
	}
	_, err := s.writer.Write(message)
	require.NoError(t, err)
	require.NoError(t, s.writer.Flush())
	return bytes.Clone(bytes.TrimSuffix(s.out.Bytes(), []byte(tail)))
}

// library inflates with the reader of another package.
type library struct {
	name   string
	reader interface {
		io.Reader
		Reset(r io.Reader, dict []byte) error
	}
}

func newLibraries() []*library {
	return []*library{
		{"compress/flate", flate.NewReader(nil).(interface {
			io.Reader
			flate.Resetter
		})},
		{"klauspost/compress", klauspost.NewReader(nil).(interface {
			io.Reader
			klauspost.Resetter
		})},
	}
}

// verdict is a library's verdict on a compressed message.
type verdict int

const (
	corrupt verdict = iota
	sound
	tooLong // not inflated to its end
)

// inflate inflates a message after the bytes in window, up to most bytes.
//
// A reader needs a final block to end, so one is appended. A message without
// the tail is sound too, if a block ends with it. A corrupt message can
// swallow the final block as data, but not two blocks of different lengths.
func (l *library) inflate(message, window []byte, most int) ([]byte, verdict) {
	for _, end := range []string{"", tail} {
		out, v := l.streams(slices.Concat(message, []byte(end), []byte("\x01\x00\x00\xff\xff")), window, most)
		if v == sound {
			_, v = l.streams(slices.Concat(message, []byte(end), []byte("\x03\x00")), window, most)
		}
		if v != corrupt {
			return out, v
		}
	}
	return nil, corrupt
}

// streams inflates one DEFLATE stream after another, up to the end of data.
func (l *library) streams(data, window []byte, most int) ([]byte, verdict) {
	in, all := bytes.NewReader(data), bytes.Clone(window)
	for in.Len() > 0 {
		if err := l.reader.Reset(in, all[max(0, len(all)-maxWindow):]); err != nil {
			return nil, corrupt
		}
		room := most + 1 - (len(all) - len(window))
		out, err := io.ReadAll(io.LimitReader(l.reader, int64(room)))
		switch {
		case err != nil:
			return nil, corrupt
		case len(out) == room:
			return nil, tooLong
		}
		all = append(all, out...)
	}
	return all[len(window):], sound
}

// TestJudge: the judge agrees with the standard library, and rejects distances
// beyond the window.
func TestJudge(t *testing.T) {
	peer, j := newStandard(true), newJudge(15, true)
	j.lenient = true
	for _, m := range samples(t) {
		got, err := j.message(peer.deflate(t, m))
		require.NoError(t, err)
		require.True(t, bytes.Equal(m, got))
	}
	require.Positive(t, j.farthest)

	far := append(incompressible(1, 300), incompressible(1, 300)...)
	j = newJudge(8, false)
	j.lenient = true
	_, err := j.message(newStandard(false).deflate(t, far))
	require.ErrorContains(t, err, "distance 300 with a window of 256")
}
