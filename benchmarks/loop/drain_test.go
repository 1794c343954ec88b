package loop

import (
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"net"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// drain reads what comes on many connections, in one thread, and counts the
// bytes of payload: of a TLS record it reads the length and deciphers nothing.
type drain struct {
	epoll    int
	conns    map[int32]*drained
	expected chan int
	done     chan error
	cpu      time.Duration // that the thread used so far; to be read after wait
}

// drained is how far a connection is in its TLS records.
type drained struct {
	tls    bool
	header [recordHeader]byte
	begun  int // bytes of the header
	left   int // bytes of the record to come
}

const (
	recordHeader   = 5  // bytes (RFC 8446, section 5.1)
	recordOverhead = 17 // bytes: the content type, and AES-GCM's tag (section 5.2)
)

func newDrain(tb testing.TB) *drain {
	tb.Helper()
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	require.NoError(tb, err)
	d := &drain{epoll: epoll, conns: make(map[int32]*drained), expected: make(chan int, 1), done: make(chan error, 1)}
	over := make(chan struct{})
	go func() {
		defer close(over)
		d.run()
	}()
	tb.Cleanup(func() {
		close(d.expected)
		<-over
		_ = syscall.Close(epoll)
	})
	return d
}

// add leaves a connection to the drain; from then on nothing else may read
// from it. It is called before the first expect.
func (d *drain) add(tb testing.TB, conn net.Conn) {
	tb.Helper()
	state := new(drained)
	if over, ok := conn.(*tls.Conn); ok {
		require.EqualValues(tb, tls.VersionTLS13, over.ConnectionState().Version)
		conn, state.tls = over.NetConn(), true
	}
	raw, err := conn.(syscall.Conn).SyscallConn()
	require.NoError(tb, err)
	var failed error
	require.NoError(tb, raw.Control(func(fd uintptr) {
		d.conns[int32(fd)] = state
		failed = syscall.EpollCtl(d.epoll, syscall.EPOLL_CTL_ADD, int(fd), &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)})
	}))
	require.NoError(tb, failed)
}

// expect says how many bytes of payload are to come.
func (d *drain) expect(bytes int) { d.expected <- bytes }

// wait waits until they have come.
func (d *drain) wait() error { return <-d.done }

func (d *drain) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	buffer := make([]byte, 64<<10)
	for bytes := range d.expected {
		err := d.read(bytes, buffer)
		var usage syscall.Rusage
		const thread = 1 // RUSAGE_THREAD
		_ = syscall.Getrusage(thread, &usage)
		d.cpu = time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
		d.done <- err
	}
}

func (d *drain) read(bytes int, buffer []byte) error {
	var events [256]syscall.EpollEvent
	for bytes > 0 {
		n, err := syscall.EpollWait(d.epoll, events[:], int(patience.Milliseconds()))
		if err == syscall.EINTR {
			continue
		}
		if n <= 0 {
			return fmt.Errorf("%d bytes did not come: %v", bytes, err)
		}
		for _, event := range events[:n] {
			size, err := syscall.Read(int(event.Fd), buffer)
			if size <= 0 {
				return fmt.Errorf("a connection ended: %v", err)
			}
			bytes -= d.conns[event.Fd].payload(buffer[:size])
		}
	}
	if bytes < 0 {
		return fmt.Errorf("%d bytes too many came", -bytes)
	}
	return nil
}

// payload returns how many bytes of payload are in the records that begin in b.
func (c *drained) payload(b []byte) (bytes int) {
	if !c.tls {
		return len(b)
	}
	for len(b) > 0 {
		if c.left == 0 {
			n := copy(c.header[c.begun:], b)
			b, c.begun = b[n:], c.begun+n
			if c.begun == recordHeader {
				c.begun, c.left = 0, int(binary.BigEndian.Uint16(c.header[3:]))
				bytes += c.left - recordOverhead
			}
			continue
		}
		n := min(c.left, len(b))
		b, c.left = b[n:], c.left-n
	}
	return bytes
}
