package websocket_test

import (
	"crypto/tls"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/internal/rawio"
	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/deflate"
)

// eachTLS runs a test over the listener's TLS in each version, with and without
// compression.
func eachTLS(t *testing.T, test func(t *testing.T, by carrier, headers ...string)) {
	for name, version := range map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13} {
		by := carrier{setup: setup{tls: true}, secure: true, version: version}
		by.options.MaxFrameSize = -1
		t.Run(name, func(t *testing.T) { test(t, by) })
		t.Run(name+" compressed", func(t *testing.T) {
			by.options.Compress = websocket.CompressOn
			by.options.Deflate = deflate.Options{MinCompressSize: 1}
			test(t, by, "Sec-WebSocket-Extensions", "permessage-deflate; server_no_context_takeover; client_no_context_takeover")
		})
	}
}

// echoed sends a message, compressed if that was negotiated, and reads the echo.
func (c *client) echoed(f wireFrame) {
	c.t.Helper()
	sent := f
	if c.response.Header.Get("Sec-WebSocket-Extensions") != "" {
		sent = withRSV(rsv1, wireFrame{true, 0, f.opcode, newDeflater().payload(f.payload)})
	}
	done := make(chan struct{})
	go func() { // both may be more than the sockets take
		defer close(done)
		_, err := c.conn.Write(masked(sent))
		assert.NoError(c.t, err)
	}()
	got := c.next()
	<-done
	if got.rsv == rsv1 {
		got.payload, got.rsv = inflated(c.t, nil, got), 0
	}
	require.True(c.t, got == f, "a message of %d bytes differs", len(f.payload))
}

// noise doesn't compress.
func noise(n int) string {
	b := make([]byte, n)
	random := rand.NewChaCha8([32]byte{})
	_, _ = random.Read(b)
	return string(b)
}

// TestLargeMessagesOverTLS: both ways, alone and behind small ones.
func TestLargeMessagesOverTLS(t *testing.T) {
	eachTLS(t, func(t *testing.T, by carrier, headers ...string) {
		c, _ := by.connect(t, by.serve(t, &callbacks{frame: echo}), headers...)
		for _, n := range []int{1, 16 << 10, 100_000, 1 << 20} {
			c.echoed(binaryFrame(noise(n)))
			c.echoed(text(strings.Repeat("compresses well ", n/16+1)))
		}
		c.quit()
	})
}

// inPieces has the server read a byte at a time, and write a few.
func inPieces() (restore func()) {
	var writes atomic.Int32
	return rawio.Inject(func(op rawio.Op, fd int, b []byte, call rawio.Call) (int, syscall.Errno) {
		switch {
		case op == rawio.Read:
			return call(fd, b[:min(len(b), 1)])
		case writes.Add(1)%200 == 0:
			return 0, syscall.EAGAIN
		}
		return call(fd, b[:min(len(b), 7)])
	})
}

// TestTLSInPieces: records come and go in pieces of every length, and the
// socket takes a part of a record and then no more for a while.
func TestTLSInPieces(t *testing.T) {
	eachTLS(t, func(t *testing.T, by carrier, headers ...string) {
		by.options.WriteTimeout = 160 * time.Millisecond // it looks each 10 ms
		h := &callbacks{frame: echo}
		c, _ := by.connect(t, by.serve(t, h), headers...)
		conn := h.opened(t)
		defer inPieces()()
		for n := range 40 {
			c.echoed(text(strings.Repeat("x", n)))
		}
		for _, n := range []int{125, 126, 1000, 1400, 5000} {
			c.echoed(binaryFrame(noise(n)))
			require.NoError(t, conn.Send(prepare(t, websocket.Binary(noise(n)))))
			c.expect(binaryFrame(noise(n)))
		}
		c.quit()
	})
}

// TestEarlyFramesOverTLS: frames that come with the request, in its record, in
// another record of the same segment, or cut anywhere between the two.
func TestEarlyFramesOverTLS(t *testing.T) {
	for _, by := range carriers() {
		if !by.secure {
			continue
		}
		t.Run(by.name, func(t *testing.T) {
			frames := masked(text("early"), ping("and"), binaryFrame(noise(3000)))
			for _, cut := range []int{0, 1, 5, 8, len(frames) - 1, len(frames)} {
				h := &callbacks{frame: echo}
				c, raw := by.dial(t, by.serve(t, h))
				raw.cork()
				c.write(append(request{}.bytes(), frames[:cut]...))
				if cut < len(frames) {
					c.write(frames[cut:])
				}
				raw.uncork(t)
				c.readResponse()
				c.expect(text("early"), pong("and"), binaryFrame(noise(3000)))
				c.quit()
			}
		})
	}
}
