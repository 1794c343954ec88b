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
// One goroutine watches the set while a connection is in it.
type parking struct {
	mu       sync.Mutex
	set      *os.File // the epoll set; nil: to be made
	epoll    int      // its descriptor
	spots    []spot   // by the descriptor of the connection
	count    int      // of the parked connections
	serial   int32    // of the last spot taken
	watching bool

	// The watcher's.
	events [128]syscall.EpollEvent
	failed error
}

// spot is where a connection is parked once. An event names the spot by its
// serial, in the half of epoll's data that Go calls Pad: by the time it is
// handled, the connection may have left for another reason, and the descriptor
// may be another connection's.
type spot struct {
	conn   *Conn
	serial int32
}

var parkingLot parking

// Tests replace these, under the lock.
var (
	epollCreate = syscall.EpollCreate1
	epollCtl    = syscall.EpollCtl
)

// closedByPeer is EPOLLRDHUP: the client ended its side.
const closedByPeer = 0x2000

// enter arms the set for a descriptor, and reports whether the connection is
// parked. One that is readable already wakes up at once.
func (p *parking) enter(fd int, c *Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.set == nil && !p.open() {
		return false
	}
	for fd >= len(p.spots) {
		p.spots = append(p.spots, make([]spot, len(p.spots)+64)...)
	}
	p.serial++
	event := syscall.EpollEvent{Events: closedByPeer | syscall.EPOLLONESHOT, Fd: int32(fd), Pad: p.serial}
	if c.active {
		event.Events |= syscall.EPOLLIN
	}
	err := epollCtl(p.epoll, syscall.EPOLL_CTL_MOD, fd, &event)
	if err == syscall.ENOENT { // its first time
		err = epollCtl(p.epoll, syscall.EPOLL_CTL_ADD, fd, &event)
	}
	if err != nil {
		p.replaceIfBroken(err)
		return false
	}
	p.spots[fd] = spot{c, p.serial}
	p.count++
	c.activity.Store(parked) // under the lock, so before the event is taken
	if !p.watching {
		p.watching = true
		go p.watch(p.set)
	}
	return true
}

// open makes the epoll set. It is a file so that the runtime's poller waits
// for it and no thread does.
func (p *parking) open() bool {
	fd, err := epollCreate(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return false
	}
	if syscall.SetNonblock(fd, true) != nil {
		syscall.Close(fd)
		return false
	}
	p.set, p.epoll = os.NewFile(uintptr(fd), "epoll"), fd
	return true
}

// replaceIfBroken has the next connection make a new set, if a failed call shows
// that this one is no epoll set any more. The watcher notices that only if it
// waits.
func (p *parking) replaceIfBroken(err error) {
	if err != syscall.EBADF && err != syscall.EINVAL {
		return
	}
	_ = p.set.Close() // has the watcher give up
	if !p.watching {
		p.set = nil
	}
}

// exit removes a connection that was woken by other means than its socket. Its
// descriptor stays armed, which saves a call: the event will name a spot that
// is free.
func (p *parking) exit(fd int, c *Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if fd < len(p.spots) && p.spots[fd].conn == c {
		p.remove(fd)
	}
}

// forget takes a descriptor out of the set, because its socket goes on under
// another one: the set would keep it.
func (p *parking) forget(fd int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.set != nil {
		_ = syscall.EpollCtl(p.epoll, syscall.EPOLL_CTL_DEL, fd, nil)
	}
}

func (p *parking) remove(fd int) {
	p.spots[fd] = spot{}
	if p.count--; p.count == 0 && p.set != nil {
		_ = p.set.SetReadDeadline(past) // ends watch
	}
}

// watch wakes connections whose sockets become readable, until the set is
// empty. If the set fails, all connections wake up, and the next one that
// parks makes a new set.
func (p *parking) watch(set *os.File) {
	raw, err := set.SyscallConn()
	for err == nil || os.IsTimeout(err) {
		if p.isDone() {
			return
		}
		if err = raw.Read(p.wakeReadable); err == nil {
			err = p.failed
		}
	}
	for _, c := range p.giveUp() {
		go c.run()
	}
}

// isDone reports whether the set is empty and watch is to end.
func (p *parking) isDone() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watching = p.count > 0
	_ = p.set.SetReadDeadline(time.Time{})
	return !p.watching
}

// giveUp closes the set and returns the connections for the caller to run.
func (p *parking) giveUp() (woken []*Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.set.Close()
	p.set, p.watching, p.failed = nil, false, nil
	for fd := range p.spots {
		c := p.spots[fd].conn
		if c == nil {
			continue
		}
		p.remove(fd)
		if c.activity.CompareAndSwap(parked, running) {
			woken = append(woken, c)
		}
	}
	return woken
}

// wakeReadable returns false to wait for more, and true if the set failed.
func (p *parking) wakeReadable(fd uintptr) (done bool) {
	for {
		n, err := syscall.EpollWait(int(fd), p.events[:], 0)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			p.failed = err
			return true
		}
		if n == 0 {
			return false
		}
		for _, event := range p.events[:n] {
			if c := p.take(event); c != nil {
				go c.run()
			}
		}
	}
}

// take returns the connection that an event is for, if it is still parked at
// that spot, for the caller to run. The check and the change of activity are
// one step: otherwise the connection could leave and park again in between,
// and the event would wake it from the wrong spot.
func (p *parking) take(event syscall.EpollEvent) *Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.spots[event.Fd]
	if at.conn == nil || at.serial != event.Pad {
		return nil
	}
	p.remove(int(event.Fd))
	if !at.conn.activity.CompareAndSwap(parked, running) {
		return nil // another goroutine wakes it
	}
	return at.conn
}
