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

// BenchmarkNext measures one input of several frames.
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
	// Next unmasks in place: only a key of zero leaves in as it is.
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

// BenchmarkPieces parses a large message as a connection does: each read fills
// the memory from Tail, then a buffer of 64 KiB. A fresh Parser has not seen a
// large frame yet.
func BenchmarkPieces(b *testing.B) {
	for _, size := range []int{64 << 10, 1 << 20, 16 << 20} {
		for _, opcode := range []Opcode{Binary, Text} {
			for _, lend := range []bool{false, true} {
				for _, fresh := range []bool{false, true} {
					name := fmt.Sprintf("%dKiB/%v/lend=%v/fresh=%v", size>>10, opcode, lend, fresh)
					b.Run(name, func(b *testing.B) { benchmarkPieces(b, opcode, size, lend, fresh) })
				}
			}
		}
	}
}

func benchmarkPieces(b *testing.B, opcode Opcode, size int, lend, fresh bool) {
	header := Header{Fin: true, Opcode: opcode, Masked: true, Length: int64(size)}
	stream := append(AppendHeader(nil, header), bytes.Repeat([]byte{'x'}, size)...)
	buffer := make([]byte, 64<<10)
	var p Parser
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		if fresh {
			p = Parser{}
		}
		p.Lend = lend
		for rest := stream; len(rest) > 0; {
			var msg Message
			var err error
			if tail := p.Tail(); tail != nil {
				n := copy(tail, rest)
				rest = rest[n:]
				msg, err = p.Filled(n)
			}
			if n := copy(buffer, rest); n > 0 && err == nil {
				rest = rest[n:]
				msg, _, err = p.Next(buffer[:n])
			}
			if err != nil || msg.Complete != (len(rest) == 0) {
				b.Fatal(msg.Complete, err)
			}
			p.Release()
		}
	}
}
