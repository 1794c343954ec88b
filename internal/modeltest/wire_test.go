package modeltest

import (
	"bytes"
	"compress/flate"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"io"
)

// The opcodes (RFC 6455, section 11.8).
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

const (
	fin  = 0x80
	rsv1 = 0x40
	rsv2 = 0x20
)

// appendFrame encodes a frame as a client has to: masked.
func appendFrame(b []byte, first byte, payload []byte) []byte {
	b = append(b, first)
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	mask := []byte{0x37, 0xfa, 0x21, 0x3d}
	b = append(b, mask...)
	head := len(b)
	b = append(b, bytes.Repeat(mask, len(payload)/4+1)...)
	return b[:head+subtle.XORBytes(b[head:], b[head:], payload)]
}

// appendMessage encodes a message in one or more fragments.
func appendMessage(b []byte, opcode byte, payload []byte, fragments int, compressed bool) []byte {
	first := opcode
	if compressed {
		first |= rsv1
		payload = deflated(payload)
	}
	for i := range fragments {
		n := len(payload) / (fragments - i)
		if i == fragments-1 {
			first |= fin
		}
		b = appendFrame(b, first, payload[:n])
		payload = payload[n:]
		first = opContinuation
	}
	return b
}

// deflated is a message that refers to none before it (RFC 7692, section
// 7.2.1).
func deflated(payload []byte) []byte {
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err != nil {
		panic(err)
	}
	_, _ = w.Write(payload)
	_ = w.Flush()
	return bytes.TrimSuffix(packed.Bytes(), []byte{0, 0, 0xff, 0xff})
}

// received is one frame of the server's.
type received struct {
	opcode     byte
	compressed bool
	payload    []byte // inflated
	label      label  // of a payload of ours
	labelled   bool
}

func (f received) String() string {
	switch {
	case f.labelled:
		return fmt.Sprintf("%x:%v", f.opcode, f.label)
	case f.opcode == opClose:
		return fmt.Sprintf("close %d", closeCode(f.payload))
	}
	return fmt.Sprintf("%x:%.20q", f.opcode, f.payload)
}

// closeCode is 0 for a close frame without a payload.
func closeCode(payload []byte) int {
	if len(payload) < 2 {
		return 0
	}
	return int(binary.BigEndian.Uint16(payload))
}

// decoder splits what a server sent into frames, strictly.
type decoder struct {
	deflate  bool // permessage-deflate was negotiated
	takeover bool // the server may refer to its earlier messages
	history  []byte
	buf      []byte // the frame under way
}

// next returns the next complete frame; ok is false if there is none yet.
func (d *decoder) next() (f received, ok bool, err error) {
	if len(d.buf) < 2 {
		return f, false, nil
	}
	if err := d.checkHeader(d.buf[0], d.buf[1]); err != nil {
		return f, false, err
	}
	head, size, err := frameSize(d.buf)
	if err != nil || head == 0 || len(d.buf) < head+size {
		return f, false, err
	}
	f = received{opcode: d.buf[0] & 0xf, compressed: d.buf[0]&rsv1 != 0, payload: bytes.Clone(d.buf[head : head+size])}
	d.buf = d.buf[head+size:]
	if f.compressed {
		if f.payload, err = d.inflate(f.payload); err != nil {
			return f, false, fmt.Errorf("a message that cannot be inflated: %w", err)
		}
	}
	return f, true, nil
}

func (d *decoder) checkHeader(first, second byte) error {
	opcode := first & 0xf
	switch {
	case first&fin == 0:
		return fmt.Errorf("a fragment, %#x", first)
	case first&0x30 != 0, first&rsv1 != 0 && !(d.deflate && opcode <= opBinary):
		return fmt.Errorf("a reserved bit in %#x", first)
	case second&0x80 != 0:
		return fmt.Errorf("a masked frame")
	case opcode >= opClose && second > 125:
		return fmt.Errorf("a control frame that is too long")
	}
	switch opcode {
	case opText, opBinary, opClose, opPing, opPong:
		return nil
	}
	return fmt.Errorf("opcode %#x", opcode)
}

// frameSize returns the sizes of the header and the payload; the header's is
// 0 if it is not complete.
func frameSize(b []byte) (head, size int, err error) {
	switch n := b[1] & 0x7f; {
	case n == 126 && len(b) >= 4:
		head, size = 4, int(binary.BigEndian.Uint16(b[2:]))
		if size < 126 {
			err = fmt.Errorf("length %d in 2 bytes", size)
		}
	case n == 127 && len(b) >= 10:
		head, size = 10, int(binary.BigEndian.Uint64(b[2:]))
		if size < 1<<16 || size > 1<<24 {
			err = fmt.Errorf("length %d in 8 bytes", size)
		}
	case n < 126:
		head, size = 2, int(n)
	}
	return head, size, err
}

// inflate puts back the end of the last block, and adds an empty last block
// for the reader (RFC 7692, section 7.2.2).
func (d *decoder) inflate(packed []byte) ([]byte, error) {
	packed = append(packed, 0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff)
	plain, err := io.ReadAll(flate.NewReaderDict(bytes.NewReader(packed), d.history))
	if err == nil && d.takeover {
		d.history = append(d.history, plain...)
		d.history = d.history[max(0, len(d.history)-32<<10):]
	}
	return plain, err
}

// cut checks what is left of the frame under way when the stream has ended,
// and reports whether there is anything.
func (d *decoder) cut() (begun bool, err error) {
	if len(d.buf) < 2 {
		return len(d.buf) > 0, nil
	}
	if err := d.checkHeader(d.buf[0], d.buf[1]); err != nil {
		return true, err
	}
	head, _, err := frameSize(d.buf)
	if err != nil || head == 0 || d.buf[0]&rsv1 != 0 || d.buf[0]&0xf > opBinary {
		return true, err
	}
	return true, checkCutPayload(d.buf[head:])
}
