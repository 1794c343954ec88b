package websocket

import (
	"cmp"
	"errors"
	"math"
	"net/netip"
	"slices"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/websocket/internal/driven"
)

func init() { driven.Open = openDriven }

// driver is both a transport without a socket and a clock, for package
// websockettest. The loop runs in the goroutine of the caller, who moves the
// clock.
type driver struct {
	conn    *Conn
	clock   int64 // in nanoseconds
	timers  []*driverTimer
	written []byte
}

// driverTimer is a pending timer.
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
	if options.RequireSubprotocol && agreed.protocol == "" {
		return nil, errors.New(noSubprotocol(options.Subprotocols).text)
	}
	d := &driver{clock: int64(time.Second)}
	d.conn = newConn(h, &options, agreed, &handler.Env{Sessions: new(handler.Sessions), Logger: config.Logger}, d)
	d.conn.request = newRequest(config.Request.(RequestInfo), agreed, nil)
	d.conn.transport = d
	driven.Register(d.conn)
	timeouts.forget(d.conn) // the wheel has another clock
	return d, nil
}

// now implements [clock].
func (d *driver) now() int64 { return d.clock }

// afterFunc implements [clock].
func (d *driver) afterFunc(after time.Duration, f func()) stopper {
	t := &driverTimer{at: d.clock + int64(max(after, 0)), f: f}
	i, _ := slices.BinarySearchFunc(d.timers, t.at+1, func(t *driverTimer, at int64) int { return cmp.Compare(t.at, at) })
	d.timers = slices.Insert(d.timers, i, t)
	return t
}

// Stop does nothing: a timer that its connection forgot doesn't fire.
func (t *driverTimer) Stop() bool { return true }

func (d *driver) Conn() any    { return d.conn }
func (d *driver) Now() int64   { return d.clock }
func (d *driver) Active() bool { return d.conn.active }
func (d *driver) Ended() bool  { return d.conn.stage == terminated }

func (d *driver) Written() []byte {
	written := d.written
	d.written = nil
	return written
}

// loop runs a part of the loop in the caller's goroutine.
func (d *driver) loop(part func()) {
	if d.Ended() {
		return
	}
	d.conn.enterLoop()
	part()
	if d.conn.stage >= closed {
		d.conn.terminate()
		driven.Forget(d.conn)
		return
	}
	d.conn.exitLoop()
}

func (d *driver) Start() { d.loop(func() { d.conn.begin() }) }

func (d *driver) Receive(b []byte) {
	d.loop(func() {
		d.conn.recordReceipt()
		d.conn.input(b)
		d.conn.endBatch()
	})
}

func (d *driver) Fail(err error) { d.loop(func() { d.conn.fail(err) }) }

func (d *driver) Attend() bool {
	if d.Ended() || d.conn.signals.Load() == 0 {
		return false
	}
	d.loop(d.conn.handleSignals)
	return true
}

func (d *driver) End(reason any) { d.loop(func() { d.conn.end(reason.(Reason)) }) }

func (d *driver) Step(until int64) bool {
	run := d.next(until)
	if run == nil {
		return false
	}
	run()
	return true
}

// next moves the clock to the next timer or timeout, if there is one until
// then, and returns the function to run. The handler's goroutines may set
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
	if d.conn.isTerminated() || at > until {
		d.clock = max(d.clock, until)
		return nil
	}
	if isTimer {
		d.timers = d.timers[1:]
	}
	d.clock = max(d.clock, at)
	return run
}

func (d *driver) writeSome(pieces [][]byte) (rest [][]byte, err error) {
	for _, piece := range pieces {
		d.written = append(d.written, piece...)
	}
	return nil, nil
}

func (d *driver) writeAll(pieces [][]byte, _ *patience) ([][]byte, error) { return d.writeSome(pieces) }
func (d *driver) writeFrom([]byte) (n int, ok bool)                       { return 0, false }
func (d *driver) peer() (none netip.AddrPort)                             { return none }
func (d *driver) closeWrite(time.Duration) bool                           { return true }
func (d *driver) serve(*Conn) outcome                                     { return over }
func (d *driver) pending(*Conn) bool                                      { return false }
func (d *driver) interrupt()                                              {}
func (d *driver) interruptWrite()                                         {}
func (d *driver) unpark(*Conn)                                            {}
func (d *driver) cut()                                                    {}
func (d *driver) abort()                                                  {}
func (d *driver) close()                                                  {}
