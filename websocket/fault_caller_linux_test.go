package websocket_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"
)

// caller is the client's end of a conversation. After the first error it does
// nothing more, so that a script needs no checks.
type caller struct {
	conn    net.Conn
	in      *bufio.Reader
	got     bytes.Buffer // all that was read from conn
	from    ledger
	said    map[string]int // frames of each source
	writers sync.WaitGroup
	parks   bool   // the server has no goroutine for a connection that hibernates
	atSleep func() // called when it does; nil: nothing
	err     error
}

func newCaller(conn net.Conn) *caller {
	c := &caller{conn: conn, said: make(map[string]int)}
	c.in = bufio.NewReader(io.TeeReader(conn, &c.got))
	c.fail(conn.SetDeadline(time.Now().Add(patience)))
	return c
}

func (c *caller) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

func (c *caller) handshake(headers []string) {
	c.write(request{headers: headers}.bytes())
	if c.err != nil {
		return
	}
	response, err := http.ReadResponse(c.in, &http.Request{Method: "GET"})
	if err != nil || response.StatusCode != 101 {
		c.fail(errNoUpgrade)
	}
}

var errNoUpgrade = errors.New("the handshake failed")

func (c *caller) write(b []byte) {
	if c.err == nil {
		_, err := c.conn.Write(b)
		c.fail(err)
	}
}

// say sends frames in one write.
func (c *caller) say(frames ...wireFrame) { c.write(masked(frames...)) }

// label returns the next payload of a source.
func (c *caller) label(source string, size int) string {
	number := c.said[source]
	c.said[source]++
	return labelled(source, number, size)
}

// echo, binary and ping return the next message that is echoed, and the next
// ping.
func (c *caller) echo(size int) wireFrame   { return text(c.label("echo", size)) }
func (c *caller) binary(size int) wireFrame { return binaryFrame(c.label("echo", size)) }
func (c *caller) ping() wireFrame           { return ping(c.label("pong", 60)) }

// listen reads a frame.
func (c *caller) listen() (f wireFrame) {
	if c.err != nil {
		return f
	}
	f, err := readFrame(c.in)
	if err == nil {
		err = c.from.take(f)
	}
	c.fail(err)
	return f
}

// await reads until it has so many frames of a source.
func (c *caller) await(source string, n int) {
	for c.err == nil && c.from.got[source] < n {
		c.listen()
	}
}

// awaitEchoes reads until all echoes and pongs are there.
func (c *caller) awaitEchoes() {
	c.await("echo", c.said["echo"])
	c.await("pong", c.said["pong"])
}

// awaitClose reads until the close frame.
func (c *caller) awaitClose() {
	for c.err == nil && !c.from.closed {
		c.listen()
	}
}

// awaitEnd reads until the end of the connection.
func (c *caller) awaitEnd() {
	if c.err != nil {
		return
	}
	if _, err := c.in.ReadByte(); err != io.EOF {
		c.fail(fmt.Errorf("instead of the end of the stream: %w", errors.Join(err, errSurplus)))
	}
}

var errSurplus = errors.New("a byte, or another error")

// quit closes as a client does.
func (c *caller) quit() {
	c.say(closing(1000, ""))
	c.awaitClose()
	c.awaitEnd()
}

// answerClose closes as the server wants it.
func (c *caller) answerClose() {
	c.awaitClose()
	c.say(closing(1000, ""))
	c.awaitEnd()
}

// finish ends the client's side, and reads what else there is to read. It
// returns the errors that no fault of the server's excuses.
func (c *caller) finish() error {
	if half, ok := c.conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	_, err := io.Copy(io.Discard, c.in)
	c.writers.Wait()
	_ = c.conn.Close()
	return errors.Join(inexcusable(err), inexcusable(c.err))
}

// inexcusable returns err unless it says that the connection ended. A timeout
// is none of these, nor is a TLS record that was damaged.
func inexcusable(err error) error {
	for _, end := range []error{errNoUpgrade, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, end) {
			return nil
		}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("the connection hangs: %w", err)
	}
	return err
}
