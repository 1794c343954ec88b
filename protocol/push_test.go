package protocol_test

import (
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

// Frames of HTTP/2 (RFC 9113, section 6).
const (
	frameData        = 0
	frameHeaders     = 1
	frameSettings    = 4
	framePushPromise = 5

	flagAck        = 1
	flagEndStream  = 1
	flagEndHeaders = 4
)

func appendFrame(b []byte, kind, flags byte, stream uint32, payload string) []byte {
	b = append(b, 0, byte(len(payload)>>8), byte(len(payload)), kind, flags)
	b = binary.BigEndian.AppendUint32(b, stream)
	return append(b, payload...)
}

func readFrame(t *testing.T, r io.Reader) (kind, flags byte, stream uint32, payload []byte) {
	t.Helper()
	var head [9]byte
	_, err := io.ReadFull(r, head[:])
	require.NoError(t, err)
	payload = make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
	_, err = io.ReadFull(r, payload)
	require.NoError(t, err)
	return head[3], head[4], binary.BigEndian.Uint32(head[5:]) & (1<<31 - 1), payload
}

// TestPush has a client that accepts pushes, as that of net/http does not: one
// by hand.
func TestPush(t *testing.T) {
	addr := serve(t, protocol.Options{Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
		if err := req.Push("/style.css?v=1", handler.Headers{"accept": "text/css"}); err != nil {
			return nil, err // also of what was pushed, which cannot push
		}
		return nil, req.ReplyText(200, req.Path()+" "+req.QS()+" "+req.Header("Accept"))
	})})
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))

	b := appendFrame([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frameSettings, 0, 0, "")
	const request = "\x82\x86\x84\x01\x01x" // of HPACK: GET, http, "/", and the authority "x"
	_, err = conn.Write(appendFrame(b, frameHeaders, flagEndStream|flagEndHeaders, 1, request))
	require.NoError(t, err)

	bodies := make(map[uint32]string)
	promised := uint32(0)
	for ended := 0; ended < 2; {
		kind, flags, stream, payload := readFrame(t, conn)
		switch kind {
		case frameSettings:
			if flags&flagAck == 0 {
				_, err = conn.Write(appendFrame(nil, frameSettings, flagAck, 0, ""))
				require.NoError(t, err)
			}
		case framePushPromise:
			assert.EqualValues(t, 1, stream)
			promised = binary.BigEndian.Uint32(payload)
		case frameData:
			bodies[stream] += string(payload)
			if flags&flagEndStream != 0 {
				ended++
			}
		}
	}
	require.NotZero(t, promised)
	assert.Equal(t, map[uint32]string{1: "/  ", promised: "/style.css v=1 text/css"}, bodies)

	response, body := get(t, "http://"+addr)
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, "/  ", string(body), "HTTP/1.1 has no push")
}
