package frame

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// memoryHeld returns the capacity in bytes of all buffers of p.
func memoryHeld(p *Parser) int {
	held := cap(p.arena)
	if s := p.buffers; s != nil {
		held += cap(s.message.bytes) + cap(s.compressed.bytes) + cap(s.control.bytes) + cap(s.inflated.bytes) + s.lentBytes
	}
	return held
}

// identity is an Inflater that copies.
type identity struct{}

func (identity) Inflate(dst, payload []byte, _ int64) ([]byte, error) {
	return append(dst, payload...), nil
}

// growthCase is a way to send a large frame.
type growthCase struct {
	opcode                     Opcode
	compressed, perFrame, lend bool
	fragmented                 bool // the large frame continues a message
}

func growthCases() (cases []growthCase) {
	for bits := range 32 {
		c := growthCase{Text, bits&1 != 0, bits&2 != 0, bits&4 != 0, bits&8 != 0}
		if bits&16 != 0 {
			c.opcode = Binary
		}
		cases = append(cases, c)
	}
	return cases
}

func (c growthCase) String() string {
	return fmt.Sprintf("%v/compressed=%v/perFrame=%v/lend=%v/fragmented=%v", c.opcode, c.compressed, c.perFrame, c.lend, c.fragmented)
}

func (c growthCase) parser() *Parser {
	return &Parser{Lend: c.lend, PerFrame: c.perFrame, Inflater: identity{}}
}

// bound returns the memory in bytes that a Parser may hold after so many bytes.
// Fragments that are inflated one by one need a second buffer.
func (c growthCase) bound(received int) int {
	bound := max(4<<10, 4*received)
	if c.compressed && c.perFrame && c.fragmented {
		bound += 4 << 10
	}
	return bound
}

// announce returns a stream that ends with the header of a frame of length
// bytes.
func (c growthCase) announce(length int64) (in []byte) {
	h := Header{Fin: true, Opcode: c.opcode, Masked: true, Length: length}
	if c.compressed {
		h.RSV = RSV1
	}
	if c.fragmented {
		first := h
		first.Fin, first.Length = false, 5
		in = append(AppendHeader(nil, first), "first"...)
		h.Opcode = Continuation
		if !c.perFrame {
			h.RSV = 0
		}
	}
	return AppendHeader(in, h)
}

// send splits in into inputs of at most size bytes and counts p's messages.
func send(t *testing.T, p *Parser, in []byte, size int) (messages int) {
	t.Helper()
	for len(in) > 0 {
		input := in[:min(size, len(in))]
		in = in[len(input):]
		for len(input) > 0 {
			msg, n, err := p.Next(input)
			require.NoError(t, err)
			if msg.Complete {
				messages++
			}
			input = input[n:]
		}
		p.Release()
	}
	return messages
}

func TestHeaderOfLargeFrameReservesLittle(t *testing.T) {
	for _, c := range growthCases() {
		for _, size := range []int{1, 1 << 20} {
			for _, few := range []int{0, 1, 100} {
				t.Run(fmt.Sprintf("%v/inputs of %d/%d bytes", c, size, few), func(t *testing.T) {
					p := c.parser()
					send(t, p, append(c.announce(1<<20), make([]byte, few)...), size)
					assert.LessOrEqual(t, memoryHeld(p), c.bound(0), "after Next")
					require.NotEmpty(t, p.Tail())
					assert.LessOrEqual(t, memoryHeld(p), c.bound(0), "after Tail")
				})
			}
		}
	}
}

func TestMemoryGrowsWithBytesReceived(t *testing.T) {
	for _, c := range growthCases() {
		for _, size := range []int{100, 1000, 1025, 5000, 64 << 10, 300_000} {
			for _, tail := range []bool{false, true} {
				t.Run(fmt.Sprintf("%v/inputs of %d/tail=%v", c, size, tail), func(t *testing.T) {
					p := c.parser()
					in := c.announce(1 << 40)
					send(t, p, in, size)
					most := min(1<<20, 200*size)
					for received := len(in); received < most; {
						if tail {
							fill(t, p, size)
						} else {
							send(t, p, make([]byte, size), size)
						}
						received += size
						require.LessOrEqual(t, memoryHeld(p), c.bound(received), "after %d bytes", received)
					}
				})
			}
		}
	}
}

// fill sends n bytes through Tail.
func fill(t *testing.T, p *Parser, n int) {
	t.Helper()
	for n > 0 {
		tail := p.Tail()
		require.NotEmpty(t, tail)
		tail = tail[:min(n, len(tail))]
		clear(tail)
		_, err := p.Filled(len(tail))
		require.NoError(t, err)
		n -= len(tail)
	}
}

// A client that has sent a large frame gets memory for another one at once, but
// at most twice the size of the first.
func TestTrustIsBounded(t *testing.T) {
	for _, c := range growthCases() {
		for _, sent := range []int{5000, 100_000, 300_000} {
			t.Run(fmt.Sprintf("%v/%d bytes", c, sent), func(t *testing.T) {
				p := c.parser()
				in := append(c.announce(int64(sent)), make([]byte, sent)...)
				require.Equal(t, 1, send(t, p, in, 4000))

				send(t, p, c.announce(int64(sent)), 1<<20)
				if tail := p.Tail(); c.fragmented {
					require.NotEmpty(t, tail) // the first fragment's buffer comes first
				} else {
					require.GreaterOrEqual(t, len(tail), sent, "as much as before")
				}
				assert.LessOrEqual(t, memoryHeld(p), 2*sent+c.bound(0), "as much as before")

				p = c.parser()
				require.Equal(t, 1, send(t, p, in, 4000))
				send(t, p, c.announce(1<<40), 1<<20)
				require.NotEmpty(t, p.Tail())
				assert.LessOrEqual(t, memoryHeld(p), 2*sent+c.bound(0), "far more than before")
			})
		}
	}
}

// A payload that inflates well reserves no arena for the rest of its input,
// which may hold no other message.
func TestArenaGrowsWithInflatedBytes(t *testing.T) {
	message := append(AppendHeader(nil, Header{Fin: true, RSV: RSV1, Opcode: Binary, Masked: true, Length: 10}), make([]byte, 10)...)
	in := append(message, AppendHeader(nil, Header{Opcode: Binary, Masked: true, Length: 1 << 20})...)
	p := &Parser{Inflater: swelling(1000)}
	msg, _, err := p.Next(append(in, make([]byte, 2000)...))
	require.NoError(t, err)
	require.Len(t, msg.Payload, 1000)
	assert.LessOrEqual(t, cap(p.arena), 4<<10)
}

// swelling is an Inflater that turns any payload into that many bytes.
type swelling int

func (s swelling) Inflate(dst, _ []byte, _ int64) ([]byte, error) {
	return append(dst, make([]byte, s)...), nil
}
