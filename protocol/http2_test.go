package protocol_test

import (
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

// The frames of HTTP/2 that the tests tell apart, and their flags (RFC 9113,
// section 6).
const (
	frameData        = 0x0
	frameHeaders     = 0x1
	frameRSTStream   = 0x3
	frameSettings    = 0x4
	framePushPromise = 0x5
	frameGoAway      = 0x7

	flagEndStream, flagEndHeaders = 0x1, 0x4
	flagAck                       = 0x1
	settingEnablePush             = 0x2
	noError, protocolError        = 0x0, 0x1
)

// The first byte of an answer's header block: its status in HPACK's static
// table (RFC 7541, appendix A).
const (
	status200 = 0x80 | 8
	status400 = 0x80 | 12
)

// frame is a frame of HTTP/2.
type frame struct {
	kind, flags byte
	stream      uint32
	payload     []byte
}

// number is a 32-bit integer of the payload.
func (f frame) number(t *testing.T, at int) uint32 {
	t.Helper()
	require.GreaterOrEqual(t, len(f.payload), at+4)
	return binary.BigEndian.Uint32(f.payload[at:])
}

// framed is a connection of HTTP/2, frame by frame: a client that does what
// that of net/http does not.
type framed struct {
	t    *testing.T
	conn net.Conn
	next uint32 // the stream of the next request
}

// speakHTTP2 begins a connection with the client's settings, as pairs of
// identifier and value.
func speakHTTP2(t *testing.T, conn net.Conn, settings ...uint32) *framed {
	t.Helper()
	t.Cleanup(func() { _ = conn.Close() })
	var payload []byte
	for i := 0; i < len(settings); i += 2 {
		payload = binary.BigEndian.AppendUint16(payload, uint16(settings[i]))
		payload = binary.BigEndian.AppendUint32(payload, settings[i+1])
	}
	c := &framed{t, conn, 1}
	_, err := io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	require.NoError(t, err)
	c.write(frame{frameSettings, 0, 0, payload})
	c.until(frameSettings, 0)
	c.write(frame{frameSettings, flagAck, 0, nil})
	return c
}

// dialHTTP2 is speakHTTP2 over a connection of its own.
func dialHTTP2(t *testing.T, addr string, settings ...uint32) *framed {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	return speakHTTP2(t, conn, settings...)
}

func (c *framed) write(f frame) {
	c.t.Helper()
	b := binary.BigEndian.AppendUint32(nil, uint32(len(f.payload))<<8|uint32(f.kind))
	b = append(b, f.flags)
	b = binary.BigEndian.AppendUint32(b, f.stream)
	_, err := c.conn.Write(append(b, f.payload...))
	require.NoError(c.t, err)
}

func (c *framed) read() (frame, error) {
	var head [9]byte
	if _, err := io.ReadFull(c.conn, head[:]); err != nil {
		return frame{}, err
	}
	f := frame{head[3], head[4], binary.BigEndian.Uint32(head[5:]), make([]byte, binary.BigEndian.Uint32(head[:])>>8)}
	_, err := io.ReadFull(c.conn, f.payload)
	return f, err
}

// until returns the next frame of a kind and a stream and passes over others.
func (c *framed) until(kind byte, stream uint32) frame {
	c.t.Helper()
	for {
		f, err := c.read()
		require.NoError(c.t, err)
		if f.kind == kind && f.stream == stream {
			return f
		}
		if f.stream == stream && (f.kind == frameRSTStream || f.kind == frameGoAway) {
			require.Failf(c.t, "the stream ended", "%+v", f)
		}
	}
}

// ending returns the first frame of a stream that has its answer's status, or
// that breaks it off.
func (c *framed) ending(stream uint32) frame {
	c.t.Helper()
	for {
		f, err := c.read()
		require.NoError(c.t, err)
		if f.kind == frameGoAway || f.stream == stream && (f.kind == frameHeaders || f.kind == frameRSTStream) {
			return f
		}
	}
}

// request sends a request without a body, given by names and values in turns,
// and returns its stream.
func (c *framed) request(fields ...string) uint32 {
	c.t.Helper()
	stream := c.next
	c.next += 2
	c.write(frame{frameHeaders, flagEndStream | flagEndHeaders, stream, literals(fields...)})
	return stream
}

// get is the request for a path, with more fields.
func (c *framed) get(path string, fields ...string) uint32 {
	c.t.Helper()
	return c.request(append([]string{":method", "GET", ":scheme", "http", ":authority", "x", ":path", path}, fields...)...)
}

// literals are fields in HPACK, none of them indexed or compressed (RFC 7541,
// section 6.2.2).
func literals(fields ...string) []byte {
	var b []byte
	for i, text := range fields {
		if i%2 == 0 {
			b = append(b, 0)
		}
		if len(text) >= 127 {
			panic("a string takes one byte of length here")
		}
		b = append(append(b, byte(len(text))), text...)
	}
	return b
}

// TestPush has a handler push to clients that take it, that turned it off,
// and that cannot.
func TestPush(t *testing.T) {
	type seen struct{ method, path, query, header, proto string }
	requests := make(chan seen, 10)
	options := func() protocol.Options {
		return protocol.Options{
			StreamHandlers: []protocol.StreamHandler{protocol.AccessLog{Logger: new(logs).logger()}}, // pushes pass it
			Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
				requests <- seen{req.Method(), req.Path(), req.QS(), req.Header("X-From"), req.HTTP().Proto}
				if req.Path() != "/page" {
					return nil, req.ReplyText(200, "pushed")
				}
				if err := req.Push("/style?v=1", handler.Headers{"X-From": "page"}); err != nil {
					return nil, err
				}
				return nil, req.ReplyText(200, "page")
			}),
		}
	}
	page := seen{"GET", "/page", "", "", "HTTP/2.0"}
	t.Run("taken", func(t *testing.T) {
		c := dialHTTP2(t, serve(t, options()), settingEnablePush, 1)
		stream := c.get("/page")
		promised := c.until(framePushPromise, stream).number(t, 0)
		assert.EqualValues(t, 2, promised, "the server's first stream")
		answers := map[uint32]*strings.Builder{stream: {}, promised: {}}
		for ended := 0; ended < len(answers); {
			f, err := c.read()
			require.NoError(t, err)
			switch {
			case answers[f.stream] == nil:
				continue
			case f.kind == frameHeaders:
				assert.EqualValues(t, status200, f.payload[0])
			case f.kind == frameData:
				answers[f.stream].Write(f.payload)
			default:
				require.Failf(t, "unexpected", "%+v", f)
			}
			if f.flags&flagEndStream != 0 {
				ended++
			}
		}
		assert.Equal(t, "page", answers[stream].String())
		assert.Equal(t, "pushed", answers[promised].String())
		assert.Equal(t, page, <-requests)
		assert.Equal(t, seen{"GET", "/style", "v=1", "page", "HTTP/2.0"}, <-requests)
	})
	t.Run("turned off", func(t *testing.T) {
		c := dialHTTP2(t, serve(t, options()), settingEnablePush, 0)
		stream := c.get("/page")
		for {
			f, err := c.read()
			require.NoError(t, err)
			require.NotEqualValues(t, framePushPromise, f.kind)
			if f.kind == frameData && f.stream == stream {
				assert.Equal(t, "page", string(f.payload))
				break
			}
		}
		assert.Equal(t, page, <-requests)
		assert.Empty(t, requests)
	})
	each(t, options, func(t *testing.T, c *peer) {
		response, err := c.Get(c.url + "/page")
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, 200, response.StatusCode)
		assert.Equal(t, "page", string(body))
		assert.Equal(t, seen{"GET", "/page", "", "", response.Proto}, <-requests)
		assert.Empty(t, requests)
	})
}

// TestIdleTimeoutOfHTTP2 says goodbye with the last stream that was served
// (RFC 9113, section 6.8).
func TestIdleTimeoutOfHTTP2(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dial := servePipes(t, protocol.Options{Dispatch: dispatch(say("hi")), IdleTimeout: time.Minute})
		c := speakHTTP2(t, dial())
		start := time.Now()
		var last uint32
		for range 2 {
			last = c.get("/")
			assert.EqualValues(t, status200, c.ending(last).payload[0])
			assert.Equal(t, "hi", string(c.until(frameData, last).payload))
			time.Sleep(50 * time.Second) // of the bubble's clock, and too short
		}
		goodbye := c.until(frameGoAway, 0)
		assert.Equal(t, 110*time.Second, time.Since(start), "of the bubble's clock")
		assert.Equal(t, last, goodbye.number(t, 0))
		assert.EqualValues(t, noError, goodbye.number(t, 4))
		for {
			if _, err := c.read(); err != nil {
				assert.ErrorIs(t, err, io.EOF)
				break
			}
		}
	})
}

// TestMalformedHTTP2 has requests that end their own stream only.
func TestMalformedHTTP2(t *testing.T) {
	addr := serve(t, protocol.Options{Dispatch: dispatch(say("hi"))})
	get := func(path string, fields ...string) []string {
		return append([]string{":method", "GET", ":scheme", "http", ":authority", "x", ":path", path}, fields...)
	}
	for name, tt := range map[string]struct {
		fields []string
		status byte // or 0 for a stream error of type PROTOCOL_ERROR
	}{
		"plain":                            {get("/"), status200},
		"fragment":                         {get("/a#b"), status400},
		"bad escape":                       {get("/%zz"), 0},
		"path without a slash":             {get("a"), 0},
		"NUL in a value (8.2.1)":           {get("/", "a", "b\x00"), 0},
		"CR in a value (8.2.1)":            {get("/", "a", "b\rc"), 0},
		"LF in a value (8.2.1)":            {get("/", "a", "b\nc"), 0},
		"upper case in a name (8.2.1)":     {get("/", "A", "b"), 0},
		"space in a name (8.2.1)":          {get("/", "a b", "c"), 0},
		"of the connection (8.2.2)":        {get("/", "connection", "close"), status400},
		"te of HTTP/1.1 (8.2.2)":           {get("/", "te", "chunked"), status400},
		"unknown pseudo field (8.3)":       {get("/", ":mystery", "a"), 0},
		"pseudo field after a field (8.3)": {append([]string{"a", "b"}, get("/")...), 0},
		"pseudo field twice (8.3)":         {get("/", ":path", "/"), 0},
		"no path (8.3.1)":                  {get("/")[:6], 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := dialHTTP2(t, addr)
			got := c.ending(c.request(tt.fields...))
			if tt.status == 0 {
				require.EqualValues(t, frameRSTStream, got.kind, "%+v", got)
				assert.EqualValues(t, protocolError, got.number(t, 0))
			} else {
				require.EqualValues(t, frameHeaders, got.kind, "%+v", got)
				assert.Equal(t, tt.status, got.payload[0])
			}
			next := c.ending(c.get("/"))
			require.EqualValues(t, frameHeaders, next.kind, "the connection goes on")
			assert.EqualValues(t, status200, next.payload[0])
		})
	}
}
