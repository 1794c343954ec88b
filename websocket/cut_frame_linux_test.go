package websocket_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/internal/rawio"
	"github.com/cowhand/cowhand/websocket"
)

// unmasked encodes frames as a server does.
func unmasked(frames ...wireFrame) (b []byte) {
	for _, f := range frames {
		b = append(b, f.first())
		b = appendLength(b, 0, len(f.payload))
		b = append(b, f.payload...)
	}
	return b
}

// numbered sends frames that can be told apart, and keeps those that were
// accepted.
type numbered struct {
	conn     *websocket.Conn
	accepted []wireFrame
	refused  int
}

// send sends a number of frames at once.
func (n *numbered) send(t *testing.T, count int) error {
	t.Helper()
	var frames []wireFrame
	var made []websocket.Frame
	for range count {
		payload := strings.Repeat(fmt.Sprintf("%07d ", len(n.accepted)+len(frames)), 1000)
		frames = append(frames, binaryFrame(payload))
		made = append(made, websocket.Binary(payload))
	}
	p, err := websocket.Prepare(made[0], made[1:]...)
	require.NoError(t, err)
	switch err = n.conn.Send(p); err {
	case nil:
		n.accepted = append(n.accepted, frames...)
	case websocket.ErrMailboxFull:
		n.refused += count
	}
	return err
}

// check holds what the client got against the frames that were accepted: it is
// the beginning of them, which ends within a frame. It returns how many frames
// are complete.
func (n *numbered) check(t *testing.T, got []byte) (complete int) {
	t.Helper()
	sent := unmasked(n.accepted...)
	require.True(t, bytes.HasPrefix(sent, got), "not the beginning of what was sent, from byte %d of %d on", common(sent, got), len(got))
	assert.Less(t, len(got), len(sent))
	for _, f := range n.accepted {
		size := len(unmasked(f))
		if len(got) < size {
			break
		}
		got = got[size:]
		complete++
	}
	return complete
}

// common is how many bytes two texts begin with alike.
func common(a, b []byte) (n int) {
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// TestNothingFollowsACutFrame: the client stalls in the middle of a frame, and
// more waits behind it. Once WriteTimeout has cut the frame the client reads
// on, and finds nothing behind the cut. No accepted frame is lost silently.
func TestNothingFollowsACutFrame(t *testing.T) {
	together(t, func(t *testing.T, by carrier) {
		by.options = websocket.Options{WriteTimeout: 100 * time.Millisecond, MaxPending: 100 << 10}
		by.version = tls.VersionTLS12 // whose records show what they are
		large := backlog[:8<<20]
		h := &callbacks{frame: func(*websocket.Conn, websocket.Frame) websocket.Commands {
			return websocket.Reply(websocket.Binary(large))
		}}
		c, raw := by.connect(t, by.serve(t, h))
		raw.tape = new(bytes.Buffer)
		n := &numbered{conn: h.opened(t), accepted: []wireFrame{binaryFrame(string(large))}}
		c.send(text("fill"))
		_, err := c.in.Peek(1)
		require.NoError(t, err)
		eventually(t, func() bool { return n.send(t, 1) == websocket.ErrClosed }, "the client isn't cut")
		got, _ := io.ReadAll(c.in)
		assert.False(t, bytes.Contains(raw.tape.Bytes(), []byte(alertRecord)), "a TLS alert behind the cut")
		complete := n.check(t, got)
		assert.ErrorContains(t, h.reason(t).Err, "WriteTimeout")
		lost := int(n.conn.Dropped()) - n.refused
		assert.Equal(t, len(n.accepted), complete+lost)
		assert.Greater(t, len(n.accepted), 1, "the test's own backlog")
	})
}

// alertRecord is how an alert record begins in TLS 1.2, with its length before
// and after encryption.
const alertRecord = "\x15\x03\x03\x00\x1a"

// room has the kernel take n bytes of WebSocket connections, and then no more.
func room(n int) (restore func()) {
	var mu sync.Mutex
	return rawio.Inject(func(op rawio.Op, fd int, b []byte, call rawio.Call) (int, syscall.Errno) {
		if op == rawio.Read {
			return call(fd, b)
		}
		mu.Lock()
		defer mu.Unlock()
		if n == 0 {
			return 0, syscall.EAGAIN
		}
		written, errno := call(fd, b[:min(len(b), n)])
		n -= max(written, 0)
		return written, errno
	})
}

// TestDroppedIsExact: wherever a connection fails, the frames that its client
// got and those that Dropped counts are all that were accepted.
func TestDroppedIsExact(t *testing.T) {
	for _, by := range sockets() {
		t.Run(by.name, func(t *testing.T) {
			by.options = websocket.Options{WriteTimeout: 20 * time.Millisecond}
			for _, n := range []int{0, 1, 4, 8003, 8004, 8005, 16008, 20000, 24012, 30000, 50000, 100_000} {
				droppedIsExact(t, by, n)
			}
		})
	}
}

// sockets are the carriers whose descriptors the connection writes itself.
func sockets() []carrier { return carriers()[:4] }

func droppedIsExact(t *testing.T, by carrier, bytes int) {
	h := &callbacks{frame: echo}
	c, _ := by.connect(t, by.serve(t, h))
	if by.secure {
		warmUp(c)
	}
	n := &numbered{conn: h.opened(t)}
	defer room(bytes)()
	received := make(chan []byte)
	go func() {
		b, _ := io.ReadAll(c.in)
		received <- b
	}()
	for i := range 10 {
		if n.send(t, 1+i%3) == websocket.ErrClosed {
			break
		}
	}
	complete := n.check(t, <-received)
	h.reason(t)
	assert.Equal(t, len(n.accepted), complete+int(n.conn.Dropped()), "with room for %d bytes", bytes)
}

// warmUp has the server's TLS send enough to use records of the full size. At
// first its records are small, and the frames in those that the socket took
// before a cut count as dropped if they were part of the same 16 KiB.
func warmUp(c *client) {
	f := binaryFrame(strings.Repeat("x", 10<<10))
	for range 20 {
		c.send(f)
		c.expect(f)
	}
}

// TestNothingFollowsAFailedWrite: a write fails in the middle of a frame, and
// the next ones would succeed. There must be none.
func TestNothingFollowsAFailedWrite(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // the loop doesn't run between two frames that are sent
	for _, by := range sockets() {
		t.Run(by.name, func(t *testing.T) {
			for _, failing := range []int32{2, 3, 4} { // all in the first frames
				nothingFollows(t, by, failing)
			}
		})
	}
}

func nothingFollows(t *testing.T, by carrier, failing int32) {
	by.options = websocket.Options{CloseTimeout: 20 * time.Millisecond}
	h := &callbacks{}
	c, _ := by.connect(t, by.serve(t, h))
	n := &numbered{conn: h.opened(t)}
	var calls atomic.Int32
	defer rawio.Inject(func(op rawio.Op, fd int, b []byte, call rawio.Call) (int, syscall.Errno) {
		if op == rawio.Read {
			return call(fd, b)
		}
		if calls.Add(1) == failing {
			return 0, syscall.ENOBUFS
		}
		return call(fd, b[:min(len(b), 5000)])
	})()
	for range 4 {
		_ = n.send(t, 2)
	}
	got, _ := io.ReadAll(c.in)
	n.check(t, got)
	assert.ErrorIs(t, h.reason(t).Err, syscall.ENOBUFS)
	assert.Equal(t, failing, calls.Load(), "calls of write")
}
