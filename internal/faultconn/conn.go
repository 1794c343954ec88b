package faultconn

import (
	"net"
	"time"
)

// Op names a call for a [Fault].
type Op byte

// The calls.
const (
	Read Op = iota
	Write
)

// Fault makes a Read or Write of c with b. [Conn.Call] is the call itself. A
// fault must keep the contract of [net.Conn]: a Write that is short returns an
// error. It may be asked about a Read and a Write at once.
type Fault func(c *Conn, op Op, b []byte) (n int, err error)

// Conn is a connection with a [Fault].
type Conn struct {
	conn  net.Conn
	fault Fault
	stall net.Conn // an end of a pipe that nobody reads or writes
}

// New puts a fault before conn.
func New(conn net.Conn, fault Fault) *Conn {
	stall, _ := net.Pipe()
	return &Conn{conn: conn, fault: fault, stall: stall}
}

// Call makes a call without a fault.
func (c *Conn) Call(op Op, b []byte) (n int, err error) {
	if op == Read {
		return c.conn.Read(b)
	}
	return c.conn.Write(b)
}

// Stall waits as a call does whose peer has vanished: until the deadline has
// passed or the connection is closed. It returns the error that the call
// would return.
func (c *Conn) Stall(op Op) (err error) {
	var b [1]byte
	if op == Read {
		_, err = c.stall.Read(b[:])
	} else {
		_, err = c.stall.Write(b[:])
	}
	if isTimeout(err) {
		return err
	}
	return net.ErrClosed
}

func isTimeout(err error) bool {
	timeout, ok := err.(net.Error)
	return ok && timeout.Timeout()
}

// Read implements [net.Conn].
func (c *Conn) Read(b []byte) (n int, err error) { return c.fault(c, Read, b) }

// Write implements [net.Conn].
func (c *Conn) Write(b []byte) (n int, err error) { return c.fault(c, Write, b) }

// Close implements [net.Conn].
func (c *Conn) Close() error {
	c.stall.Close()
	return c.conn.Close()
}

// CloseWrite ends the outgoing half, if the connection under c can.
func (c *Conn) CloseWrite() error {
	if half, ok := c.conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return net.ErrClosed
}

// LocalAddr implements [net.Conn].
func (c *Conn) LocalAddr() net.Addr { return c.conn.LocalAddr() }

// RemoteAddr implements [net.Conn].
func (c *Conn) RemoteAddr() net.Addr { return c.conn.RemoteAddr() }

// SetDeadline implements [net.Conn].
func (c *Conn) SetDeadline(t time.Time) error {
	c.stall.SetDeadline(t)
	return c.conn.SetDeadline(t)
}

// SetReadDeadline implements [net.Conn].
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.stall.SetReadDeadline(t)
	return c.conn.SetReadDeadline(t)
}

// SetWriteDeadline implements [net.Conn].
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.stall.SetWriteDeadline(t)
	return c.conn.SetWriteDeadline(t)
}

// Listener puts a fault before each connection that it accepts.
type Listener struct {
	net.Listener
	Fault Fault
}

// Accept implements [net.Listener].
func (l Listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return New(conn, l.Fault), nil
}
