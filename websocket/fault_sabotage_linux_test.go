package websocket_test

import (
	"fmt"
	"io"
	"sync"
	"syscall"
	"time"

	"github.com/cowhand/cowhand/internal/faultconn"
	"github.com/cowhand/cowhand/internal/rawio"
)

// blow is a way for a read or a write to fail for good.
type blow struct {
	name  string
	op    rawio.Op
	errno syscall.Errno // 0: the end of the stream
	torn  bool          // a part of the call is made before
	once  bool          // the calls behind it succeed, to show what mustn't follow
	lasts time.Duration // calls succeed again after that; 0: never
}

// stalled is the errno of a write that has no room and isn't told of any.
const stalled = syscall.EAGAIN

// stalledWrite is the WriteTimeout of connections whose writes stall.
const stalledWrite = 6 * time.Millisecond

// blows are the ways to fail. A descriptor never returns bytes together with
// an error.
var blows = []blow{
	{name: "a read is reset", op: rawio.Read, errno: syscall.ECONNRESET},
	{name: "a read times out", op: rawio.Read, errno: syscall.ETIMEDOUT},
	{name: "a read meets the end", op: rawio.Read},
	{name: "a read brings bytes and the end", op: rawio.Read, torn: true},
	{name: "a write is reset", op: rawio.Write, errno: syscall.ECONNRESET, once: true},
	{name: "a write times out", op: rawio.Write, errno: syscall.ETIMEDOUT, once: true},
	{name: "a write meets a broken pipe", op: rawio.Write, errno: syscall.EPIPE},
	{name: "a write is torn", op: rawio.Write, errno: syscall.ECONNRESET, torn: true, once: true},
	{name: "a write is torn and stalls", op: rawio.Write, errno: stalled, torn: true},
	{name: "a write stalls", op: rawio.Write, errno: stalled},
	{name: "a write stalls until it is given up", op: rawio.Write, errno: stalled, torn: true, lasts: stalledWrite * 2 / 3},
}

// sabotage counts the server's calls on one connection, fails one of them, and
// notes what was written.
type sabotage struct {
	blow blow
	at   int // the number of the call of that kind that fails, from 1; 0: none

	mu     sync.Mutex
	calls  [2]int
	due    bool      // the next call of that kind fails
	struck time.Time // when the call failed; zero: it hasn't
	moved  []byte    // by writes
	after  int       // bytes that were written after the failure
}

func (s *sabotage) String() string {
	if s.at == 0 {
		return "no fault"
	}
	return fmt.Sprintf("%s, call %d", s.blow.name, s.at)
}

// judge returns how many of n bytes a call may move, and whether it fails
// then.
func (s *sabotage) judge(op rawio.Op, n int) (most int, fails bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[op]++
	switch {
	case op != s.blow.op || s.at == 0:
		return n, false
	case !s.struck.IsZero():
		return n, !s.blow.once && (s.blow.lasts == 0 || time.Since(s.struck) < s.blow.lasts)
	case s.due:
		s.struck = time.Now()
		return 0, true
	case s.calls[op] < s.at:
		return n, false
	case s.blow.torn && n > 1:
		s.due = true
		return []int{1, n / 2, n - 1}[s.at%3], false
	}
	s.struck = time.Now()
	return 0, true
}

func (s *sabotage) note(op rawio.Op, b []byte) {
	if op == rawio.Read {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.moved = append(s.moved, b...)
	if !s.struck.IsZero() {
		s.after += len(b)
	}
}

// raw is the sabotage of a descriptor.
func (s *sabotage) raw(op rawio.Op, fd int, b []byte, call rawio.Call) (int, syscall.Errno) {
	most, fails := s.judge(op, len(b))
	switch {
	case fails && s.blow.errno == 0:
		return 0, 0
	case fails:
		return -1, s.blow.errno
	}
	n, errno := call(fd, b[:most])
	s.note(op, b[:max(n, 0)])
	return n, errno
}

// isPossible reports whether calls of a transport fail that way.
func (b blow) isPossible(transport string) bool {
	switch {
	case b.op == rawio.Read && b.torn:
		return isHidden(transport)
	case b.errno == stalled: // crypto/tls waits for 5 s to say that it closes
		return transport != "https"
	}
	return true
}

// conn is the sabotage of a connection whose descriptor is hidden. A call
// that is torn fails at once.
func (s *sabotage) conn(c *faultconn.Conn, op faultconn.Op, b []byte) (n int, err error) {
	most, fails := s.judge(rawio.Op(op), len(b))
	if !fails {
		n, err = c.Call(op, b[:most])
		s.note(rawio.Op(op), b[:n])
		if err != nil || most == len(b) {
			return n, err
		}
		s.judge(rawio.Op(op), len(b)-n)
	}
	switch {
	case s.blow.errno == 0:
		return n, io.EOF
	case s.blow.errno == stalled:
		return n, c.Stall(op)
	}
	return n, s.blow.errno
}

// hasStruck reports whether a call has failed.
func (s *sabotage) hasStruck() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.struck.IsZero()
}
