package frame

// piece takes the next bytes of a frame that does not stand for itself: one
// that comes in several inputs, or a fragment.
func (p *Parser) piece(b []byte) (Message, error) {
	if p.header.Opcode.IsControl() {
		p.control = append(p.control, b...)
		unmasked := p.control[len(p.control)-len(b):]
		p.header.Mask = Mask(unmasked, p.header.Mask)
		return p.advance(unmasked)
	}
	into := p.target()
	into.grow(len(b), p.expect(into), p.Lend)
	start := len(into.bytes)
	into.bytes = into.bytes[:start+len(b)]
	unmasked := into.bytes[start:]
	p.header.Mask = MaskCopy(unmasked, b, p.header.Mask)
	return p.advance(unmasked)
}

// Tail returns memory for payload bytes that are still to come of a large
// frame under way, for the caller to read into without a copy; nil where
// there is no such frame. [Parser.Filled] follows.
func (p *Parser) Tail() []byte {
	if !p.inFrame || p.left < minTail || p.header.Opcode.IsControl() {
		return nil
	}
	into := p.target()
	into.grow(minTail, p.expect(into), p.Lend)
	free := into.bytes[len(into.bytes):cap(into.bytes)]
	if int64(len(free)) > p.left {
		free = free[:p.left]
	}
	return free
}

// minTail is the least payload to come, in bytes, that is worth a read of
// its own memory.
const minTail = 4 << 10

// Filled says that n bytes were put into what Tail returned. It returns what
// [Parser.Next] does.
func (p *Parser) Filled(n int) (Message, error) {
	into := p.target()
	start := len(into.bytes)
	into.bytes = into.bytes[:start+n]
	unmasked := into.bytes[start:]
	p.header.Mask = Mask(unmasked, p.header.Mask)
	return p.advance(unmasked)
}

// target is where the payload of the frame under way goes.
func (p *Parser) target() *buffer {
	if p.squeezed {
		return &p.packed
	}
	return &p.message
}

// expect returns how large the target may get at once: as much as the frame
// declares, where this client has sent as much before, and otherwise in
// steps, so that a header alone does not cost memory.
func (p *Parser) expect(into *buffer) int {
	declared := int64(len(into.bytes)) + p.left
	return int(min(declared, int64(max(p.trustSize, firstSize, 4*len(into.bytes)))))
}

// advance accounts for payload bytes of the frame under way, and ends frame
// and message where they end.
func (p *Parser) advance(unmasked []byte) (msg Message, err error) {
	p.left -= int64(len(unmasked))
	control := p.header.Opcode.IsControl()
	if !control && !p.squeezed && !p.validText(unmasked) {
		return msg, ErrUTF8
	}
	if p.left > 0 {
		return msg, nil
	}
	p.inFrame = false
	if control {
		msg = Message{true, p.header.Opcode, p.control}
		p.control = nil
		return msg, nil
	}
	if p.squeezed && (p.PerFrame || p.header.Fin) {
		if err := p.unpack(); err != nil {
			return msg, err
		}
	}
	if !p.header.Fin {
		return msg, nil
	}
	return p.endMessage()
}

// unpack inflates what came compressed, and appends it to the message.
func (p *Parser) unpack() error {
	if !p.PerFrame {
		p.trustSize = max(p.trustSize, len(p.packed.bytes))
	}
	start := len(p.message.bytes)
	limit := p.MaxSize
	if limit > 0 {
		if limit -= int64(start); limit == 0 {
			limit = -1 // nothing more fits
		}
	}
	out, err := p.Inflater.Inflate(p.message.bytes, p.packed.bytes, limit)
	p.packed.release()
	if err != nil {
		return err
	}
	p.message.replace(out)
	if !p.validText(out[start:]) {
		return ErrUTF8
	}
	return nil
}

// validText checks the next bytes of a text message.
func (p *Parser) validText(b []byte) bool {
	return p.opcode != Text || p.SkipUTF8 || p.text.Valid(b)
}

func (p *Parser) endMessage() (Message, error) {
	opcode := p.opcode
	p.opcode, p.squeezed = 0, false
	if opcode == Text && !p.SkipUTF8 && !p.text.Complete() {
		return Message{}, ErrUTF8
	}
	msg := Message{true, opcode, p.message.bytes}
	p.trustSize = max(p.trustSize, len(p.message.bytes))
	if p.lent.bytes == nil { // else it is left to the garbage collector
		p.lent = p.message
	}
	p.message = buffer{}
	return msg, nil
}
