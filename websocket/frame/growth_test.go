package frame

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// memoryHeld returns the bytes of memory that p occupies besides itself.
func memoryHeld(p *Parser) int {
	held := cap(p.arena)
	if w := p.work; w != nil {
		held += cap(w.message.bytes) + cap(w.packed.bytes) + cap(w.control.bytes) + cap(w.inflated.bytes) + w.lentSize
	}
	return held
}

// identity is an Inflater whose compressed form is the plain one.
type identity struct{}

func (identity) Inflate(dst, payload []byte, _ int64) ([]byte, error) {
	return append(dst, payload...), nil
}

// growthCase is one way to receive a message.
type growthCase struct {
	opcode                     Opcode
	compressed, perFrame, lend bool
	fragmented                 bool // the large frame continues a small one
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

// bound returns the memory in bytes that a message may take of which so many
// bytes came. A fragment that is inflated on its own takes a second buffer.
func (c growthCase) bound(came int) int {
	bound := max(4<<10, 4*came)
	if c.compressed && c.perFrame && c.fragmented {
		bound += 4 << 10
	}
	return bound
}

// announce returns the beginning of a stream whose last header announces
// length bytes.
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

// send passes in to p, in inputs of at most size bytes, and counts messages.
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

// A header that announces 1 MiB, and a few bytes, cost 4 KiB.
func TestHeaderReservesLittle(t *testing.T) {
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

// The memory of a message under way is at most four times the bytes that came.
func TestMemoryGrowsWithTheBytes(t *testing.T) {
	for _, c := range growthCases() {
		for _, size := range []int{100, 1000, 1025, 5000, 64 << 10, 300_000} {
			for _, tail := range []bool{false, true} {
				t.Run(fmt.Sprintf("%v/inputs of %d/tail=%v", c, size, tail), func(t *testing.T) {
					p := c.parser()
					in := c.announce(1 << 40)
					send(t, p, in, size)
					most := min(1<<20, 200*size)
					for came := len(in); came < most; came += size {
						if tail {
							fill(t, p, size)
						} else {
							send(t, p, make([]byte, size), size)
						}
						require.LessOrEqual(t, memoryHeld(p), c.bound(came+size), "after %d bytes", came+size)
					}
				})
			}
		}
	}
}

// fill passes n bytes to p through Tail.
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

// A client that sent a large frame gets memory for another at once, but no
// more than twice of what it sent.
func TestTrustIsBounded(t *testing.T) {
	for _, c := range growthCases() {
		for _, sent := range []int{5000, 100_000, 1 << 20} {
			t.Run(fmt.Sprintf("%v/%d bytes", c, sent), func(t *testing.T) {
				p := c.parser()
				in := append(c.announce(int64(sent)), make([]byte, sent)...)
				require.Equal(t, 1, send(t, p, in, 4000))

				send(t, p, c.announce(int64(sent)), 1<<20)
				if tail := p.Tail(); c.fragmented {
					require.NotEmpty(t, tail) // the rest of the first fragment's memory
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

// A kept payload shares at most the memory that the payloads of its client
// inflated to, whatever the rest of its input is.
func TestArenaGrowsWithInflatedBytes(t *testing.T) {
	message := append(AppendHeader(nil, Header{Fin: true, RSV: RSV1, Opcode: Binary, Masked: true, Length: 10}), make([]byte, 10)...)
	in := append(message, AppendHeader(nil, Header{Opcode: Binary, Masked: true, Length: 1 << 20})...)
	p := &Parser{Inflater: swelling(1000)}
	msg, _, err := p.Next(append(in, make([]byte, 2000)...))
	require.NoError(t, err)
	require.Len(t, msg.Payload, 1000)
	assert.LessOrEqual(t, cap(p.arena), 4<<10)
}

// swelling is an Inflater that makes so many bytes of anything.
type swelling int

func (s swelling) Inflate(dst, _ []byte, _ int64) ([]byte, error) {
	return append(dst, make([]byte, s)...), nil
}
