package websocket

import (
	"os"
	"sync"
	"syscall"
	"time"
)

// parking holds the connections that hibernate: no goroutine, no stack, no
// buffer, only their descriptors in an epoll set beside the runtime's. A
// readable socket or a signal starts a goroutine for its connection again.
// The set is watched by one goroutine while there is a connection in it.
type parking struct {
	mu       sync.Mutex
	set      *os.File // the epoll set; nil: not made yet, or it cannot be
	epoll    int      // its descriptor
	failed   bool
	parked   []place // by descriptor
	count    int
	serial   int32 // of the last stay
	watching bool
	events   [128]syscall.EpollEvent
}

// place is where one connection is parked, for one stay. An event names its
// stay: by the time that it is looked at the connection may have left, for
// another reason, and its descriptor may be another one's.
type place struct {
	conn   *Conn
	serial int32
}

var parkingLot parking

// closedToPeer is EPOLLRDHUP: the peer ended its side.
const closedToPeer = 0x2000

// enter arms the set for a descriptor, and reports whether the connection may
// park. One that is readable already wakes up at once.
func (p *parking) enter(fd int, c *Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed || p.set == nil && !p.open() {
		return false
	}
	for fd >= len(p.parked) {
		p.parked = append(p.parked, make([]place, len(p.parked)+64)...)
	}
	p.serial++
	p.parked[fd] = place{c, p.serial}
	event := syscall.EpollEvent{Events: syscall.EPOLLIN | closedToPeer | syscall.EPOLLONESHOT, Fd: int32(fd), Pad: p.serial}
	err := syscall.EpollCtl(p.epoll, syscall.EPOLL_CTL_MOD, fd, &event)
	if err == syscall.ENOENT { // its first time
		err = syscall.EpollCtl(p.epoll, syscall.EPOLL_CTL_ADD, fd, &event)
	}
	if err != nil {
		p.parked[fd] = place{}
		return false
	}
	c.state.Store(parked) // before an event can be taken
	p.count++
	if !p.watching {
		p.watching = true
		go p.watch()
	}
	return true
}

// open makes the epoll set, as a file so that the runtime's poller waits for
// it and no thread does.
func (p *parking) open() bool {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err == nil {
		err = syscall.SetNonblock(fd, true)
	}
	if err != nil {
		p.failed = true
		return false
	}
	p.set, p.epoll = os.NewFile(uintptr(fd), "epoll"), fd
	return true
}

// exit forgets a connection that was woken up by other means than its socket.
// The descriptor stays armed, which saves a call: its event is for a stay that
// is over.
func (p *parking) exit(fd int, c *Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.parked[fd].conn == c {
		p.remove(fd)
	}
}

func (p *parking) remove(fd int) {
	p.parked[fd] = place{}
	if p.count--; p.count == 0 {
		_ = p.set.SetReadDeadline(past) // ends watch
	}
}

// watch wakes connections whose sockets become readable, until there are none
// in the set.
func (p *parking) watch() {
	raw, err := p.set.SyscallConn()
	for err == nil || os.IsTimeout(err) {
		if p.isOver() {
			return
		}
		err = raw.Read(p.wakeReadable)
	}
}

// isOver reports whether the set is empty, and watch is to end.
func (p *parking) isOver() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watching = p.count > 0
	_ = p.set.SetReadDeadline(time.Time{})
	return !p.watching
}

// wakeReadable returns false to wait for more.
func (p *parking) wakeReadable(fd uintptr) (done bool) {
	for {
		n, err := syscall.EpollWait(int(fd), p.events[:], 0)
		if err == syscall.EINTR {
			continue
		}
		if n <= 0 {
			return false
		}
		for _, event := range p.events[:n] {
			if c := p.take(event); c != nil && c.state.CompareAndSwap(parked, running) {
				go c.run()
			}
		}
	}
}

// take returns the connection that an event is for, if it is still parked.
func (p *parking) take(event syscall.EpollEvent) *Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.parked[event.Fd]
	if at.conn == nil || at.serial != event.Pad {
		return nil
	}
	p.remove(int(event.Fd))
	return at.conn
}
