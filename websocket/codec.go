package websocket

import (
	"errors"

	"github.com/cowhand/cowhand/websocket/deflate"
	"github.com/cowhand/cowhand/websocket/frame"
)

// codec is the compression of one connection; it keeps no more than the two
// windows.
type codec struct {
	agreement    *deflate.Agreement
	compressor   *deflate.Compressor
	decompressor *deflate.Decompressor
}

func newCodec(a *deflate.Agreement) *codec {
	return &codec{a, a.NewCompressor(), a.NewDecompressor()}
}

// takesOver reports whether messages to the client refer to earlier ones.
func (c *codec) takesOver() bool { return !c.agreement.ServerNoContextTakeover }

// form is what a prepared frame for this connection depends on.
func (c *codec) form() deflate.Form { return c.compressor.Form() }

// Inflate implements [frame.Inflater].
func (c *codec) Inflate(dst, payload []byte, limit int64) ([]byte, error) {
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
