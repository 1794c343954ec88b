package deflate

import (
	"fmt"
	"math/rand"
	"testing"
)

// jsonMessages returns n documents of about size bytes with the same structure.
func jsonMessages(n, size int) [][]byte {
	rng := rand.New(rand.NewSource(7))
	pick := func(s ...string) string { return s[rng.Intn(len(s))] }
	all := make([][]byte, n)
	for i := range all {
		b := fmt.Appendf(nil, `{"type":"snapshot","seq":%d,"trades":[`, 100000+i)
		for first := true; first || len(b) < size-60; first = false {
			b = fmt.Appendf(b, `{"id":%d,"symbol":"%s","side":"%s","price":%d.%02d,"qty":%d,"maker":%t},`,
				rng.Intn(1e9), pick("BTC-USD", "ETH-USD", "SOL-USD", "EUR-USD"), pick("buy", "sell"),
				rng.Intn(1e5), rng.Intn(100), rng.Intn(5000), rng.Intn(2) == 0)
		}
		all[i] = append(b[:len(b)-1], "]}"...)
	}
	return all
}

func benchmarkCompress(b *testing.B, size int, a Agreement) {
	messages := jsonMessages(256, size)
	c := a.NewCompressor()
	var out []byte
	total, n := 0, 0
	b.ReportAllocs()
	for b.Loop() {
		m := messages[n%len(messages)]
		var compressed bool
		if out, compressed = c.Compress(out[:0], m); !compressed {
			out = append(out[:0], m...)
		}
		total += len(out)
		n++
	}
	b.ReportMetric(float64(total)/float64(n), "B/msg")
}

// BenchmarkCompress measures levels and windows, to choose the defaults.
func BenchmarkCompress(b *testing.B) {
	for _, size := range []int{100, 1024, 16384} {
		for level := 1; level < len(levels); level++ {
			b.Run(fmt.Sprintf("size=%d/level=%d/notakeover", size, level), func(b *testing.B) {
				benchmarkCompress(b, size, Agreement{ServerNoContextTakeover: true, ServerMaxWindowBits: 15, level: level})
			})
			for _, bits := range []int{8, 9, 10, 11, 12, 13, 14, 15} {
				b.Run(fmt.Sprintf("size=%d/level=%d/bits=%d", size, level, bits), func(b *testing.B) {
					benchmarkCompress(b, size, Agreement{ServerMaxWindowBits: bits, level: level})
				})
			}
		}
	}
}

func BenchmarkDecompress(b *testing.B) {
	for _, size := range []int{100, 1024, 16384} {
		for _, takeover := range []bool{false, true} {
			b.Run(fmt.Sprintf("size=%d/takeover=%t", size, takeover), func(b *testing.B) {
				a := Agreement{
					ServerNoContextTakeover: !takeover, ServerMaxWindowBits: 15, level: DefaultLevel,
					ClientNoContextTakeover: !takeover, ClientMaxWindowBits: 15,
				}
				messages := jsonMessages(256, size)
				c := a.NewCompressor()
				frames := make([][]byte, len(messages))
				for i, m := range messages {
					frames[i], _ = c.Compress(nil, m)
				}
				var d *Decompressor
				var out []byte
				n := 0
				b.ReportAllocs()
				for b.Loop() {
					if n%len(frames) == 0 {
						d = a.NewDecompressor()
					}
					var err error
					if out, err = d.Decompress(out[:0], frames[n%len(frames)], 1<<20); err != nil || len(out) != len(messages[n%len(frames)]) {
						b.Fatal(len(out), err)
					}
					n++
				}
			})
		}
	}
}
