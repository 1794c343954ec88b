package websocket_test

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/deflate"
)

const rsv1 = 4

// tail ends each compressed message and is left off (section 7.2.1).
const tail = "\x00\x00\xff\xff"

// deflater compresses as a client does, with the standard library. It takes
// its context over from message to message.
type deflater struct {
	out    bytes.Buffer
	writer *flate.Writer
}

func newDeflater() *deflater {
	d := &deflater{}
	d.writer, _ = flate.NewWriter(&d.out, flate.BestCompression)
	return d
}

func (d *deflater) payload(s string) string {
	d.out.Reset()
	_, _ = io.WriteString(d.writer, s)
	_ = d.writer.Flush()
	return strings.TrimSuffix(d.out.String(), tail)
}

func (d *deflater) text(s string) wireFrame { return withRSV(rsv1, text(d.payload(s))) }

// alone compresses a message that refers to none before.
func alone(s string) wireFrame { return newDeflater().text(s) }

// inflated restores a message with no more than what came before it in a
// window of so many bytes.
func inflated(t *testing.T, window []byte, f wireFrame) string {
	t.Helper()
	require.EqualValues(t, rsv1, f.rsv, "the frame is not compressed")
	r := flate.NewReaderDict(strings.NewReader(f.payload+tail+"\x01\x00\x00\xff\xff"), window)
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(b)
}

// compressing is a server that answers with the same.
func compressing(options deflate.Options) setup {
	return setup{protocol: protocol.Options{Compress: true}, options: websocket.Options{Deflate: options}}
}

const jsonMessage = `{"event":"message","room":"lobby","from":"ann","text":"a message of the usual kind, which has words in it"}`

// TestPerMessageDeflate: messages are compressed both ways, and a client may
// mix in ones that are not (section 6).
func TestPerMessageDeflate(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		with := compressing(deflate.Options{MinCompressSize: 1})
		with.opaque, with.tls = on.opaque, on.tls
		h := &callbacks{frame: echo}
		c := with.serve(t, h).connect(t, "Sec-WebSocket-Extensions", "permessage-deflate")
		require.Equal(t, "permessage-deflate; client_no_context_takeover", c.response.Header.Get("Sec-WebSocket-Extensions"))
		assert.Equal(t, deflate.PerMessage, h.opened(t).Compression().Kind)
		c.send(alone(jsonMessage))
		assert.Equal(t, jsonMessage, inflated(t, nil, c.next()))
		c.send(text(jsonMessage))
		again := c.next()
		assert.Equal(t, jsonMessage, inflated(t, []byte(jsonMessage), again))
		assert.Less(t, len(again.payload), 12, "it refers to the message before (section 7.1.1)")
		c.quit()
	})
}

// TestExampleOfRFC7692 is section 7.2.3.2: sharing the window.
func TestExampleOfRFC7692(t *testing.T) {
	c := compressing(deflate.Options{}).serve(t, &callbacks{frame: echo}).connect(t, "Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")
	c.send(withRSV(rsv1, text("\xf2\x48\xcd\xc9\xc9\x07\x00")), withRSV(rsv1, text("\xf2\x00\x11\x00\x00")))
	c.expect(text("Hello"), text("Hello"))
	// Section 7.2.3.1: in two fragments, RSV1 on the first only.
	c.send(fragment(withRSV(rsv1, text("\xf2\x48\xcd"))), continuation("\xc9\xc9\x07\x00"))
	c.expect(text("Hello"))
	// Section 7.2.3.3: a block without compression; 7.2.3.4: BFINAL; 7.2.3.5: two blocks.
	c.send(withRSV(rsv1, text("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00")))
	c.expect(text("Hello"))
	c.send(withRSV(rsv1, text("\xf3\x48\xcd\xc9\xc9\x07\x00\x00")))
	c.expect(text("Hello"))
	c.send(withRSV(rsv1, text("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00")))
	c.expect(text("Hello"))
	c.quit()
}

// TestClientTakesOver: a client's messages may refer to its earlier ones,
// fragments and uncompressed messages between them notwithstanding.
func TestClientTakesOver(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		with := compressing(deflate.Options{KeepFullClientWindow: true, MinCompressSize: 1 << 20})
		with.opaque, with.tls = on.opaque, on.tls
		c := with.serve(t, &callbacks{frame: echo}).connect(t, "Sec-WebSocket-Extensions", "permessage-deflate")
		d := newDeflater()
		for i := range 200 {
			message := fmt.Sprintf("%d %s", i, jsonMessage)
			f := d.text(message)
			assert.True(t, i == 0 || len(f.payload) < 40, "the test's own takeover")
			switch i % 3 {
			case 1:
				half := len(f.payload) / 2
				rest := continuation(f.payload[half:])
				f.payload = f.payload[:half]
				c.send(fragment(f), ping("between"), rest)
				c.expect(pong("between"))
			default:
				c.send(f)
			}
			c.expect(text(message))
			if i%5 == 0 {
				c.send(text("plain"))
				c.expect(text("plain"))
			}
		}
		c.quit()
	})
}

// TestNoContextForFullWindows: by default the server forbids context takeover
// (section 7.1.1.2) to a client that does not let it limit the window, as
// Firefox doesn't, and so keeps none: a message that needs one is corrupt.
func TestNoContextForFullWindows(t *testing.T) {
	for _, test := range []struct {
		offer, answer string
		options       deflate.Options
		kept          bool
	}{
		{"permessage-deflate", "permessage-deflate; client_no_context_takeover", deflate.Options{}, false},
		{"permessage-deflate", "permessage-deflate", deflate.Options{KeepFullClientWindow: true}, true},
		{"permessage-deflate", "permessage-deflate", deflate.Options{ClientMaxWindowBits: 15}, true},
		{"permessage-deflate; client_max_window_bits", "permessage-deflate; client_max_window_bits=12", deflate.Options{}, true},
		{"x-webkit-deflate-frame", "x-webkit-deflate-frame; max_window_bits=12", deflate.Options{}, true},
	} {
		t.Run(fmt.Sprintf("%s, %+v", test.offer, test.options), func(t *testing.T) {
			c := compressing(test.options).serve(t, &callbacks{frame: echo}).connect(t, "Sec-WebSocket-Extensions", test.offer)
			require.Equal(t, test.answer, c.response.Header.Get("Sec-WebSocket-Extensions"))
			c.send(alone(jsonMessage), alone(jsonMessage))
			require.Equal(t, jsonMessage, inflated(t, nil, c.next()))
			require.Equal(t, jsonMessage, inflated(t, []byte(jsonMessage), c.next()))

			d := newDeflater()
			d.payload(jsonMessage)
			c.send(d.text(jsonMessage)) // refers to the message before
			if !test.kept {
				c.expect(closing(1002, ""))
				c.expectEnd()
				return
			}
			require.Equal(t, jsonMessage, inflated(t, []byte(jsonMessage+jsonMessage), c.next()))
			c.quit()
		})
	}
}

// TestWindowsAreHonoured inflates what the server sends with exactly the
// window that was agreed (section 7.1.2.1).
func TestWindowsAreHonoured(t *testing.T) {
	// Text that repeats itself at a distance beyond each small window.
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&b, "%d,%x;", i*i%997, i*7919%1009)
	}
	long := b.String()
	for bits := 8; bits <= 15; bits++ {
		for _, noTakeover := range []bool{false, true} {
			offer := fmt.Sprintf("permessage-deflate; server_max_window_bits=%d", bits)
			if noTakeover {
				offer += "; server_no_context_takeover"
			}
			with := compressing(deflate.Options{ServerMaxWindowBits: bits})
			c := with.serve(t, &callbacks{frame: echo}).connect(t, "Sec-WebSocket-Extensions", offer)
			answer := c.response.Header.Get("Sec-WebSocket-Extensions")
			require.Contains(t, answer, fmt.Sprintf("server_max_window_bits=%d", bits))
			require.Equal(t, noTakeover, strings.Contains(answer, "server_no_context_takeover"))
			w := &narrowInflater{size: 1 << bits}
			for _, message := range []string{long, long[:500], long[100:9000], jsonMessage, long} {
				if noTakeover {
					w.window = nil
				}
				c.send(text(message))
				f := c.next()
				require.EqualValues(t, rsv1, f.rsv)
				got, err := w.inflate(f.payload)
				require.NoError(t, err, offer)
				require.True(t, got == message, "%s: a message of %d bytes differs", offer, len(message))
			}
			c.quit()
		}
	}
}

// TestSmallAnswersAreNotCompressed: MinCompressSize and messages that would
// grow.
func TestSmallAnswersAreNotCompressed(t *testing.T) {
	c := compressing(deflate.Options{MinCompressSize: 50}).serve(t, &callbacks{frame: echo}).connect(t, "Sec-WebSocket-Extensions", "permessage-deflate")
	small := strings.Repeat("a", 49)
	c.send(text(small))
	c.expect(text(small))
	c.send(text(small + "a"))
	assert.Equal(t, small+"a", inflated(t, nil, c.next()))
	noise := strings.Repeat("\x01\xf2\x73\x94", 2) + "qwertyuiopasdfghjklzxcvbnm1234567890QWERTYUIOPASDFGHJKLZXCVBNM"
	c.send(binaryFrame(noise))
	c.expect(binaryFrame(noise))
	c.quit()
}

// TestDeflateCommand turns compression off and on again within a reply.
func TestDeflateCommand(t *testing.T) {
	h := &callbacks{frame: func(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
		if !f.IsData() {
			return websocket.None
		}
		return websocket.Do(f, websocket.Deflate(false), f, websocket.Deflate(true), f)
	}}
	c := compressing(deflate.Options{}).serve(t, h).connect(t, "Sec-WebSocket-Extensions", "permessage-deflate; server_no_context_takeover")
	c.send(text(jsonMessage))
	assert.Equal(t, jsonMessage, inflated(t, nil, c.next()))
	c.expect(text(jsonMessage))
	assert.Equal(t, jsonMessage, inflated(t, nil, c.next()))
	c.quit()
}

// TestDeflateCommandWithoutCompression does nothing.
func TestDeflateCommandWithoutCompression(t *testing.T) {
	h := &callbacks{frame: func(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
		return websocket.Do(websocket.Deflate(true), f)
	}}
	c := setup{}.serve(t, h).connect(t, "Sec-WebSocket-Extensions", "permessage-deflate")
	assert.Empty(t, c.response.Header.Get("Sec-WebSocket-Extensions"))
	assert.Nil(t, h.opened(t).Compression())
	c.send(text(jsonMessage))
	c.expect(text(jsonMessage))
	c.quit()
}

// TestCompressOption: a route's option goes before the protocol's.
func TestCompressOption(t *testing.T) {
	for _, test := range []struct {
		protocol bool
		route    websocket.Compress
		agreed   bool
	}{
		{false, websocket.CompressDefault, false},
		{true, websocket.CompressDefault, true},
		{false, websocket.CompressOn, true},
		{true, websocket.CompressOff, false},
	} {
		with := setup{protocol: protocol.Options{Compress: test.protocol}, options: websocket.Options{Compress: test.route}}
		c := with.serve(t, &callbacks{frame: echo}).connect(t, "Sec-WebSocket-Extensions", "permessage-deflate")
		assert.Equal(t, test.agreed, c.response.Header.Get("Sec-WebSocket-Extensions") != "", "%+v", test)
		c.quit()
	}
}

// TestBadCompression: what cannot be inflated is a protocol error, and
// control frames are never compressed (section 6.1).
func TestBadCompression(t *testing.T) {
	bomb := newDeflater().payload(strings.Repeat("a", 200_000))
	for _, test := range []struct {
		name   string
		frames []wireFrame
		code   int
		err    error
	}{
		{"not DEFLATE", []wireFrame{withRSV(rsv1, text("\xff\xff\xff"))}, 1002, websocket.ErrBadFrame},
		{"RSV1 on a ping", []wireFrame{withRSV(rsv1, ping(""))}, 1002, websocket.ErrBadFrame},
		{"RSV1 on a close", []wireFrame{withRSV(rsv1, closing(1000, ""))}, 1002, websocket.ErrBadFrame},
		{"RSV1 on a continuation", []wireFrame{fragment(alone("x")), withRSV(rsv1, continuation(""))}, 1002, websocket.ErrBadFrame},
		{"RSV2", []wireFrame{withRSV(rsv1|2, text(""))}, 1002, websocket.ErrBadFrame},
		{"inflates to what is not UTF-8", []wireFrame{alone("\xff")}, 1007, websocket.ErrBadEncoding},
		{"inflates beyond MaxFrameSize", []wireFrame{withRSV(rsv1, text(bomb))}, 1009, websocket.ErrBadSize},
	} {
		t.Run(test.name, func(t *testing.T) {
			with := compressing(deflate.Options{})
			with.options.MaxFrameSize = 100_000
			h := &callbacks{frame: echo}
			c := with.serve(t, h).connect(t, "Sec-WebSocket-Extensions", "permessage-deflate")
			c.send(test.frames...)
			c.expect(closing(test.code, ""))
			c.expectEnd()
			require.NoError(t, c.conn.Close())
			assert.ErrorIs(t, h.reason(t).Err, test.err)
		})
	}
}

// TestWebkitDeflateFrame compresses by frame, so that RSV1 may be set on any
// fragment (draft-tyoshino-hybi-websocket-perframe-deflate).
func TestWebkitDeflateFrame(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		with := compressing(deflate.Options{})
		with.opaque, with.tls = on.opaque, on.tls
		h := &callbacks{frame: echo}
		c := with.serve(t, h).connect(t, "Sec-WebSocket-Extensions", "x-webkit-deflate-frame")
		require.Equal(t, "x-webkit-deflate-frame; max_window_bits=12", c.response.Header.Get("Sec-WebSocket-Extensions"))
		assert.Equal(t, deflate.PerFrame, h.opened(t).Compression().Kind)
		d := newDeflater()
		first, third := d.payload(jsonMessage), d.payload(jsonMessage)
		c.send(fragment(withRSV(rsv1, text(first))), fragment(continuation(" and ")), ping("x"), withRSV(rsv1, continuation(third)))
		c.expect(pong("x"))
		assert.Equal(t, jsonMessage+" and "+jsonMessage, inflated(t, nil, c.next()))
		c.send(fragment(text("a")), withRSV(rsv1, continuation(d.payload(jsonMessage))))
		assert.Equal(t, "a"+jsonMessage, inflated(t, []byte(jsonMessage+" and "+jsonMessage), c.next()))
		c.quit()
	})
}

// TestWebkitDeflateFrameParameters limit what the server sends.
func TestWebkitDeflateFrameParameters(t *testing.T) {
	h := &callbacks{frame: echo}
	c := compressing(deflate.Options{}).serve(t, h).connect(t, "Sec-WebSocket-Extensions", "x-webkit-deflate-frame; max_window_bits=8; no_context_takeover")
	agreed := h.opened(t).Compression()
	assert.Equal(t, 8, agreed.ServerMaxWindowBits)
	assert.True(t, agreed.ServerNoContextTakeover)
	for range 2 {
		c.send(text(jsonMessage + jsonMessage + jsonMessage))
		w := &narrowInflater{size: 1 << 8}
		got, err := w.inflate(c.next().payload)
		require.NoError(t, err)
		assert.Equal(t, jsonMessage+jsonMessage+jsonMessage, got)
	}
	c.quit()
}
