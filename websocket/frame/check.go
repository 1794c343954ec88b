package frame

import "math"

// checkHeader checks p.header; lengthErr is the error from parsing its length.
// Its checks follow the order of the bytes, so that the error doesn't depend
// on how inputs split the header.
func (p *Parser) checkHeader(lengthErr error) error {
	if err := p.checkFirstByte(); err != nil {
		return err
	}
	h := &p.header
	switch {
	case !h.Masked:
		return ErrUnmasked
	case h.Opcode.IsControl():
		if h.Length > MaxControlSize || lengthErr != nil {
			return ErrControlTooLong
		}
		return nil
	case lengthErr != nil:
		return lengthErr
	}
	return p.checkSize(h.Length)
}

// checkFirstByte checks the FIN bit, the reserved bits and the opcode.
func (p *Parser) checkFirstByte() error {
	h := &p.header
	switch {
	case h.RSV != 0 && !p.allowsRSV():
		return ErrReservedBits
	case !h.Opcode.defined():
		return ErrReservedOpcode
	case h.Opcode.IsControl():
		if !h.Fin {
			return ErrFragmentedControl
		}
	case h.Opcode == Continuation && p.messageOpcode == 0:
		return ErrStrayContinuation
	case h.Opcode != Continuation && p.messageOpcode != 0:
		return ErrInterleaved
	}
	return nil
}

// allowsRSV reports whether compression permits the header's reserved bits:
// RSV1 on a message's first frame (RFC 7692, section 6) or, with PerFrame, on
// any data frame.
func (p *Parser) allowsRSV() bool {
	h := &p.header
	return h.RSV == RSV1 && p.Inflater != nil && (h.Opcode.IsData() || h.Opcode == Continuation && p.PerFrame)
}

// checkSize adds up the message's previous fragments and the frame's length.
func (p *Parser) checkSize(length int64) error {
	if p.buffers != nil {
		length += int64(len(p.buffers.message.bytes)) + int64(len(p.buffers.compressed.bytes))
	}
	if length < 0 || length > math.MaxInt || p.MaxSize > 0 && length > p.MaxSize {
		return ErrTooBig
	}
	return nil
}
