package websocket

import (
	"cmp"
	"errors"
	"math"
	"net"
	"slices"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/websocket/internal/driven"
)

func init() { driven.Open = openDriven }

// driver is a transport without a socket, for package websockettest. The loop
// runs in the goroutine of the caller, who moves the clock.
type driver struct {
	conn    *Conn
	clock   int64 // in nanoseconds
	timers  []driverTimer
	written []byte
	left    bool
}

type driverTimer struct {
	at int64
	f  func()
}

func openDriven(config driven.Config) (driven.Conn, error) {
	options := config.Options.(Options)
	if err := options.Validate(); err != nil {
		return nil, err
	}
	options.fill()
	h, ok := config.Handler.(Handler)
	if !ok {
		return nil, errNilHandler
	}
	agreed := &handshake{version: config.Version, protocol: chooseSubprotocol(config.Subprotocols, options.Subprotocols)}
	d := &driver{clock: int64(time.Second)}
	d.conn = newConn(h, &options, agreed, &handler.Env{Sessions: new(handler.Sessions), Logger: config.Logger})
	d.conn.request = newRequest(config.Request.(RequestInfo), agreed, nil)
	d.conn.transport = d
	d.conn.clock.gone = true // the wheel has another clock
	return d, nil
}

var errNilHandler = errors.New("websocket: the handler is nil")

// now is the connection's clock.
func (c *Conn) now() int64 {
	if d, ok := c.transport.(*driver); ok {
		return d.clock
	}
	return now()
}

// afterFunc is time.AfterFunc by the connection's clock; the caller holds mu.
func (c *Conn) afterFunc(after time.Duration, f func()) *time.Timer {
	d, ok := c.transport.(*driver)
	if !ok {
		return time.AfterFunc(after, f)
	}
	t := driverTimer{d.clock + int64(max(after, 0)), f}
	i, _ := slices.BinarySearchFunc(d.timers, t.at+1, func(t driverTimer, at int64) int { return cmp.Compare(t.at, at) })
	d.timers = slices.Insert(d.timers, i, t)
	return time.NewTimer(math.MaxInt64)
}

func (d *driver) Conn() any    { return d.conn }
func (d *driver) Now() int64   { return d.clock }
func (d *driver) Active() bool { return d.conn.active }
func (d *driver) Ended() bool  { return d.left }

func (d *driver) Written() []byte {
	written := d.written
	d.written = nil
	return written
}

func (d *driver) Start() {
	d.conn.start()
	d.leave()
}

func (d *driver) Receive(b []byte) {
	d.conn.heard()
	d.conn.input(b)
	d.conn.endBatch()
	d.leave()
}

func (d *driver) Fail(err error) {
	d.conn.readFailed(err)
	d.leave()
}

func (d *driver) Attend() bool {
	if d.left || d.conn.signals.Load() == 0 {
		return false
	}
	d.conn.attend()
	d.leave()
	return true
}

func (d *driver) End(reason any) {
	d.conn.end(reason.(Reason))
	d.leave()
}

func (d *driver) leave() {
	if d.conn.phase == closed && !d.left {
		d.left = true
		d.conn.leave()
	}
}

func (d *driver) Step(until int64) bool {
	run := d.next(until)
	if run == nil {
		return false
	}
	run()
	return true
}

// next moves the clock to the next timer or timeout, if there is one until
// then, and returns what is to be run. Goroutines of the handler's may set
// timers meanwhile.
func (d *driver) next(until int64) (run func()) {
	d.conn.mu.Lock()
	defer d.conn.mu.Unlock()
	at := int64(math.MaxInt64)
	if due := d.conn.due(); due != 0 {
		at, run = due, func() { d.conn.signal(signalTick) }
	}
	isTimer := len(d.timers) > 0 && d.timers[0].at <= at
	if isTimer {
		at, run = d.timers[0].at, d.timers[0].f
	}
	if d.left || at > until {
		d.clock = max(d.clock, until)
		return nil
	}
	if isTimer {
		d.timers = d.timers[1:]
	}
	d.clock = max(d.clock, at)
	return run
}

func (d *driver) tryWriteAll(pieces [][]byte) (rest [][]byte, err error) {
	for _, piece := range pieces {
		d.written = append(d.written, piece...)
	}
	return nil, nil
}

func (d *driver) peer() net.Addr                         { return nil }
func (d *driver) closeWrite() bool                       { return false }
func (d *driver) serve(*Conn) outcome                    { return over }
func (d *driver) tryWrite([]byte) (n int, ok bool)       { return 0, false }
func (d *driver) writeAll([][]byte, time.Duration) error { return nil }
func (d *driver) poke()                                  {}
func (d *driver) unpark(*Conn)                           {}
func (d *driver) cut()                                   {}
func (d *driver) close()                                 {}
