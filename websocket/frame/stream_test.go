package frame_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket/frame"
)

// event is a message or a control frame.
type event struct {
	opcode  frame.Opcode
	payload string
}

// feed parses the chunks until an error. It returns the events and the number
// of chunks used. Each chunk is an input of its own, overwritten afterwards. If
// tails is true, feed reads into p.Tail as a connection does.
func feed(t *testing.T, p *frame.Parser, tails bool, chunks ...[]byte) (events []event, used int, err error) {
	var kept []frame.Message
	for _, chunk := range chunks {
		used++
		var msgs []frame.Message
		msgs, err = feedOne(t, p, tails, chunk)
		kept = append(kept, msgs...)
		if p.Lend {
			events = append(events, toEvents(kept)...)
			kept = kept[:0]
		}
		p.Release()
		if err != nil {
			break
		}
	}
	return append(events, toEvents(kept)...), used, err
}

func feedOne(t *testing.T, p *frame.Parser, tails bool, chunk []byte) (msgs []frame.Message, err error) {
	in := bytes.Clone(chunk)
	defer func() {
		if !p.Lend {
			if !bytes.Equal(chunk, in) {
				require.Fail(t, "Next changed its input")
			}
			for i := range in {
				in[i] = 0xFF // never valid in text
			}
		}
	}()
	for rest := in; len(rest) > 0; {
		var msg frame.Message
		var n int
		if tail := p.Tail(); tails && tail != nil {
			n = copy(tail, rest)
			msg, err = p.Filled(n)
		} else {
			msg, n, err = p.Next(rest)
			if err == nil && n < len(rest) && !msg.Complete {
				require.Fail(t, "Next left input without returning a message")
			}
		}
		if err != nil {
			return msgs, err
		}
		rest = rest[n:]
		if msg.Complete {
			require.Len(t, msg.Payload, cap(msg.Payload), "an append would overwrite the bytes after the payload")
			msgs = append(msgs, msg)
		} else if msg.Payload != nil {
			require.Fail(t, "a payload without a message")
		}
	}
	return msgs, nil
}

func toEvents(msgs []frame.Message) (events []event) {
	for _, msg := range msgs {
		events = append(events, event{msg.Opcode, string(msg.Payload)})
	}
	return events
}

// clientFrame encodes a masked frame with the given first byte.
func clientFrame(first byte, payload string) []byte {
	return maskedFrame(first, payload, [4]byte{0x37, 0xfa, 0x21, 0x3d})
}

func maskedFrame(first byte, payload string, key [4]byte) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 65536:
		b = append(b, 0xFE, byte(n>>8), byte(n))
	default:
		b = append(b, 0xFF, 0, 0, 0, 0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	b = append(b, key[:]...)
	for i := range len(payload) {
		b = append(b, payload[i]^key[i%4])
	}
	return b
}

func join(frames ...[]byte) []byte { return bytes.Join(frames, nil) }

// eachByte cuts b into single bytes, or into 10,000 chunks if it is longer.
func eachByte(b []byte) [][]byte { return slices.Collect(slices.Chunk(b, 1+len(b)/10000)) }

// cut cuts b into chunks of random sizes. It limits their number.
func cut(b []byte, random *rand.Rand) (chunks [][]byte) {
	most := []int{1, 3, 16, 200, 5000, 40000, 1 << 20}[random.IntN(7)]
	most = max(most, len(b)/500)
	for len(b) > 0 {
		n := min(1+random.IntN(most), len(b))
		chunks, b = append(chunks, b[:n]), b[n:]
	}
	return chunks
}

// settings configure a Parser and its input.
type settings struct {
	maxSize              int64
	deflate, perFrame    bool
	skipUTF8, lend, tail bool
}

func (s settings) parser() *frame.Parser {
	p := &frame.Parser{MaxSize: s.maxSize, PerFrame: s.perFrame, SkipUTF8: s.skipUTF8, Lend: s.lend}
	if s.deflate {
		p.Inflater = runs{}
	}
	return p
}

// check feeds a stream in random chunks and compares with the reference.
func (s settings) check(t *testing.T, stream []byte, seed uint64) {
	want, wantErr := reference{settings: s}.parse(stream)
	chunks := cut(stream, rand.New(rand.NewPCG(seed, 0)))
	events, _, err := feed(t, s.parser(), s.tail, chunks...)
	require.Equal(t, wantErr, err)
	require.Equal(t, want, events)
}

// fromBits maps each byte to settings.
func fromBits(bits byte) settings {
	s := settings{
		deflate:  bits&1 != 0,
		perFrame: bits&2 != 0,
		skipUTF8: bits&4 != 0,
		lend:     bits&8 != 0,
		tail:     bits&16 != 0,
	}
	s.maxSize = []int64{0, 100, 1000, 1 << 20}[bits>>5&3]
	return s
}

func FuzzStream(f *testing.F) {
	for _, c := range rfc6455 {
		for _, bits := range []byte{0, 8, 8 | 16} {
			f.Add(c.in, bits, uint64(1))
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for bits := range 128 {
		f.Add(randomStream(random), byte(bits), uint64(bits))
	}
	f.Fuzz(func(t *testing.T, stream []byte, bits byte, seed uint64) {
		fromBits(bits).check(t, stream, seed)
	})
}

func TestRandomStreams(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	valid, invalid := 0, 0
	for range 500 {
		s, seed := fromBits(byte(random.Uint32())), random.Uint64()
		stream := randomStream(random)
		if _, err := (reference{settings: s}).parse(stream); err == nil {
			valid++
		} else {
			invalid++
		}
		s.check(t, stream, seed)
	}
	assert.Greater(t, valid, 100)
	assert.Greater(t, invalid, 100)
}

// randomStream returns a stream that is mostly valid.
func randomStream(random *rand.Rand) (stream []byte) {
	for range 1 + random.IntN(8) {
		for fragments, i := 1+max(0, random.IntN(6)-3), 0; i < fragments; i++ {
			first := byte(0)
			if i == 0 {
				first = byte(1 + random.IntN(2))
			}
			if i == fragments-1 {
				first |= 0x80
			}
			if random.IntN(6) == 0 {
				first |= 0x40
			}
			stream = append(stream, clientFrame(first, randomPayload(random, first&0x40 != 0))...)
			if random.IntN(4) == 0 {
				stream = append(stream, clientFrame(0x88|byte(random.IntN(3)), randomPayload(random, false)[:0]+"still here")...)
			}
		}
	}
	if random.IntN(4) == 0 {
		stream[random.IntN(len(stream))] ^= 1 << random.IntN(8)
	}
	return stream[:max(0, len(stream)-max(0, random.IntN(20)-10))]
}

func randomPayload(random *rand.Rand, compressed bool) string {
	if compressed {
		b := make([]byte, 2*random.IntN(5))
		for i := range b {
			b[i] = byte(random.IntN(100))
		}
		return string(b)
	}
	n := []int{0, 3, 60, 125, 126, 130, 3000, 5000, 9000, 70000}[random.IntN(10)]
	return string(bytes.Repeat([]byte("κ€y 𝄞"), n/10+1)[:n/10*11])
}
