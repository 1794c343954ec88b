package websocket

import (
	"errors"

	"github.com/cowhand/cowhand/websocket/deflate"
	"github.com/cowhand/cowhand/websocket/frame"
)

// compression is the compression of one connection. It keeps no more than the
// two windows.
type compression struct {
	agreement    *deflate.Agreement
	compressor   *deflate.Compressor
	decompressor *deflate.Decompressor

	// Of the frames that other goroutines write; under the outbox's lock.
	shared  deflate.Form
	ordered bool // messages refer to earlier ones, so only the loop may write
}

func newCompression(a *deflate.Agreement) *compression {
	return &compression{agreement: a, compressor: a.NewCompressor(), decompressor: a.NewDecompressor()}
}

// takesOver reports whether messages to the client refer to earlier ones.
func (c *compression) takesOver() bool { return !c.agreement.ServerNoContextTakeover }

// Inflate implements [frame.Inflater]. A limit of 0 means none there, and a
// negative one allows no bytes; package deflate has it the other way round.
func (c *compression) Inflate(dst, payload []byte, limit int64) ([]byte, error) {
	switch {
	case limit == 0:
		limit = -1
	case limit < 0:
		limit = 0
	}
	out, err := c.decompressor.Decompress(dst, payload, int(limit))
	switch {
	case errors.Is(err, deflate.ErrTooLarge):
		return dst, frame.ErrTooBig
	case err != nil:
		return dst, frame.ErrDeflate
	}
	return out, nil
}
