package frame

// Inflater inflates compressed payloads. Package websocket implements it with
// package deflate.
type Inflater interface {
	// Inflate appends the inflated payload to dst. A limit of 0 means none; a
	// negative limit allows no bytes at all. Inflate returns ErrTooBig before
	// it exceeds limit, and ErrDeflate if payload is invalid. It must not
	// retain dst or payload.
	Inflate(dst, payload []byte, limit int64) ([]byte, error)
}

// maxGuess bounds the memory in bytes reserved for payloads not yet inflated.
const maxGuess = 64 << 10

// inflate inflates a message that is complete in one input, which has
// available bytes from the payload on.
func (p *Parser) inflate(payload []byte, available int) ([]byte, error) {
	buffers := p.acquireBuffers()
	if !p.Lend { // leave the input unchanged
		buffers.compressed.reserve(len(payload))
		payload = append(buffers.compressed.bytes, payload...)
		defer buffers.compressed.release()
	}
	Mask(payload, p.header.Mask)
	dst := buffers.inflateBuffer(int(p.largestInflated), p.Lend)
	start := len(dst.bytes)
	out, err := p.Inflater.Inflate(dst.bytes, payload, p.MaxSize)
	if err != nil {
		return nil, err
	}
	dst.bytes = out
	out = out[start:len(out):len(out)]
	p.largestInflated = max(p.largestInflated, int32(min(len(out), maxGuess)))
	p.totalInflated = int32(min(int(p.totalInflated)+len(out), maxGuess))
	if p.Lend {
		return out, nil
	}
	// Expect the rest of the input to inflate as well as this payload, but
	// reserve no more than this client's payloads have used so far.
	guess := len(out) * (available / max(1, len(payload)))
	owned := p.allocate(len(out), min(guess, max(minBuffer, int(p.totalInflated))))
	copy(owned, out)
	return owned, nil
}

// inflateBuffer returns the buffer for the next message to inflate. Messages
// that are lent share it while more than size bytes are free.
func (s *bufferSet) inflateBuffer(size int, lend bool) *buffer {
	b := &s.inflated
	if !lend {
		b.bytes = b.bytes[:0]
	} else if b.pooled() && cap(b.bytes)-len(b.bytes) < size {
		s.addLent(*b)
		*b = buffer{}
	}
	if cap(b.bytes) == 0 {
		*b = getBuffer(max(minBuffer, 2*size))
	}
	return b
}

// appendInflated inflates buffers.compressed and appends the result to the
// current message.
func (p *Parser) appendInflated() error {
	buffers := p.acquireBuffers()
	limit := p.MaxSize
	if limit > 0 {
		if limit -= int64(len(buffers.message.bytes)); limit <= 0 {
			limit = -1 // 0 would mean no limit
		}
	}
	buffers.message.reserve(1)
	start := len(buffers.message.bytes)
	out, err := p.Inflater.Inflate(buffers.message.bytes, buffers.compressed.bytes, limit)
	buffers.compressed.release()
	if err != nil {
		return err
	}
	buffers.message.bytes = out
	if !p.validUTF8(out[start:]) {
		return ErrUTF8
	}
	return nil
}
