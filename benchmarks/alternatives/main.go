// Alternatives measures ways in which a connection can wait for its socket
// and its mailbox at once: what each costs while it waits, and to wake it.
// Linux.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
)

var (
	number = flag.Int("n", 2000, "connections")
	wakes  = flag.Int("wakes", 200000, "wake-ups to time")
)

// waiter is one connection's way to wait; woken gets a value for each wake.
type waiter interface {
	run(woken chan<- struct{})
	wake()
}

var ways = []struct {
	name string
	make func(*net.TCPConn) waiter
}{
	{"one goroutine, RawConn, deadline poke", newRaw},
	{"one goroutine, Read with 512 B, deadline poke", func(c *net.TCPConn) waiter { return &reading{c, 512} }},
	{"one goroutine, Read with 4 KiB, deadline poke", func(c *net.TCPConn) waiter { return &reading{c, 4096} }},
	{"reader goroutine with 4 KiB, and a channel", newChannel},
	{"the same, but its reader is started by the first wake-up", newLateReader},
	{"one goroutine, RawConn; another one for each wake-up, and a lock", newLateLoop},
}

func main() {
	flag.Parse()
	fmt.Println("| waits by | B/connection | goroutines | ns/wake |\n|---|--:|--:|--:|")
	for _, way := range ways {
		size, goroutines, perWake := measure(way.make)
		fmt.Printf("| %s | %d | %.0f | %d |\n", way.name, size, goroutines, perWake)
	}
}

func measure(makeWaiter func(*net.TCPConn) waiter) (size uint64, goroutines float64, perWake int64) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer listener.Close()
	clients, servers := connect(listener, *number)
	woken := make(chan struct{})
	before, goroutinesBefore := inUse(), runtime.NumGoroutine()
	waiters := make([]waiter, len(servers))
	for i, conn := range servers {
		waiters[i] = makeWaiter(conn)
		go waiters[i].run(woken)
	}
	for _, w := range waiters { // all are waiting once they were woken
		w.wake()
		<-woken
	}
	size = (inUse() - before) / uint64(*number)
	goroutines = float64(runtime.NumGoroutine()-goroutinesBefore) / float64(*number)
	began := time.Now()
	for i := range *wakes {
		waiters[i%len(waiters)].wake()
		<-woken
	}
	perWake = time.Since(began).Nanoseconds() / int64(*wakes)
	for i := range servers {
		clients[i].Close()
		servers[i].Close()
	}
	time.Sleep(200 * time.Millisecond) // the goroutines end
	return size, goroutines, perWake
}

func connect(listener net.Listener, n int) (clients []net.Conn, servers []*net.TCPConn) {
	for range n {
		client, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		server, err := listener.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		clients, servers = append(clients, client), append(servers, server.(*net.TCPConn))
	}
	return clients, servers
}

func inUse() uint64 {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

var past = time.Unix(1, 0)

// raw waits in RawConn.Read, with no buffer.
type raw struct {
	conn *net.TCPConn
	raw  syscall.RawConn
}

func newRaw(conn *net.TCPConn) waiter {
	rawConn, err := conn.SyscallConn()
	if err != nil {
		panic(err)
	}
	return &raw{conn, rawConn}
}

func (w *raw) run(woken chan<- struct{}) {
	for w.wait() {
		woken <- struct{}{}
	}
}

// wait reports whether it was woken, rather than that the connection ended.
func (w *raw) wait() bool {
	var b [1]byte
	err := w.raw.Read(func(fd uintptr) bool {
		_, err := syscall.Read(int(fd), b[:])
		return err != syscall.EAGAIN
	})
	if !os.IsTimeout(err) {
		return false
	}
	w.conn.SetReadDeadline(time.Time{})
	return true
}

func (w *raw) wake() { w.conn.SetReadDeadline(past) }

// reading waits in Read, with a buffer.
type reading struct {
	conn *net.TCPConn
	size int
}

func (w *reading) run(woken chan<- struct{}) {
	buffer := make([]byte, w.size)
	for {
		if _, err := w.conn.Read(buffer); !os.IsTimeout(err) {
			return
		}
		w.conn.SetReadDeadline(time.Time{})
		woken <- struct{}{}
	}
}

func (w *reading) wake() { w.conn.SetReadDeadline(past) }

// channel has a goroutine that reads, and one that waits for both.
type channel struct {
	conn    *net.TCPConn
	mailbox chan struct{}
}

func newChannel(conn *net.TCPConn) waiter { return &channel{conn, make(chan struct{}, 1)} }

func (w *channel) run(woken chan<- struct{}) {
	input := make(chan []byte)
	go func() {
		defer close(input)
		buffer := make([]byte, 4096)
		for {
			n, err := w.conn.Read(buffer)
			if err != nil {
				return
			}
			input <- buffer[:n]
		}
	}()
	for {
		select {
		case _, ok := <-input:
			if !ok {
				return
			}
		case <-w.mailbox:
			woken <- struct{}{}
		}
	}
}

func (w *channel) wake() { w.mailbox <- struct{}{} }

// lateReader waits as raw does until its first wake-up. From then on it is a
// channel: a connection that is never sent anything has no second goroutine.
type lateReader struct {
	raw
	channel
	once sync.Once
}

func newLateReader(conn *net.TCPConn) waiter {
	return &lateReader{raw: *newRaw(conn).(*raw), channel: *newChannel(conn).(*channel)}
}

func (w *lateReader) run(woken chan<- struct{}) {
	if w.raw.wait() {
		woken <- struct{}{}
		w.channel.run(woken)
	}
}

func (w *lateReader) wake() {
	first := false
	w.once.Do(func() { first = true })
	if first {
		w.raw.wake()
		return
	}
	w.channel.wake()
}

// lateLoop has a goroutine that waits for the socket only. Who wakes it starts
// another one that does what there is to do, and ends; a lock has one of them
// run the callbacks at a time.
type lateLoop struct {
	raw
	mu    sync.Mutex
	woken chan<- struct{}
}

func newLateLoop(conn *net.TCPConn) waiter {
	w := &lateLoop{raw: *newRaw(conn).(*raw)}
	w.mu.Lock() // until it runs
	return w
}

func (w *lateLoop) run(woken chan<- struct{}) {
	w.woken = woken
	w.mu.Unlock()
	w.raw.wait()
}

func (w *lateLoop) wake() {
	go func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.woken <- struct{}{}
	}()
}
