package frame

import "encoding/binary"

// Message is a complete message or control frame. [Parser.Next] returns one
// with Complete false if its input ends first.
type Message struct {
	Complete bool
	Opcode   Opcode // Text, Binary, Close, Ping or Pong
	Payload  []byte // unmasked and inflated
}

// Parser turns a client's bytes into messages. It reassembles fragments and
// returns the control frames between them on their own (RFC 6455, section
// 5.4). Set the exported fields before the first call; only MaxSize may change
// between calls.
type Parser struct {
	// MaxSize is the maximum size of a message in bytes; 0 means no limit. It
	// applies to the length in a frame header, to the sum of a message's
	// fragments, and to the inflated size of a compressed message.
	MaxSize int64

	// Inflater inflates compressed payloads. If it is nil, RSV1 is an error.
	Inflater Inflater

	// PerFrame says that the client compresses each frame separately
	// (x-webkit-deflate-frame) instead of each message (permessage-deflate).
	PerFrame bool

	// SkipUTF8 disables the UTF-8 check of text messages.
	SkipUTF8 bool

	// Lend avoids copies: Next unmasks payloads in place, overwriting its
	// input, and they are valid only until [Parser.Release]. By default the
	// caller owns the payloads, and Next leaves its input unchanged. Payloads
	// from one input may share an allocation.
	Lend bool

	inFrame         bool
	compressed      bool                // RSV1 is set on the current message or, with PerFrame, on its current frame
	messageOpcode   Opcode              // of the current message; 0 between messages
	headerLen       uint8               // bytes in headerBuf
	headerBuf       [MaxHeaderSize]byte // a header that continues in the next input
	utf8            UTF8                // of the current text message
	header          Header              // of the current frame; its Mask is rotated for the next payload byte
	remaining       int64               // payload bytes of the current frame still to come
	largestFrame    int                 // the client's largest payload so far that spanned inputs or was a fragment
	largestInflated int32               // largest inflated payload so far, at most maxGuess
	totalInflated   int32               // bytes of all inflated payloads, at most maxGuess
	arena           []byte              // payloads from the current input that the caller will own
	buffers         *bufferSet          // nil if empty
}

// Next consumes in up to the end of the first message or control frame, or
// all of it, and returns the number of bytes consumed.
//
// It reports an error at the first byte that breaks a rule, with two
// exceptions: it inflates a payload only once it is complete, and leaves the
// payload of a close frame to [ParseClose]. Errors are of type [*Error]. Don't
// use the Parser after one.
func (p *Parser) Next(in []byte) (msg Message, n int, err error) {
	if !p.inFrame && p.headerLen == 0 {
		msg, n, err = p.fastPath(in)
	}
	for n < len(in) && !msg.Complete && err == nil {
		var consumed int
		msg, consumed, err = p.nextFrame(in[n:])
		n += consumed
	}
	if n == len(in) {
		p.arena = nil
	}
	return msg, n, err
}

// Idle reports whether the Parser is between messages and holds no bytes.
func (p *Parser) Idle() bool { return !p.inFrame && p.headerLen == 0 && p.messageOpcode == 0 }

// Lent returns the memory in bytes, besides the input, that lent payloads
// occupy until Release.
func (p *Parser) Lent() int {
	if p.buffers == nil {
		return 0
	}
	return p.buffers.lentBytes + len(p.buffers.inflated.bytes)
}

// Release invalidates lent payloads and frees their memory. Call it after each
// input. You may call it earlier, once you are done with the payloads so far.
func (p *Parser) Release() {
	if p.buffers == nil {
		return
	}
	p.buffers.releaseLent()
	if !p.inFrame && p.messageOpcode == 0 {
		p.buffers.recycle()
		p.buffers = nil
	}
}

// fastPath parses the most common frame: a message in a single uncompressed
// frame of at most 125 bytes that is complete in the input. It consumes
// nothing if the frame is any other, valid or not.
func (p *Parser) fastPath(in []byte) (msg Message, n int, err error) {
	const headerSize = 6
	if len(in) < headerSize || p.messageOpcode != 0 {
		return msg, 0, nil
	}
	opcode := Opcode(in[0] - finBit)
	length := int(in[1]) - maskBit
	available := len(in) - headerSize
	if !opcode.IsData() || length < 0 || length >= marker16 || length > available || p.MaxSize > 0 && int64(length) > p.MaxSize {
		return msg, 0, nil
	}
	n = headerSize + length
	payload := p.unmask(in[headerSize:n], binary.LittleEndian.Uint32(in[2:]), available)
	msg, err = p.newMessage(opcode, payload)
	return msg, n, err
}

// nextFrame parses the next frame, or as much of it as in contains.
func (p *Parser) nextFrame(in []byte) (msg Message, n int, err error) {
	if p.inFrame {
		n = int(min(int64(len(in)), p.remaining))
		msg, err = p.appendPayload(in[:n])
		return msg, n, err
	}
	n, err = p.readHeader(in)
	if err != nil || p.headerLen > 0 {
		return msg, n, err
	}
	return p.readPayload(in, n)
}

// readHeader parses a header, or buffers the part of it that in contains.
func (p *Parser) readHeader(in []byte) (n int, err error) {
	if p.headerLen == 0 {
		if n, err = p.header.parse(in); n > 0 {
			return n, p.checkHeader(err)
		}
	}
	n = copy(p.headerBuf[p.headerLen:], in)
	header := p.headerBuf[:int(p.headerLen)+n]
	size, err := p.header.parse(header)
	if size == 0 {
		p.headerLen = uint8(len(header))
		return n, p.checkHeader(p.header.parsePartial(header))
	}
	n = size - int(p.headerLen)
	p.headerLen = 0
	return n, p.checkHeader(err)
}

// readPayload parses the payload that begins at in[n] and belongs to
// p.header.
func (p *Parser) readPayload(in []byte, n int) (Message, int, error) {
	h, payload := &p.header, in[n:]
	complete := h.Length <= int64(len(payload))
	if complete {
		payload = payload[:h.Length]
	}
	if complete && h.Fin && h.Opcode != Continuation {
		msg, err := p.completeFrame(payload, len(in)-n)
		return msg, n + len(payload), err
	}
	p.beginFrame()
	msg, err := p.appendPayload(payload)
	return msg, n + len(payload), err
}

// beginFrame makes p.header that of the current frame.
func (p *Parser) beginFrame() {
	h := &p.header
	p.inFrame, p.remaining = true, h.Length
	if h.Opcode.IsData() {
		p.messageOpcode, p.compressed = h.Opcode, h.RSV != 0
	} else if h.Opcode == Continuation && p.PerFrame {
		p.compressed = h.RSV != 0
	}
}

// completeFrame handles the common case: a control frame or an unfragmented
// message that is complete in one input, which has available bytes from the
// payload on.
func (p *Parser) completeFrame(payload []byte, available int) (Message, error) {
	if p.header.RSV == 0 {
		return p.newMessage(p.header.Opcode, p.unmask(payload, p.header.Mask, available))
	}
	payload, err := p.inflate(payload, available)
	if err != nil {
		return Message{}, err
	}
	return p.newMessage(p.header.Opcode, payload)
}

func (p *Parser) newMessage(opcode Opcode, payload []byte) (Message, error) {
	if opcode == Text && !p.SkipUTF8 && !validText(payload) {
		return Message{}, ErrUTF8
	}
	return Message{true, opcode, payload}, nil
}

// unmask unmasks a complete payload: in place if it is lent, otherwise into
// the arena.
func (p *Parser) unmask(payload []byte, key uint32, available int) []byte {
	if p.Lend {
		Mask(payload, key)
		return payload[:len(payload):len(payload)]
	}
	owned := p.allocate(len(payload), available)
	MaskCopy(owned, payload, key)
	return owned
}

// allocate returns n bytes of the arena. A new arena has room for guess bytes,
// which the caller expects to need for this input.
func (p *Parser) allocate(n, guess int) []byte {
	start, end := len(p.arena), len(p.arena)+n
	if end > cap(p.arena) {
		p.arena = make([]byte, 0, max(n, guess))
		start, end = 0, n
	}
	p.arena = p.arena[:end]
	return p.arena[start:end:end]
}
