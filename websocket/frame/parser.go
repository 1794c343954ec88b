package frame

import "unicode/utf8"

// Message is what [Parser.Next] found: a whole message, or a control frame.
// Until there is one, Complete is false.
type Message struct {
	Complete bool
	Opcode   Opcode // Text, Binary, Close, Ping or Pong
	Payload  []byte // unmasked, and inflated where it was compressed
}

// Inflater restores compressed payloads; package deflate has them.
type Inflater interface {
	// Inflate appends the restored payload to dst. It returns ErrTooBig as
	// soon as it would append more than limit bytes (0: no limit; negative:
	// none at all), and ErrDeflate where payload is not valid.
	Inflate(dst, payload []byte, limit int64) ([]byte, error)
}

// Parser turns the bytes of a client into messages. Fragments are put
// together; control frames between them come out on their own (RFC 6455,
// section 5.4). Set the exported fields before the first call.
type Parser struct {
	// MaxSize is the largest message in bytes; equal is allowed. It bounds
	// the length that a header declares, the fragments of a message taken
	// together, and what a compressed message inflates to. 0: no limit.
	MaxSize int64

	// SkipUTF8 leaves text and close reasons unchecked.
	SkipUTF8 bool

	// Lend returns payloads that are valid only until [Parser.Release], in
	// the memory that was passed to Next where possible. Without it a
	// payload is the caller's to keep, and the input is left as it was
	// unless it is compressed.
	Lend bool

	// Inflater restores compressed payloads; nil: none were negotiated, so
	// that RSV1 is an error.
	Inflater Inflater

	// PerFrame says that compression is by frame (x-webkit-deflate-frame)
	// rather than by message (permessage-deflate).
	PerFrame bool

	started   uint8 // bytes in begun
	begun     [MaxHeaderSize]byte
	inFrame   bool
	header    Header // of the frame under way; its Mask turned as far as payload was read
	left      int64  // payload bytes to come of the frame under way
	opcode    Opcode // of the message under way; 0: none
	squeezed  bool   // RSV1 was set on the message (or, PerFrame, the frame) under way
	text      UTF8
	control   []byte // the control frame under way, where it came in pieces
	message   buffer // the message under way
	packed    buffer // its compressed bytes
	arena     []byte // where the payloads of one input go, for the caller to keep
	inflated  []byte // where messages are inflated to
	lent      buffer // a payload that was lent
	trustSize int    // a length that this client has sent before
}

// Next consumes bytes from the front of in, up to the end of the first
// message or control frame in it, and says how many. It consumes all of in
// where there is none. After an error, an [*Error], the Parser is not to be
// used any more.
func (p *Parser) Next(in []byte) (msg Message, n int, err error) {
	if !p.inFrame {
		if n, err = p.readHeader(in); err != nil || !p.inFrame {
			return msg, n, err
		}
	}
	rest := in[n:]
	if int64(len(rest)) > p.left {
		rest = rest[:p.left]
	}
	n += len(rest)
	if p.isWhole(rest) {
		msg, err = p.wholeFrame(rest, in[n-len(rest):])
	} else {
		msg, err = p.piece(rest)
	}
	if n == len(in) {
		p.arena = nil
	}
	return msg, n, err
}

// Idle reports whether the Parser is between messages and holds no bytes.
func (p *Parser) Idle() bool { return !p.inFrame && p.started == 0 && p.opcode == 0 }

// Release takes lent payloads back; without Lend, it gives back the memory
// that messages were inflated in. It is to be called after each input.
func (p *Parser) Release() {
	p.lent.release() // which does nothing to what is the caller's
	if p.inflated != nil {
		putBytes(p.inflated)
		p.inflated = nil
	}
}

// readHeader reads the next header, or as much of it as there is.
func (p *Parser) readHeader(in []byte) (n int, err error) {
	var h Header
	var size int
	if p.started == 0 {
		h, size, err = ParseHeader(in)
		n = size
	} else {
		copied := copy(p.begun[p.started:], in)
		h, size, err = ParseHeader(p.begun[:int(p.started)+copied])
		n = size - int(p.started)
	}
	if err != nil {
		return n, err
	}
	if size == 0 {
		p.started += uint8(copy(p.begun[p.started:], in))
		return len(in), p.checkEarly()
	}
	p.started = 0
	if err := p.check(h); err != nil {
		return n, err
	}
	p.header, p.left, p.inFrame = h, h.Length, true
	return n, nil
}

// checkEarly checks what can be known from the first byte of a header, so
// that a fault in it is found before the rest arrives.
func (p *Parser) checkEarly() error {
	if p.started == 0 {
		return nil
	}
	return p.checkFirst(Header{
		Fin:    p.begun[0]&finBit != 0,
		RSV:    p.begun[0] & rsvBits,
		Opcode: Opcode(p.begun[0] & 0x0F),
	})
}

func (p *Parser) check(h Header) error {
	if err := p.checkFirst(h); err != nil {
		return err
	}
	switch {
	case !h.Masked:
		return ErrUnmasked
	case h.Opcode.IsControl():
		if h.Length > MaxControlSize {
			return ErrControlTooLong
		}
		return nil
	}
	size := h.Length + int64(len(p.message.bytes)) + int64(len(p.packed.bytes))
	if size < 0 || p.MaxSize > 0 && size > p.MaxSize {
		return ErrTooBig
	}
	if h.Opcode != Continuation {
		p.opcode, p.squeezed = h.Opcode, h.RSV != 0
	} else if p.PerFrame {
		p.squeezed = h.RSV != 0
	}
	return nil
}

// checkFirst checks what a header's first byte says.
func (p *Parser) checkFirst(h Header) error {
	switch {
	case h.RSV != 0 && !p.allowsRSV(h):
		return ErrReservedBits
	case !h.Opcode.known():
		return ErrReservedOpcode
	case h.Opcode.IsControl() && !h.Fin:
		return ErrFragmentedControl
	case h.Opcode == Continuation && p.opcode == 0:
		return ErrStrayContinuation
	case h.Opcode.IsData() && p.opcode != 0:
		return ErrInterleaved
	}
	return nil
}

// allowsRSV reports whether a header's reserved bits are those of the
// negotiated compression: RSV1 on the first frame of a message (RFC 7692,
// section 6), or on any data frame where compression is by frame.
func (p *Parser) allowsRSV(h Header) bool {
	return h.RSV == RSV1 && p.Inflater != nil && (h.Opcode.IsData() || h.Opcode == Continuation && p.PerFrame)
}

// isWhole reports whether rest is the whole payload of a frame that stands
// for itself: a control frame, or an unfragmented message.
func (p *Parser) isWhole(rest []byte) bool {
	return p.left == p.header.Length && p.left == int64(len(rest)) &&
		(p.header.Opcode.IsControl() || p.header.Fin && p.header.Opcode != Continuation)
}

// wholeFrame is the common case: a message in one frame, in one input.
// Following is the input from the payload on.
func (p *Parser) wholeFrame(payload, following []byte) (Message, error) {
	p.inFrame, p.left = false, 0
	opcode := p.header.Opcode
	if opcode.IsControl() {
		return Message{true, opcode, p.take(payload, following)}, nil
	}
	p.opcode = 0
	var err error
	if p.squeezed {
		Mask(payload, p.header.Mask)
		if payload, err = p.inflate(payload); err != nil {
			return Message{}, err
		}
	} else {
		payload = p.take(payload, following)
	}
	if opcode == Text && !p.SkipUTF8 && !utf8.Valid(payload) {
		return Message{}, ErrUTF8
	}
	return Message{true, opcode, payload}, nil
}

// take unmasks a payload: in place to lend it, else into the arena, which is
// made large enough for all that follows in the same input.
func (p *Parser) take(payload, following []byte) []byte {
	if len(payload) == 0 {
		return nil
	}
	if p.Lend {
		Mask(payload, p.header.Mask)
		return payload[:len(payload):len(payload)]
	}
	if cap(p.arena)-len(p.arena) < len(payload) {
		p.arena = make([]byte, 0, len(following))
	}
	start := len(p.arena)
	end := start + len(payload)
	p.arena = p.arena[:end]
	kept := p.arena[start:end:end]
	MaskCopy(kept, payload, p.header.Mask)
	return kept
}

// inflate restores a whole payload.
func (p *Parser) inflate(payload []byte) ([]byte, error) {
	if p.inflated == nil {
		p.inflated = getBytes(scratchSize)
	}
	if !p.Lend {
		p.inflated = p.inflated[:0]
	}
	start := len(p.inflated)
	out, err := p.Inflater.Inflate(p.inflated, payload, p.MaxSize)
	if err != nil {
		return nil, err
	}
	p.inflated = out
	if p.Lend {
		return out[start:len(out):len(out)], nil
	}
	return append(make([]byte, 0, len(out)), out...), nil
}
