package websocket

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/cowhand/cowhand/internal/rawio"
)

// openSocket is the socket of a connection that isn't parked: the runtime
// polls it. The file is HTTP's net.Conn at first, and an [os.File] after the
// connection was parked.
type openSocket struct {
	file   pollable
	raw    syscall.RawConn
	direct *directWrite
}

type pollable interface {
	syscall.Conn
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
	Close() error
}

// newOpenSocket returns nil if the file is closed.
func newOpenSocket(file pollable) *openSocket {
	raw, err := file.SyscallConn()
	if err != nil {
		return nil
	}
	return &openSocket{file: file, raw: raw}
}

// park has the connection leave its goroutine. If a signal came meanwhile, left
// is false, the loop goes on, and how means nothing.
//
// Once parked, the connection may run in another goroutine already: this one
// may touch it again only if it wins the change of activity.
//
// A parked connection keeps nothing but a descriptor: HTTP's net.Conn and the
// runtime's poller take 900 bytes.
func (s *socket) park(c *Conn) (how outcome, left bool) {
	c.releaseParser()
	c.timing.rest.Store(hibernated)
	if !s.detach() {
		c.wakeUp() // to try again later
		return fresh, true
	}
	c.exitLoop()
	if !parkingLot.enter(int(s.parked), c) {
		c.enterLoop()
		c.wakeUp()
		return fresh, true
	}
	if c.signals.Load() == 0 || !c.activity.CompareAndSwap(parked, running) {
		return asleep, true
	}
	c.enterLoop()
	parkingLot.exit(int(s.parked), c)
	c.acquireParser()
	s.reopen()
	return over, false
}

// detach replaces the open socket by a descriptor of its own, which the
// runtime doesn't poll. It reports false if there is none left.
func (s *socket) detach() bool {
	fd := -1
	s.open.raw.Control(func(old uintptr) {
		var err error
		if fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0); err != nil {
			fd = -1
			return
		}
		parkingLot.forget(int(old)) // the socket outlives it
	})
	if fd < 0 {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open.file.Close()
	s.open, s.parked = nil, int32(fd)
	if s.layer != nil {
		s.layer.wire.Release()
		s.layer.wire.Move(fd)
	}
	return true
}

// reopen has the runtime poll the descriptor again. If it can't, the socket is
// closed.
func (s *socket) reopen() {
	file := os.NewFile(uintptr(s.parked), "socket")
	if file.SetReadDeadline(time.Time{}) != nil {
		file.Close()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parked = -1
	s.open = &openSocket{file: file}
	s.open.raw, _ = file.SyscallConn()
}

// withOpen calls f unless the connection is parked. Other goroutines need it:
// the loop may be parking.
func (s *socket) withOpen(f func(*openSocket)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open != nil {
		f(s.open)
	}
}

// interrupt needs to do nothing for a connection that is parking: it looks at
// its signals when it has parked.
func (s *socket) interrupt() {
	s.withOpen(func(o *openSocket) { o.file.SetReadDeadline(past) })
}

func (s *socket) interruptWrite() {
	s.withOpen(func(o *openSocket) { o.file.SetWriteDeadline(past) })
}

// unpark starts a goroutine for a connection that a signal wakes up.
func (s *socket) unpark(c *Conn) {
	parkingLot.exit(int(s.parked), c)
	go c.run()
}

// cut doesn't close the descriptor: that would wait for the callback that runs
// in serve.
func (s *socket) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		_ = syscall.Shutdown(int(s.parked), syscall.SHUT_RDWR)
		return
	}
	s.open.raw.Control(func(fd uintptr) { _ = syscall.Shutdown(int(fd), syscall.SHUT_RDWR) })
}

// directWrite is a write by a goroutine other than the loop's. The lock is the
// socket's.
type directWrite struct {
	call  func(fd uintptr) // write, allocated once
	layer *tlsLayer
	b     []byte
	n     int
	err   error
}

func (w *directWrite) write(fd uintptr) {
	if w.layer != nil {
		w.n, w.err = w.layer.writeFrom(w.b)
		return
	}
	n, errno := rawio.WriteOne(int(fd), w.b)
	for errno == syscall.EINTR {
		n, errno = rawio.WriteOne(int(fd), w.b)
	}
	if w.n, w.err = max(n, 0), nil; errno != 0 && errno != syscall.EAGAIN {
		w.err = errno
	}
}

func (s *socket) writeFrom(b []byte) (n int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		w := directWrite{layer: s.layer, b: b}
		w.write(uintptr(s.parked))
		return w.n, w.err == nil
	}
	w := s.open.direct
	if w == nil {
		w = &directWrite{layer: s.layer}
		w.call = w.write
		s.open.direct = w
	}
	w.b = b
	err := s.open.raw.Control(w.call) // which keeps the descriptor open
	w.b = nil
	return w.n, err == nil && w.err == nil
}
