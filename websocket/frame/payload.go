package frame

import (
	"math/bits"
	"slices"
)

// appendPayload appends the next bytes of the current frame, which spans
// inputs or is a fragment.
func (p *Parser) appendPayload(b []byte) (Message, error) {
	dst := p.payloadBuffer()
	start := len(dst.bytes)
	if cap(dst.bytes)-start < len(b) {
		p.growBuffer(dst, len(b))
	}
	dst.bytes = dst.bytes[:start+len(b)]
	p.header.Mask = MaskCopy(dst.bytes[start:], b, p.header.Mask)
	return p.commit(dst, len(b))
}

// Tail saves a copy only if a frame lacks minTail bytes. It grows a buffer
// with less than minFree bytes free, rather than ask for a tiny read.
const (
	minTail = 4 << 10
	minFree = 1 << 10
)

// Tail returns memory for the rest of a large frame, to read into without a
// copy. It returns nil if no such frame is under way. If you read into it,
// call [Parser.Filled] next.
func (p *Parser) Tail() []byte {
	if !p.inFrame || p.remaining < minTail {
		return nil
	}
	dst := p.payloadBuffer()
	if cap(dst.bytes)-len(dst.bytes) < minFree {
		p.growBuffer(dst, 0)
	}
	free := dst.bytes[len(dst.bytes):cap(dst.bytes)]
	return free[:min(int64(len(free)), p.remaining)]
}

// Filled parses n bytes that the caller read into Tail's memory. Its results
// are those of [Parser.Next].
func (p *Parser) Filled(n int) (Message, error) {
	dst := p.payloadBuffer()
	start := len(dst.bytes)
	dst.bytes = dst.bytes[:start+n]
	p.header.Mask = Mask(dst.bytes[start:], p.header.Mask)
	return p.commit(dst, n)
}

// payloadBuffer returns the buffer for the current frame's payload.
func (p *Parser) payloadBuffer() *buffer {
	buffers := p.acquireBuffers()
	switch {
	case p.header.Opcode.IsControl():
		return &buffers.control
	case p.compressed:
		return &buffers.compressed
	}
	return &buffers.message
}

// minBuffer is the memory in bytes that a message may use before its client
// has sent as much.
const minBuffer = 4 << 10

// growBuffer makes room in dst for the n bytes that arrived, and more for
// later ones. An announced length costs the client nothing, so it doesn't
// count: capacity is at most four times the bytes received, or twice the
// client's largest frame so far.
func (p *Parser) growBuffer(dst *buffer, n int) {
	used := int64(len(dst.bytes))
	received := used + int64(n) + MaxHeaderSize // with the header, reads of 64 KiB add up to powers of two
	earned := max(minBuffer, 4*received)
	limit := max(earned, 2*int64(p.largestFrame))
	size := used + p.remaining
	if !p.header.Fin {
		size = max(size, earned) // more fragments follow
	}
	pooled := p.Lend || p.compressed || !p.header.Fin || size > limit
	if pooled {
		// The pool rounds up to a power of two: stay within the limit.
		size = min(size, 1<<(bits.Len64(uint64(limit))-1))
	}
	dst.realloc(int(size), pooled)
}

// commit accounts for the n payload bytes just appended to dst, and completes
// the frame and the message if they are the last.
func (p *Parser) commit(dst *buffer, n int) (Message, error) {
	p.remaining -= int64(n)
	p.inFrame = p.remaining > 0
	opcode := p.header.Opcode
	if !p.inFrame {
		p.largestFrame = max(p.largestFrame, int(p.header.Length))
	}
	switch {
	case opcode.IsControl():
		if p.inFrame {
			return Message{}, nil
		}
		return Message{true, opcode, p.detach(dst)}, nil
	case !p.compressed:
		if !p.validUTF8(dst.bytes[len(dst.bytes)-n:]) {
			return Message{}, ErrUTF8
		}
	case !p.inFrame && (p.PerFrame || p.header.Fin):
		if err := p.appendInflated(); err != nil {
			return Message{}, err
		}
	}
	if p.inFrame || !p.header.Fin {
		return Message{}, nil
	}
	return p.completeMessage()
}

// validUTF8 checks the next bytes of the current message.
func (p *Parser) validUTF8(b []byte) bool {
	return p.messageOpcode != Text || p.SkipUTF8 || p.utf8.Valid(b)
}

func (p *Parser) completeMessage() (Message, error) {
	opcode := p.messageOpcode
	p.messageOpcode = 0
	if opcode == Text && !p.SkipUTF8 && !p.utf8.Complete() {
		return Message{}, ErrUTF8
	}
	return Message{true, opcode, p.detach(&p.acquireBuffers().message)}, nil
}

// detach empties b and returns its bytes, either lent or as the caller's own.
func (p *Parser) detach(b *buffer) []byte {
	full := *b
	*b = buffer{}
	payload := full.bytes
	switch {
	case !full.pooled():
	case p.Lend:
		p.buffers.addLent(full)
	default:
		payload = slices.Clone(payload)
		full.release()
	}
	return slices.Clip(payload)
}
