package websocket_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket"
)

// sealer writes the records of a client in its place, because crypto/tls has no
// way to send a key update (RFC 8446, section 4.6.3).
type sealer struct {
	t      *testing.T
	to     io.Writer
	secret []byte
	aead   cipher.AEAD
	iv     []byte
	serial uint64 // of the next record
}

// newSealer takes over from a client that has sent so many records.
func newSealer(t *testing.T, to io.Writer, keyLog string, records uint64) *sealer {
	t.Helper()
	_, line, ok := strings.Cut(keyLog, "CLIENT_TRAFFIC_SECRET_0 ")
	require.True(t, ok)
	secret, err := hex.DecodeString(strings.Fields(line)[1])
	require.NoError(t, err)
	s := &sealer{t: t, to: to}
	s.use(secret)
	s.serial = records
	return s
}

// use derives the keys of TLS_AES_128_GCM_SHA256 (RFC 8446, section 7.3).
func (s *sealer) use(secret []byte) {
	s.secret, s.serial = secret, 0
	s.iv = s.expand("iv", 12)
	block, err := aes.NewCipher(s.expand("key", 16))
	require.NoError(s.t, err)
	s.aead, err = cipher.NewGCM(block)
	require.NoError(s.t, err)
}

// expand is HKDF-Expand-Label with an empty context (RFC 8446, section 7.1).
func (s *sealer) expand(label string, length int) []byte {
	label = "tls13 " + label
	info := binary.BigEndian.AppendUint16(nil, uint16(length))
	info = append(append(append(info, byte(len(label))), label...), 0)
	key, err := hkdf.Expand(sha256.New, s.secret, string(info), length)
	require.NoError(s.t, err)
	return key
}

// The types of records.
const (
	handshakeRecord = 22
	dataRecord      = 23
)

// seal appends a record (RFC 8446, section 5.2).
func (s *sealer) seal(dst []byte, kind byte, content []byte) []byte {
	nonce := bytes.Clone(s.iv)
	for i, b := range binary.BigEndian.AppendUint64(nil, s.serial) {
		nonce[4+i] ^= b
	}
	s.serial++
	header := []byte{dataRecord, 3, 3, 0, 0}
	binary.BigEndian.PutUint16(header[3:], uint16(len(content)+1+s.aead.Overhead()))
	dst = append(dst, header...)
	return s.aead.Seal(dst, nonce, append(bytes.Clone(content), kind), header)
}

// update appends a key update that asks for one of the server, and changes keys.
func (s *sealer) update(dst []byte) []byte {
	dst = s.seal(dst, handshakeRecord, []byte{24, 0, 0, 1, 1})
	s.use(s.expand("traffic upd", sha256.Size))
	return dst
}

func (s *sealer) frames(dst []byte, frames ...wireFrame) []byte {
	return s.seal(dst, dataRecord, masked(frames...))
}

func (s *sealer) write(b []byte) {
	s.t.Helper()
	_, err := s.to.Write(b)
	require.NoError(s.t, err)
}

// sealed opens a connection over TLS 1.3 whose client reads by c and writes by
// s.
func sealed(t *testing.T, by carrier, h *callbacks) (c *client, s *sealer) {
	t.Helper()
	var keys strings.Builder
	server := by.serve(t, h)
	_, raw := carrier{}.dial(t, server)
	over := tls.Client(raw, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13, KeyLogWriter: &keys})
	c = newClient(t, over)
	c.handshake(request{})
	if suite := over.ConnectionState().CipherSuite; suite != tls.TLS_AES_128_GCM_SHA256 {
		t.Skip("the sealer doesn't know ", tls.CipherSuiteName(suite))
	}
	t.Cleanup(func() { raw.Close() }) // before TLS says goodbye with its old keys
	return c, newSealer(t, raw, keys.String(), 1)
}

// TestKeyUpdates: the server changes its keys when the client asks, between any
// two frames, within one, while another goroutine sends, and after it
// hibernated.
func TestKeyUpdates(t *testing.T) {
	t.Run("whole", func(t *testing.T) { keyUpdates(t, 300) })
	t.Run("in pieces", func(t *testing.T) {
		defer inPieces()()
		keyUpdates(t, 50)
	})
}

func keyUpdates(t *testing.T, many int) {
	by := carrier{setup: setup{tls: true}}
	by.options.WriteTimeout = 160 * time.Millisecond
	h := &callbacks{frame: func(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
		return websocket.Do(f, websocket.Hibernate)
	}}
	c, s := sealed(t, by, h)
	conn := h.opened(t)
	var all sync.WaitGroup
	defer all.Wait()
	all.Go(func() {
		for n := range many {
			p, _ := websocket.Prepare(websocket.Text(fmt.Sprint("sent ", n)))
			assert.NoError(t, conn.Send(p))
		}
	})
	sent := 0
	for n := range many {
		f := text(fmt.Sprint("frame ", n))
		b := s.seal(s.update(nil), dataRecord, masked(f)[:3])
		s.write(s.seal(s.update(b), dataRecord, masked(f)[3:]))
		got := c.next()
		for ; got != f; got = c.next() {
			require.Equal(t, text(fmt.Sprint("sent ", sent)), got)
			sent++
		}
	}
	for ; sent < many; sent++ {
		c.expect(text(fmt.Sprint("sent ", sent)))
	}
	s.write(s.frames(nil, closing(1000, "")))
	c.expect(closing(1000, ""))
	c.expectEnd()
}

// TestFloodOfKeyUpdates: a client that has TLS answer and doesn't read is cut,
// since the answers would pile up.
func TestFloodOfKeyUpdates(t *testing.T) {
	h := &callbacks{}
	_, s := sealed(t, carrier{setup: setup{tls: true}}, h)
	for flood := 0; ; flood++ {
		require.Less(t, flood, 500, "it isn't cut")
		var b []byte
		for range 1000 {
			b = s.frames(s.update(b), pong("")) // TLS refuses updates without data between them
		}
		if _, err := s.to.Write(b); err != nil {
			break
		}
	}
	assert.ErrorContains(t, h.reason(t).Err, "doesn't read")
}
