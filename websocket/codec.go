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

	// For frames that other goroutines send, under the lock of outgoing.
	form  deflate.Form // what they are encoded in
	takes bool         // they refer to earlier ones, so that the loop has to send them
}

func newCodec(a *deflate.Agreement) *codec {
	return &codec{agreement: a, compressor: a.NewCompressor(), decompressor: a.NewDecompressor()}
}

// takesOver reports whether messages to the client refer to earlier ones.
func (c *codec) takesOver() bool { return !c.agreement.ServerNoContextTakeover }

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
