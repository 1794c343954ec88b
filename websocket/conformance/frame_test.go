package conformance

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The opcodes of RFC 6455, section 5.2.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

// The three reserved bits as one number, as Autobahn counts them.
const rsv1 = 4

// maxPayload is the largest frame the client reads, in bytes: the largest
// message of family 9 and then some.
const maxPayload = 32 << 20

// frame is one WebSocket frame before masking, or after.
type frame struct {
	final   bool
	rsv     byte
	opcode  byte
	payload []byte
}

func text(payload string) frame { return frame{final: true, opcode: opText, payload: []byte(payload)} }
func binMsg(payload string) frame {
	return frame{final: true, opcode: opBinary, payload: []byte(payload)}
}
func ping(payload string) frame { return frame{final: true, opcode: opPing, payload: []byte(payload)} }
func pong(payload string) frame { return frame{final: true, opcode: opPong, payload: []byte(payload)} }
func rest(payload string) frame { return frame{final: true, payload: []byte(payload)} }

// reserved is a frame with an opcode that has no meaning.
func reserved(opcode byte, payload string) frame {
	return frame{final: true, opcode: opcode, payload: []byte(payload)}
}

// closing is a close frame with a code and a reason.
func closing(code int, reason string) frame {
	payload := binary.BigEndian.AppendUint16(nil, uint16(code))
	return frame{final: true, opcode: opClose, payload: append(payload, reason...)}
}

// more is f with FIN off: others follow.
func (f frame) more() frame {
	f.final = false
	return f
}

// reserve is f with reserved bits set: 1 is RSV3, 2 is RSV2, 4 is RSV1.
func (f frame) reserve(bits byte) frame {
	f.rsv = bits
	return f
}

// fragments cuts f into frames of size bytes. A payload that is a multiple of
// size ends with an empty frame, as Autobahn's does.
func (f frame) fragments(size int) []frame {
	if len(f.payload) <= size {
		return []frame{f}
	}
	var parts []frame
	for rest := f.payload; ; rest = rest[size:] {
		part := frame{payload: rest}
		if len(parts) == 0 {
			part.opcode, part.rsv = f.opcode, f.rsv
		}
		if len(rest) < size {
			part.final = true
			return append(parts, part)
		}
		part.payload = rest[:size]
		parts = append(parts, part)
	}
}

func (f frame) isControl() bool { return f.opcode >= opClose }

// appendTo appends the frame as a client sends it: masked, with the shortest
// length (RFC 6455, section 5.2 and 5.3).
func (f frame) appendTo(dst []byte) []byte {
	first := f.rsv<<4 | f.opcode
	if f.final {
		first |= 0x80
	}
	dst = append(dst, first)
	switch n := len(f.payload); {
	case n < 126:
		dst = append(dst, 0x80|byte(n))
	case n <= 0xFFFF:
		dst = binary.BigEndian.AppendUint16(append(dst, 0x80|126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, 0x80|127), uint64(n))
	}
	var key [4]byte
	binary.BigEndian.PutUint32(key[:], rand.Uint32())
	dst = append(dst, key[:]...)
	masked := len(dst)
	dst = append(dst, f.payload...)
	for i := range dst[masked:] {
		dst[masked+i] ^= key[i&3]
	}
	return dst
}

// wire is the bytes of all frames, one after the other.
func wire(frames ...frame) []byte {
	var dst []byte
	for _, f := range frames {
		dst = f.appendTo(dst)
	}
	return dst
}

// String describes the frame in a failure.
func (f frame) String() string {
	names := map[byte]string{
		opContinuation: "continuation", opText: "text", opBinary: "binary",
		opClose: "close", opPing: "ping", opPong: "pong",
	}
	start := f.payload[:min(len(f.payload), 32)]
	return fmt.Sprintf("%s (fin %t, rsv %d) of %d bytes: %q", names[f.opcode], f.final, f.rsv, len(f.payload), start)
}

// readFrame reads what a server sent and refuses what a server must not send,
// whatever was said before. The payload is read into buf when it fits. At the
// end of the stream, between frames, the error is io.EOF itself.
func readFrame(r *bufio.Reader, buf []byte) (frame, error) {
	first, err := r.ReadByte()
	if err != nil {
		return frame{}, err
	}
	second, err := r.ReadByte()
	if err != nil {
		return frame{}, fmt.Errorf("in a frame header: %w", err)
	}
	f := frame{final: first&0x80 != 0, rsv: first >> 4 & 7, opcode: first & 0xF}
	if second&0x80 != 0 {
		return f, errors.New("a server must not mask (RFC 6455, section 5.1)")
	}
	n, err := readLength(r, second)
	if err != nil {
		return f, err
	}
	if err := f.check(n); err != nil {
		return f, err
	}
	if n > uint64(cap(buf)) {
		buf = make([]byte, n)
	}
	f.payload = buf[:n]
	if _, err := io.ReadFull(r, f.payload); err != nil {
		return f, fmt.Errorf("in a payload of %d bytes: %w", n, err)
	}
	return f, nil
}

func readLength(r *bufio.Reader, second byte) (uint64, error) {
	short := uint64(second & 0x7F)
	if short < 126 {
		return short, nil
	}
	var field [8]byte
	size, least := 2, uint64(126)
	if short == 127 {
		size, least = 8, 1<<16
	}
	if _, err := io.ReadFull(r, field[8-size:]); err != nil {
		return 0, fmt.Errorf("in a frame length: %w", err)
	}
	n := binary.BigEndian.Uint64(field[:])
	if n < least {
		return 0, fmt.Errorf("length %d is not in its shortest form (RFC 6455, section 5.2)", n)
	}
	return n, nil
}

func (f frame) check(n uint64) error {
	switch {
	case f.rsv&^rsv1 != 0:
		return fmt.Errorf("reserved bits %03b (RFC 6455, section 5.2)", f.rsv)
	case f.opcode > opBinary && f.opcode < opClose, f.opcode > opPong:
		return fmt.Errorf("reserved opcode %#x (RFC 6455, section 5.2)", f.opcode)
	case f.isControl() && (!f.final || n > 125 || f.rsv != 0):
		return fmt.Errorf("control frame with fin %t, rsv %d, %d bytes (RFC 6455, section 5.5)", f.final, f.rsv, n)
	case n > maxPayload:
		return fmt.Errorf("frame of %d bytes, more than was ever sent", n)
	}
	return nil
}

// What a server must not send is refused, so that a case cannot pass on it.
func TestReadFrame(t *testing.T) {
	for _, c := range []struct{ bytes, fault string }{
		{"\x81\x02hi", ""},
		{"\x89\x00", ""},
		{"\xc1\x01\x00", ""},
		{"\x82\x7e\x00\x7e" + fill("x", 126), ""},
		{"\x81\x82\x00\x00\x00\x00hi", "must not mask"},
		{"\xa1\x00", "reserved bits 010"},
		{"\x91\x00", "reserved bits 001"},
		{"\x83\x00", "reserved opcode 0x3"},
		{"\x8b\x00", "reserved opcode 0xb"},
		{"\x09\x00", "control frame with fin false"},
		{"\xc8\x00", "control frame with fin true, rsv 4"},
		{"\x89\x7e\x00\x7e" + fill("x", 126), "control frame with fin true, rsv 0, 126 bytes"},
		{"\x82\x7e\x00\x7d" + fill("x", 125), "not in its shortest form"},
		{"\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff", "not in its shortest form"},
		{"\x82\x7f\xff\x00\x00\x00\x00\x00\x00\x00", "more than was ever sent"},
		{"", "EOF"},
		{"\x81", "in a frame header: EOF"},
		{"\x81\x7e\x01", "in a frame length"},
		{"\x81\x05hi", "in a payload of 5 bytes"},
	} {
		f, err := readFrame(bufio.NewReader(strings.NewReader(c.bytes)), nil)
		if c.fault == "" {
			assert.NoError(t, err, "%q", c.bytes)
			continue
		}
		assert.ErrorContains(t, err, c.fault, "%q as %v", c.bytes, f)
	}
}

func TestFragments(t *testing.T) {
	for size, want := range map[int]int{7: 1, 6: 1, 5: 2, 3: 3, 2: 4, 1: 7} {
		parts := text("abcdef").reserve(rsv1).fragments(size)
		var whole []byte
		for i, f := range parts {
			whole = append(whole, f.payload...)
			assert.Equal(t, i == 0, f.opcode == opText && f.rsv == rsv1, "size %d, part %d: %v", size, i, f)
			assert.Equal(t, i == len(parts)-1, f.final, "size %d, part %d: %v", size, i, f)
		}
		assert.Len(t, parts, want, "size %d", size)
		assert.Equal(t, "abcdef", string(whole), "size %d", size)
	}
}
