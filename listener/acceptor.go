package listener

import (
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// intake is an open listen socket and the goroutines that accept from it.
type intake struct {
	listener *Listener
	socket   net.Listener
	done     chan struct{} // closed when accepting is to end
	once     sync.Once
	running  sync.WaitGroup
	failing  atomic.Bool // the last accept failed, which was logged
}

func startIntake(l *Listener, socket net.Listener) *intake {
	in := &intake{listener: l, socket: socket, done: make(chan struct{})}
	for range l.options.NumAcceptors {
		in.running.Go(in.accept)
	}
	return in
}

// stop closes the socket and waits for the acceptors to be gone.
func (in *intake) stop() error {
	in.end()
	err := in.socket.Close()
	in.running.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (in *intake) end() { in.once.Do(func() { close(in.done) }) }

func (in *intake) ended() bool {
	select {
	case <-in.done:
		return true
	default:
		return false
	}
}

// accept is the loop of one acceptor.
func (in *intake) accept() {
	delay := backoffMin
	for in.listener.gate.waitRoom(in.done) {
		c, err := in.socket.Accept()
		if err == nil {
			in.recovered()
			delay = backoffMin
			in.listener.start(c)
			continue
		}
		if errors.Is(err, syscall.ECONNABORTED) {
			continue // the client went away while it was waiting
		}
		if in.ended() || in.lost(err) || !in.backOff(err, delay) {
			return
		}
		delay = min(2*delay, backoffMax)
	}
}

const (
	backoffMin = 5 * time.Millisecond
	backoffMax = time.Second
)

func (in *intake) recovered() {
	if in.failing.Load() {
		in.failing.Store(false)
	}
}

// backOff waits after a failure such as EMFILE, and logs the first one of a
// series; false once accepting is to end.
func (in *intake) backOff(err error, delay time.Duration) bool {
	if in.failing.CompareAndSwap(false, true) {
		in.listener.log(slog.LevelError, "accept failed; retrying", slog.Any("error", err))
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-in.done:
		return false
	}
}

// lost reports whether err says that the socket was closed by somebody else,
// and suspends the listener then.
func (in *intake) lost(err error) bool {
	if !errors.Is(err, net.ErrClosed) {
		return false
	}
	if in.listener.lose(in) {
		in.listener.log(slog.LevelError, "the listen socket was closed; suspended", slog.Any("error", err))
	}
	return true
}
