package websocket_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/deflate"
)

// The versions that are served: hybi-07, hybi-08 to 12, and RFC 6455.
var versions = []int{7, 8, 13}

const (
	perMessage = "permessage-deflate"
	perFrame   = "x-webkit-deflate-frame"
)

// eachDraft runs a test with each version and each form of compression, or
// only one form.
func eachDraft(t *testing.T, only string, test func(t *testing.T, version int, extension string)) {
	for _, version := range versions {
		for _, extension := range []string{perMessage, perFrame} {
			if only != "" && only != extension {
				continue
			}
			t.Run(fmt.Sprintf("%d, %s", version, extension), func(t *testing.T) { test(t, version, extension) })
		}
	}
}

// connectDraft connects to an echo that compresses.
func connectDraft(t *testing.T, version int, extension string, maxFrameSize int64) (*callbacks, *client) {
	t.Helper()
	h := &callbacks{frame: echo}
	with := compressing(deflate.Options{ClientMaxWindowBits: 15}) // what the standard library's compressor uses
	with.options.MaxFrameSize = maxFrameSize
	c := with.serve(t, h).connect(t, "Sec-WebSocket-Version", fmt.Sprint(version), "Sec-WebSocket-Extensions", extension)
	require.Equal(t, extension, c.response.Header.Get("Sec-WebSocket-Extensions"))
	require.Equal(t, version, h.opened(t).Version())
	return h, c
}

// TestCompressionInDrafts: each version compresses in both forms, both ways,
// in one frame and in several with a ping between them.
func TestCompressionInDrafts(t *testing.T) {
	eachDraft(t, "", func(t *testing.T, version int, extension string) {
		_, c := connectDraft(t, version, extension, 0)
		d, window := newDeflater(), ""
		expect := func(message string) {
			t.Helper()
			f := c.next()
			require.EqualValues(t, opText, f.opcode)
			require.Equal(t, message, inflated(t, []byte(window), f))
			window += message
		}
		c.send(d.text(jsonMessage))
		expect(jsonMessage)
		c.send(text(jsonMessage)) // not compressed, which is allowed at any time
		expect(jsonMessage)
		one, two := d.payload(jsonMessage+" and "), ""
		message := jsonMessage + " and "
		if extension == perFrame { // each fragment is whole in itself
			two = d.payload("more " + jsonMessage)
			message += "more " + jsonMessage
			c.send(fragment(withRSV(rsv1, text(one))), ping("between"), withRSV(rsv1, continuation(two)))
		} else {
			one, two = one[:len(one)/2], one[len(one)/2:]
			c.send(fragment(withRSV(rsv1, text(one))), ping("between"), continuation(two))
		}
		c.expect(pong("between"))
		expect(message)
		c.quit()
	})
}

// TestBadCompressionInDrafts: what RFC 7692 and the draft of the per-frame form
// do not allow ends the connection with the right code, in each version.
func TestBadCompressionInDrafts(t *testing.T) {
	const limit = 100_000
	large := func(n int) string { return newDeflater().payload(strings.Repeat("a", n)) }
	d := newDeflater()
	d.payload(jsonMessage)
	refersBack := d.payload(jsonMessage)
	require.Less(t, len(refersBack), 12)
	for _, test := range []struct {
		name   string
		only   string // the form that it is about, or "": both
		frames []wireFrame
		code   int
		err    error
	}{
		{"not DEFLATE", "", []wireFrame{withRSV(rsv1, text("\xff\xff\xff"))}, 1002, websocket.ErrBadFrame},
		{"not DEFLATE, in fragments", "", []wireFrame{fragment(withRSV(rsv1, text("\xff\xff"))), continuation("\xff")}, 1002, websocket.ErrBadFrame},
		{"refers to what was not sent", "", []wireFrame{withRSV(rsv1, text(refersBack))}, 1002, websocket.ErrBadFrame},
		{"RSV1 on a ping", "", []wireFrame{withRSV(rsv1, ping("x"))}, 1002, websocket.ErrBadFrame},
		{"RSV1 on a pong", "", []wireFrame{withRSV(rsv1, pong("x"))}, 1002, websocket.ErrBadFrame},
		{"RSV1 on a close", "", []wireFrame{withRSV(rsv1, closing(1000, ""))}, 1002, websocket.ErrBadFrame},
		{"RSV1 on a ping between fragments", "", []wireFrame{fragment(alone("x")), withRSV(rsv1, ping(""))}, 1002, websocket.ErrBadFrame},
		{"RSV2", "", []wireFrame{withRSV(2, text(""))}, 1002, websocket.ErrBadFrame},
		{"RSV1 and RSV3", "", []wireFrame{withRSV(rsv1|1, text(""))}, 1002, websocket.ErrBadFrame},
		{"inflates to what is not UTF-8", "", []wireFrame{alone("\xff")}, 1007, websocket.ErrBadEncoding},
		{"inflates beyond MaxFrameSize", "", []wireFrame{withRSV(rsv1, text(large(limit+1)))}, 1009, websocket.ErrBadSize},
		{"RSV1 on a continuation", perMessage, []wireFrame{fragment(alone("x")), withRSV(rsv1, continuation(""))}, 1002, websocket.ErrBadFrame},
		{"RSV1 on a continuation of a plain message", perMessage, []wireFrame{fragment(text("x")), withRSV(rsv1, continuation(""))}, 1002, websocket.ErrBadFrame},
		{"RSV1 on a stray continuation", "", []wireFrame{withRSV(rsv1, continuation(""))}, 1002, websocket.ErrBadFrame},
		{"a continuation that is not DEFLATE", perFrame, []wireFrame{fragment(alone("x")), withRSV(rsv1, continuation("\xff\xff\xff"))}, 1002, websocket.ErrBadFrame},
		{"a continuation that is not, of a plain message", perFrame, []wireFrame{fragment(text("x")), withRSV(rsv1, continuation("\xff\xff\xff"))}, 1002, websocket.ErrBadFrame},
		{"RSV2 on a continuation", perFrame, []wireFrame{fragment(alone("x")), withRSV(rsv1|2, continuation(""))}, 1002, websocket.ErrBadFrame},
		{"a continuation that inflates to what is not UTF-8", perFrame, []wireFrame{fragment(text("x")), withRSV(rsv1, continuation(newDeflater().payload("\xff")))}, 1007, websocket.ErrBadEncoding},
		{"fragments that inflate beyond MaxFrameSize together", perFrame, []wireFrame{
			fragment(withRSV(rsv1, text(large(limit)))), withRSV(rsv1, continuation(large(1))),
		}, 1009, websocket.ErrBadSize},
		{"a plain fragment and one that inflates", perFrame, []wireFrame{
			fragment(text(strings.Repeat("a", limit))), withRSV(rsv1, continuation(large(1))),
		}, 1009, websocket.ErrBadSize},
		{"a fragment that inflates, and a plain one", perFrame, []wireFrame{
			fragment(withRSV(rsv1, text(large(limit)))), continuation("a"),
		}, 1009, websocket.ErrBadSize},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachDraft(t, test.only, func(t *testing.T, version int, extension string) {
				h, c := connectDraft(t, version, extension, limit)
				c.send(test.frames...)
				c.expect(closing(test.code, ""))
				c.expectEnd()
				require.NoError(t, c.conn.Close())
				reason := h.reason(t)
				assert.Equal(t, websocket.ReasonError, reason.Kind)
				assert.ErrorIs(t, reason.Err, test.err)
			})
		})
	}
}

// TestInflatedSizeItselfIsAllowed: fragments that inflate to MaxFrameSize
// together are one message.
func TestInflatedSizeItselfIsAllowed(t *testing.T) {
	eachDraft(t, "", func(t *testing.T, version int, extension string) {
		_, c := connectDraft(t, version, extension, 1000)
		message := strings.Repeat("a", 1000)
		if extension == perFrame {
			d := newDeflater()
			one, two := d.payload(message[:600]), d.payload(message[600:])
			c.send(fragment(withRSV(rsv1, text(one))), withRSV(rsv1, continuation(two)))
		} else {
			packed := newDeflater().payload(message)
			c.send(fragment(withRSV(rsv1, text(packed[:3]))), continuation(packed[3:]))
		}
		assert.Equal(t, message, inflated(t, nil, c.next()))
		c.quit()
	})
}
