package frame

import (
	"math/bits"
	"slices"
	"sync"
)

// assembly is the memory of what does not come in one frame and one input,
// or comes compressed. Only a Parser that has such holds one.
type assembly struct {
	message  buffer   // the message under way
	packed   buffer   // its compressed bytes
	control  buffer   // the control frame under way
	inflated buffer   // whole messages, inflated
	lent     []buffer // payloads that were lent
	lentSize int      // bytes in the memory of lent
}

var assemblies = sync.Pool{New: func() any { return new(assembly) }}

// assembly returns the Parser's, after it got one where it has none.
func (p *Parser) assembly() *assembly {
	if p.work == nil {
		p.work = assemblies.Get().(*assembly)
	}
	return p.work
}

// lend keeps b until it is taken back.
func (w *assembly) lend(b buffer) {
	w.lent = append(w.lent, b)
	w.lentSize += cap(b.bytes)
}

// takeBack takes back what was lent.
func (w *assembly) takeBack() {
	for i := range w.lent {
		w.lent[i].release()
	}
	w.lent, w.lentSize = w.lent[:0], 0
	w.inflated.release()
}

// giveUp gives back all memory, and the assembly itself.
func (w *assembly) giveUp() {
	w.message.release()
	w.packed.release()
	w.control.release()
	if cap(w.lent) > maxLent {
		w.lent = nil
	}
	assemblies.Put(w)
}

// maxLent is how many entries of lent an idle assembly may keep.
const maxLent = 64

// piece takes the next bytes of a frame that comes in several inputs, or is a
// fragment.
func (p *Parser) piece(b []byte) (Message, error) {
	into := p.target()
	start := len(into.bytes)
	if cap(into.bytes)-start < len(b) {
		p.grow(into, len(b))
	}
	into.bytes = into.bytes[:start+len(b)]
	p.header.Mask = MaskCopy(into.bytes[start:], b, p.header.Mask)
	return p.advance(into, len(b))
}

// Tail needs a frame of which minTail bytes are missing, and grows a buffer
// that has less than minFree bytes free.
const (
	minTail = 4 << 10
	minFree = 1 << 10
)

// Tail returns memory for payload bytes that are still to come of a large
// frame under way, for the caller to read into without a copy; nil where
// there is no such frame. If bytes were put there, [Parser.Filled] is the next
// call.
func (p *Parser) Tail() []byte {
	if !p.inFrame || p.left < minTail {
		return nil
	}
	into := p.target()
	if cap(into.bytes)-len(into.bytes) < minFree {
		p.grow(into, 0)
	}
	free := into.bytes[len(into.bytes):cap(into.bytes)]
	return free[:min(int64(len(free)), p.left)]
}

// Filled says that n bytes were put into what Tail returned. It returns what
// [Parser.Next] does.
func (p *Parser) Filled(n int) (Message, error) {
	into := p.target()
	start := len(into.bytes)
	into.bytes = into.bytes[:start+n]
	p.header.Mask = Mask(into.bytes[start:], p.header.Mask)
	return p.advance(into, n)
}

// target is where the payload of the frame under way goes.
func (p *Parser) target() *buffer {
	w := p.assembly()
	switch {
	case p.header.Opcode.IsControl():
		return &w.control
	case p.squeezed:
		return &w.packed
	}
	return &w.message
}

// firstSize is the memory in bytes that a message gets for its header alone.
const firstSize = 4 << 10

// grow moves the payload of the frame under way to more memory, for n bytes
// that came and for later ones. A header costs the client nothing, whatever
// length it announces, so memory follows the bytes: at most four times those
// of this message, or twice those of the client's largest frame before.
func (p *Parser) grow(into *buffer, n int) {
	have := int64(len(into.bytes))
	earned := max(firstSize, 4*(have+int64(n)+MaxHeaderSize)) // with the header, reads of 64 KiB lead to powers of two
	limit := max(earned, 2*int64(p.trusted))
	size := have + p.left
	if !p.header.Fin {
		size = max(size, earned) // for the fragments to come
	}
	pooled := p.Lend || p.squeezed || !p.header.Fin || size > limit
	if pooled {
		size = min(size, 1<<(bits.Len64(uint64(limit))-1)) // pooled buffers are powers of two
	}
	into.move(int(size), pooled)
}

// advance accounts for the n bytes at the end of into, the next ones of the
// frame under way, and ends frame and message where they end.
func (p *Parser) advance(into *buffer, n int) (Message, error) {
	p.left -= int64(n)
	p.inFrame = p.left > 0
	opcode := p.header.Opcode
	if !p.inFrame {
		p.trusted = max(p.trusted, int(p.header.Length))
	}
	switch {
	case opcode.IsControl():
		if p.inFrame {
			return Message{}, nil
		}
		return Message{true, opcode, p.finish(into)}, nil
	case !p.squeezed:
		if !p.textIsValid(into.bytes[len(into.bytes)-n:]) {
			return Message{}, ErrUTF8
		}
	case !p.inFrame && (p.PerFrame || p.header.Fin):
		if err := p.unpack(); err != nil {
			return Message{}, err
		}
	}
	if p.inFrame || !p.header.Fin {
		return Message{}, nil
	}
	return p.endMessage()
}

// textIsValid checks the next bytes of a text message.
func (p *Parser) textIsValid(b []byte) bool {
	return p.opcode != Text || p.SkipUTF8 || p.text.Valid(b)
}

func (p *Parser) endMessage() (Message, error) {
	opcode := p.opcode
	p.opcode = 0
	if opcode == Text && !p.SkipUTF8 && !p.text.Complete() {
		return Message{}, ErrUTF8
	}
	message := &p.assembly().message
	return Message{true, opcode, p.finish(message)}, nil
}

// finish takes a whole payload out of its buffer, to lend or to give it.
func (p *Parser) finish(b *buffer) []byte {
	done := *b
	*b = buffer{}
	payload := done.bytes
	switch {
	case done.box == nil: // not from the pools
	case p.Lend:
		p.work.lend(done)
	default:
		payload = slices.Clone(payload)
		done.release()
	}
	return slices.Clip(payload)
}
