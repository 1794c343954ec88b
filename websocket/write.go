package websocket

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// write writes pieces, after the frames that another goroutine left
// unfinished. On an error it counts the frames that weren't sent.
func (c *Conn) write(pieces [][]byte) error {
	c.assertLoop()
	o := &c.outbox
	o.mu.Lock()
	begun, written := o.takeBegun()
	if begun != nil {
		pieces = append([][]byte{begun}, pieces...)
	}
	rest, err := c.transport.writeSome(advance(pieces, written))
	o.mu.Unlock()
	switch {
	case err != nil:
	case len(rest) == 0:
		c.impatience = 0
	default:
		rest, err = c.writePatiently(rest) // without the lock: activity keeps others from writing
	}
	if err != nil {
		c.infos.Lose(uint32(countFrames(pieces, total(pieces)-total(rest))))
	}
	return err
}

func (c *Conn) writePatiently(pieces [][]byte) (rest [][]byte, err error) {
	defer c.resume()
	p := patiences.Get().(*patience)
	defer patiences.Put(p)
	p.begin(c)
	rest, err = c.transport.writeAll(pieces, p)
	p.earn(total(pieces)-total(rest), c.now()) // also for bytes taken since the last look
	p.save()
	return rest, err
}

// patience bounds how long the loop waits for a client that takes its time: no
// longer than WriteTimeout for the next byte, and, over any time, no longer
// than MinWriteRate allows.
//
// Each byte that the client takes puts the deadline off by 1/MinWriteRate, but
// never beyond WriteTimeout from now. A client that takes more than
// MinWriteRate lives, one that takes nothing is cut after WriteTimeout, and
// one that takes a byte now and then is cut shortly after. Writes in a row
// share one patience: Conn.impatience has the part that is used up.
type patience struct {
	conn     *Conn
	timeout  int64 // in nanoseconds
	rate     int64 // in bytes a second; 0: any progress will do
	deadline int64
	position int    // of the last look, see there
	looked   bool   // there was a look: position is valid
	heard    signal // urgent signals that bound the deadline already
}

var patiences = sync.Pool{New: func() any { return new(patience) }}

func (p *patience) begin(c *Conn) {
	settings := c.settings.Value()
	*p = patience{
		conn:     c,
		timeout:  int64(settings.writeTimeout),
		rate:     int64(settings.minWriteRate),
		deadline: c.now() + int64(settings.writeTimeout) - int64(settings.writeTimeout)/maxImpatience*int64(c.impatience),
	}
}

// maxImpatience is Conn.impatience when the whole WriteTimeout is used up.
const maxImpatience = 1<<16 - 1

// save keeps the patience for the next write.
func (p *patience) save() {
	used := p.timeout - (p.deadline - p.conn.now())
	p.conn.impatience = uint16(min(max(used, 0)/max(p.timeout/maxImpatience, 1), maxImpatience))
}

var (
	errWriteTimeout = fmt.Errorf("websocket: the client took no bytes for WriteTimeout, or fewer than MinWriteRate: %w", os.ErrDeadlineExceeded)
	errCloseTimeout = errors.New("websocket: the client did not take the close frame within CloseTimeout")
	errCut          = errors.New("websocket: the connection was cut")
)

// look returns how long to wait before the next look, or why waiting is over.
// position is how many bytes the client has taken, from any start.
func (p *patience) look(position int) (wait time.Duration, err error) {
	c := p.conn
	present := c.now()
	p.credit(position, present)
	p.hear(signal(c.signals.Load())&urgent, present)
	closeBy := c.timing.closeBy.Load()
	switch {
	case p.heard&signalCut != 0:
		return 0, errCut
	case present >= p.deadline:
		return 0, errWriteTimeout
	case closeBy != 0 && present >= closeBy:
		return 0, errCloseTimeout
	}
	until := p.deadline
	if closeBy != 0 {
		until = min(until, closeBy)
	}
	return min(time.Duration(until-present), p.interval()), nil
}

// credit counts the bytes that the client took since the last look.
func (p *patience) credit(position int, present int64) {
	taken := position - p.position
	p.position = position
	if p.looked {
		p.earn(taken, present)
	}
	p.looked = true
}

// earn puts the deadline off for bytes that the client took.
func (p *patience) earn(taken int, present int64) {
	if taken <= 0 {
		return
	}
	limit := present + p.timeout
	if p.rate > 0 {
		limit = min(limit, p.deadline+int64(taken)*int64(time.Second)/p.rate)
	}
	p.deadline = limit
}

// hear bounds the wait by CloseTimeout once the connection is to close.
func (p *patience) hear(urgent signal, present int64) {
	if news := urgent &^ p.heard; news != 0 {
		p.heard |= news
		closeBy := present + int64(p.conn.settings.Value().closeTimeout)
		p.conn.timing.closeBy.CompareAndSwap(0, closeBy)
	}
}

// interval is how long to wait between two looks.
func (p *patience) interval() time.Duration {
	return min(max(time.Duration(p.timeout)/16, 10*time.Millisecond), time.Second)
}
