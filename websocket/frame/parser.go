package frame

import "encoding/binary"

// Message is what [Parser.Next] found: a whole message, or a control frame.
// Until there is one, Complete is false.
type Message struct {
	Complete bool
	Opcode   Opcode // Text, Binary, Close, Ping or Pong
	Payload  []byte // unmasked, and inflated where it was compressed; nil or empty where there is none
}

// Parser turns the bytes of a client into messages. Fragments are put
// together; control frames between them come out on their own (RFC 6455,
// section 5.4). Set the exported fields before the first call; of them,
// MaxSize may be changed between calls.
type Parser struct {
	// MaxSize is the largest message in bytes; equal is allowed. It bounds
	// the length that a header declares, the fragments of a message taken
	// together, and what a compressed message inflates to. 0: no limit.
	MaxSize int64

	// Inflater restores compressed payloads; nil: none were negotiated, so
	// that RSV1 is an error.
	Inflater Inflater

	// PerFrame says that compression is by frame (x-webkit-deflate-frame)
	// rather than by message (permessage-deflate).
	PerFrame bool

	// SkipUTF8 leaves the payloads of text messages unchecked.
	SkipUTF8 bool

	// Lend returns payloads that are valid only until [Parser.Release], in
	// the memory that was passed to Next where possible. Without it a
	// payload is the caller's to keep, and the input is left as it was. The
	// payloads of one input may share an allocation.
	Lend bool

	inFrame  bool
	squeezed bool   // RSV1 was set on the message (or, PerFrame, the frame) under way
	opcode   Opcode // of the message under way; 0: none
	started  uint8  // bytes in begun
	begun    [MaxHeaderSize]byte
	text     UTF8      // the end of the text message under way
	header   Header    // of the frame under way; its Mask turned as far as payload was read
	left     int64     // payload bytes to come of the frame under way
	trusted  int       // the largest payload that this client has sent in pieces
	inflates int       // the most that one payload inflated to, up to maxGuess
	inflated int       // bytes that all payloads inflated to, up to maxGuess
	arena    []byte    // where the payloads of one input go, for the caller to keep
	work     *assembly // nil where there is nothing in it
}

// Next consumes bytes from the front of in, up to the end of the first
// message or control frame in it, and says how many. It consumes all of in
// where there is none. A fault is found at the first byte that makes one,
// except in a compressed payload, which is looked into when it is whole, and
// in that of a close frame, which is for [ParseClose]. After an error, an
// [*Error], the Parser is not to be used any more.
func (p *Parser) Next(in []byte) (msg Message, n int, err error) {
	if !p.inFrame && p.started == 0 {
		msg, n, err = p.short(in)
	}
	for n < len(in) && !msg.Complete && err == nil {
		var taken int
		msg, taken, err = p.take(in[n:])
		n += taken
	}
	if n == len(in) {
		p.arena = nil
	}
	return msg, n, err
}

// Idle reports whether the Parser is between messages and holds no bytes.
func (p *Parser) Idle() bool { return !p.inFrame && p.started == 0 && p.opcode == 0 }

// Lent returns how many bytes of memory, besides the input, wait for Release.
func (p *Parser) Lent() int {
	if p.work == nil {
		return 0
	}
	return p.work.lentSize + len(p.work.inflated.bytes)
}

// Release takes lent payloads back, and gives up the memory that messages
// were inflated in. It is to be called after each input; it may be called
// before, when the payloads so far are no longer used.
func (p *Parser) Release() {
	if p.work == nil {
		return
	}
	p.work.takeBack()
	if !p.inFrame && p.opcode == 0 {
		p.work.giveUp()
		p.work = nil
	}
}

// short takes the most common frame in the shortest way: a message of at most
// 125 bytes in one frame, not compressed, that is whole in the input. It
// takes nothing where the frame is any other, good or bad.
func (p *Parser) short(in []byte) (msg Message, n int, err error) {
	const size = 6 // of the header
	if len(in) < size || p.opcode != 0 {
		return msg, 0, nil
	}
	opcode := Opcode(in[0] - finBit)
	length := int(in[1]) - maskBit
	room := len(in) - size
	if !opcode.IsData() || length < 0 || length >= length16 || length > room || p.MaxSize > 0 && int64(length) > p.MaxSize {
		return msg, 0, nil
	}
	n = size + length
	payload := p.unmask(in[size:n], binary.LittleEndian.Uint32(in[2:]), room)
	msg, err = p.message(opcode, payload)
	return msg, n, err
}

// take takes the next frame, or as much of it as there is.
func (p *Parser) take(in []byte) (msg Message, n int, err error) {
	if p.inFrame {
		n = int(min(int64(len(in)), p.left))
		msg, err = p.piece(in[:n])
		return msg, n, err
	}
	n, err = p.readHeader(in)
	if err != nil || p.started > 0 {
		return msg, n, err
	}
	return p.payload(in, n)
}

// readHeader reads a header, or as much of it as there is.
func (p *Parser) readHeader(in []byte) (n int, err error) {
	if p.started == 0 {
		if n, err = p.header.parse(in); n > 0 {
			return n, p.check(err)
		}
	}
	n = copy(p.begun[p.started:], in)
	begun := p.begun[:int(p.started)+n]
	size, err := p.header.parse(begun)
	if size == 0 {
		p.started = uint8(len(begun))
		return n, p.check(p.header.parsePart(begun))
	}
	n = size - int(p.started)
	p.started = 0
	return n, p.check(err)
}

// payload takes the payload of the frame whose header has just been read,
// up to in[n].
func (p *Parser) payload(in []byte, n int) (Message, int, error) {
	h, rest := &p.header, in[n:]
	whole := h.Length <= int64(len(rest))
	if whole {
		rest = rest[:h.Length]
	}
	if whole && h.Fin && h.Opcode != Continuation {
		msg, err := p.whole(rest, len(in)-n)
		return msg, n + len(rest), err
	}
	p.enter()
	msg, err := p.piece(rest)
	return msg, n + len(rest), err
}

// enter makes the frame whose header has just been read the one under way.
func (p *Parser) enter() {
	h := &p.header
	p.inFrame, p.left = true, h.Length
	if h.Opcode.IsData() {
		p.opcode, p.squeezed = h.Opcode, h.RSV != 0
	} else if h.Opcode == Continuation && p.PerFrame {
		p.squeezed = h.RSV != 0
	}
}

// whole is the common case: a control frame, or a message in one frame, that
// is whole in one input, of which there are room bytes from the payload on.
func (p *Parser) whole(payload []byte, room int) (Message, error) {
	if p.header.RSV == 0 {
		return p.message(p.header.Opcode, p.unmask(payload, p.header.Mask, room))
	}
	payload, err := p.inflate(payload, room)
	if err != nil {
		return Message{}, err
	}
	return p.message(p.header.Opcode, payload)
}

// message checks and returns a whole message, or a control frame.
func (p *Parser) message(opcode Opcode, payload []byte) (Message, error) {
	if opcode == Text && !p.SkipUTF8 && !validText(payload) {
		return Message{}, ErrUTF8
	}
	return Message{true, opcode, payload}, nil
}

// unmask unmasks a whole payload: in place to lend it, or else to where the
// caller may keep it.
func (p *Parser) unmask(payload []byte, key uint32, room int) []byte {
	if p.Lend {
		Mask(payload, key)
		return payload[:len(payload):len(payload)]
	}
	kept := p.reserve(len(payload), room)
	MaskCopy(kept, payload, key)
	return kept
}

// reserve returns n bytes for the caller to keep. They come from the arena,
// which is made large enough for all the payloads, a guess, to come in the
// same input.
func (p *Parser) reserve(n, guess int) []byte {
	start, end := len(p.arena), len(p.arena)+n
	if end > cap(p.arena) {
		p.arena = make([]byte, 0, max(n, guess))
		start, end = 0, n
	}
	p.arena = p.arena[:end]
	return p.arena[start:end:end]
}
