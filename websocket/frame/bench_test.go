package frame

import (
	"bytes"
	"fmt"
	"testing"
)

func BenchmarkMask(b *testing.B) {
	for _, size := range []int{8, 64, 125, 1 << 10, 64 << 10, 1 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			payload := make([]byte, size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			key := uint32(0x21f837fa)
			for b.Loop() {
				key = Mask(payload, key)
			}
		})
	}
}

func BenchmarkMaskCopy(b *testing.B) {
	for _, size := range []int{8, 64, 125, 1 << 10, 64 << 10, 1 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			src, dst := make([]byte, size), make([]byte, size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			key := uint32(0x21f837fa)
			for b.Loop() {
				key = MaskCopy(dst, src, key)
			}
		})
	}
}

func BenchmarkParseHeader(b *testing.B) {
	for _, length := range []int64{64, 4 << 10, 1 << 20} {
		b.Run(fmt.Sprint(length), func(b *testing.B) {
			in := AppendHeader(nil, Header{Fin: true, Opcode: Binary, Masked: true, Mask: 7, Length: length})
			b.ReportAllocs()
			for b.Loop() {
				if _, n, err := ParseHeader(in); n == 0 || err != nil {
					b.Fatal(n, err)
				}
			}
		})
	}
}

// BenchmarkNext parses inputs of a few frames; the time is that of an input.
func BenchmarkNext(b *testing.B) {
	for _, batch := range []struct{ frames, size int }{{32, 64}, {8, 4 << 10}, {1, 1 << 20}} {
		for _, opcode := range []Opcode{Binary, Text} {
			for _, lend := range []bool{false, true} {
				name := fmt.Sprintf("%dx%d/%v/lend=%v", batch.frames, batch.size, opcode, lend)
				b.Run(name, func(b *testing.B) { benchmarkNext(b, opcode, batch.frames, batch.size, lend) })
			}
		}
	}
}

func benchmarkNext(b *testing.B, opcode Opcode, frames, size int, lend bool) {
	// A key of zero keeps what is unmasked in place the same for each round.
	header := Header{Fin: true, Opcode: opcode, Masked: true, Length: int64(size)}
	one := append(AppendHeader(nil, header), bytes.Repeat([]byte{'x'}, size)...)
	in := bytes.Repeat(one, frames)
	p := Parser{Lend: lend, MaxSize: 2 << 20}
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		found := 0
		for rest := in; len(rest) > 0; {
			msg, n, err := p.Next(rest)
			if err != nil {
				b.Fatal(err)
			}
			if msg.Complete {
				found++
			}
			rest = rest[n:]
		}
		p.Release()
		if found != frames {
			b.Fatal(found)
		}
	}
}
