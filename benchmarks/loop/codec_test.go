package loop

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/cowhand/cowhand/websocket/deflate"
	"github.com/cowhand/cowhand/websocket/frame"
)

// BenchmarkMask unmasks a payload, in place and to other memory.
func BenchmarkMask(b *testing.B) {
	for _, size := range []int{8, 64, 1 << 10, 64 << 10, 1 << 20} {
		src, dst := make([]byte, size), make([]byte, size)
		for name, to := range map[string][]byte{"in place": src, "copy": dst} {
			b.Run(fmt.Sprintf("%d/%s", size, name), func(b *testing.B) {
				b.SetBytes(int64(size))
				b.ReportAllocs()
				key := uint32(0x5ac81f37)
				for b.Loop() {
					key = frame.MaskCopy(to, src, key)
				}
			})
		}
	}
}

// BenchmarkFrame parses an input of some messages, and writes the headers of
// as many replies.
func BenchmarkFrame(b *testing.B) {
	for _, batch := range []struct{ number, size int }{{1, 64}, {32, 64}, {8, 4 << 10}, {1, 1 << 20}} {
		for _, lend := range []bool{true, false} {
			b.Run(fmt.Sprintf("%dx%d/lend=%t", batch.number, batch.size, lend), func(b *testing.B) {
				benchmarkFrame(b, batch.number, batch.size, lend)
			})
		}
	}
}

func benchmarkFrame(b *testing.B, number, size int, lend bool) {
	sent := bytes.Repeat(message(frame.Binary, 0, make([]byte, size)), number)
	in, out := make([]byte, len(sent)), make([]byte, 0, len(sent))
	p := frame.Parser{Lend: lend}
	b.SetBytes(int64(len(sent)))
	b.ReportAllocs()
	for b.Loop() {
		copy(in, sent) // the payloads are unmasked in place
		out = out[:0]
		for rest := in; len(rest) > 0; {
			m, n, err := p.Next(rest)
			if err != nil || !m.Complete {
				b.Fatal(m, err)
			}
			rest = rest[n:]
			out = frame.AppendHeader(out, frame.Header{Fin: true, Opcode: m.Opcode, Length: int64(len(m.Payload))})
		}
		p.Release()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*number), "ns/msg")
}

// document is JSON of about size bytes, other for each seed.
func document(size int, seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, 1))
	b := []byte(`{"kind":"quotes","list":[`)
	for len(b) < size-40 {
		b = fmt.Appendf(b, `{"id":%d,"symbol":"%c%c-EUR","bid":%d.%02d,"ask":%d.%02d},`, random.IntN(1e6),
			'A'+random.IntN(26), 'A'+random.IntN(26), random.IntN(500), random.IntN(100), random.IntN(500), random.IntN(100))
	}
	return append(b, `{"id":0}]}`...)
}

// offers are ways to compress that a client may ask for.
var offers = []struct{ name, header string }{
	{"takeover", "permessage-deflate; client_max_window_bits"},
	{"no takeover", "permessage-deflate; server_no_context_takeover; client_no_context_takeover"},
}

// BenchmarkDeflate compresses messages, and restores them, as a connection
// with the default options does; B/msg is what they come to.
func BenchmarkDeflate(b *testing.B) {
	for _, offer := range offers {
		for _, size := range []int{200, 1 << 10, 16 << 10} {
			agreed, _, err := deflate.Negotiate([]string{offer.header}, deflate.Options{})
			if err != nil || agreed == nil {
				b.Fatal(agreed, err)
			}
			messages := make([][]byte, 64)
			for i := range messages {
				messages[i] = document(size, uint64(i))
			}
			b.Run(fmt.Sprintf("compress/%s/%d", offer.name, size), func(b *testing.B) { benchmarkCompress(b, agreed, messages) })
			b.Run(fmt.Sprintf("decompress/%s/%d", offer.name, size), func(b *testing.B) { benchmarkDecompress(b, agreed, messages) })
		}
	}
}

func benchmarkCompress(b *testing.B, agreed *deflate.Agreement, messages [][]byte) {
	c := agreed.NewCompressor()
	var out []byte
	n, total := 0, 0
	b.SetBytes(int64(len(messages[0])))
	b.ReportAllocs()
	for b.Loop() {
		var compressed bool
		if out, compressed = c.Compress(out[:0], messages[n%len(messages)]); !compressed {
			b.Fatal("a document did not shrink")
		}
		total += len(out)
		n++
	}
	b.ReportMetric(float64(total)/float64(n), "B/msg")
}

// benchmarkDecompress restores messages that refer to none before them, in any
// order; their windows are kept all the same.
func benchmarkDecompress(b *testing.B, agreed *deflate.Agreement, messages [][]byte) {
	packed := make([][]byte, len(messages))
	for i, m := range messages {
		packed[i], _ = agreed.Form().Compress(nil, m)
	}
	d := agreed.NewDecompressor()
	var out []byte
	n := 0
	b.SetBytes(int64(len(messages[0])))
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if out, err = d.Decompress(out[:0], packed[n%len(packed)], 1<<20); err != nil || len(out) != len(messages[n%len(messages)]) {
			b.Fatal(len(out), err)
		}
		n++
	}
}
