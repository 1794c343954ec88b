package frame

import "math"

// check checks the header under way; form is what its parsing said of the
// length. The rules stand in the order of the bytes that break them, so that
// a header that breaks several has the same error whole and in parts.
func (p *Parser) check(form error) error {
	if err := p.checkFirst(); err != nil {
		return err
	}
	h := &p.header
	switch {
	case !h.Masked:
		return ErrUnmasked
	case h.Opcode.IsControl():
		if h.Length > MaxControlSize || form != nil {
			return ErrControlTooLong
		}
		return nil
	case form != nil:
		return form
	}
	return p.checkSize(h.Length)
}

// checkFirst checks what the header's first byte says.
func (p *Parser) checkFirst() error {
	h := &p.header
	switch {
	case h.RSV != 0 && !p.allowsRSV():
		return ErrReservedBits
	case !h.Opcode.known():
		return ErrReservedOpcode
	case h.Opcode.IsControl():
		if !h.Fin {
			return ErrFragmentedControl
		}
	case h.Opcode == Continuation && p.opcode == 0:
		return ErrStrayContinuation
	case h.Opcode != Continuation && p.opcode != 0:
		return ErrInterleaved
	}
	return nil
}

// allowsRSV reports whether the header's reserved bits are those of the
// negotiated compression: RSV1 on the first frame of a message (RFC 7692,
// section 6), or on any data frame where compression is by frame.
func (p *Parser) allowsRSV() bool {
	h := &p.header
	return h.RSV == RSV1 && p.Inflater != nil && (h.Opcode.IsData() || h.Opcode == Continuation && p.PerFrame)
}

// checkSize checks the length of a frame together with the fragments before.
func (p *Parser) checkSize(length int64) error {
	if p.work != nil {
		length += int64(len(p.work.message.bytes)) + int64(len(p.work.packed.bytes))
	}
	if length < 0 || length > math.MaxInt || p.MaxSize > 0 && length > p.MaxSize {
		return ErrTooBig
	}
	return nil
}
