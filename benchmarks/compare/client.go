package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/cowhand/cowhand/benchmarks/internal/client"
	"github.com/cowhand/cowhand/benchmarks/internal/process"
	"github.com/cowhand/cowhand/websocket/frame"
)

// patience bounds each exchange.
const patience = 30 * time.Second

// peer is a connection that sends the same batch again and again.
type peer struct {
	net.Conn
	in       *bufio.Reader
	batch    []byte
	messages int
	opcode   frame.Opcode
	received int64 // bytes
	read     func(*peer) error
}

// dial opens a connection for a cell.
func dial(s *process.Server, c cell) (*peer, error) {
	conn, err := s.Dial()
	if err != nil {
		return nil, err
	}
	p := &peer{Conn: conn, in: bufio.NewReaderSize(conn, 16<<10), messages: c.depth, opcode: frame.Binary}
	if c.text {
		p.opcode = frame.Text
	}
	if err := p.prepare(s.Raw, c); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return p, nil
}

func (c *peer) prepare(raw bool, cell cell) error {
	if cell.plain() {
		c.batch = []byte("GET " + cell.path + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
		c.read = (*peer).readResponse
		return nil
	}
	payload := bytes.Repeat([]byte("cow "), cell.size/4)
	if raw {
		c.batch = bytes.Repeat(payload, cell.depth)
		c.read = (*peer).readBytes
		return nil
	}
	c.read = (*peer).readFrames
	var rsv byte
	if cell.deflate != "" {
		var err error
		if payload, err = client.Deflated([]byte(client.Document(cell.size))); err != nil {
			return err
		}
		rsv = frame.RSV1
	}
	c.batch = bytes.Repeat(client.AppendFrame(nil, true, rsv, c.opcode, payload), cell.depth)
	return client.Upgrade(c, c.in, cell.path, cell.deflate)
}

// exchange sends the batch and reads what it is answered with.
func (c *peer) exchange() error {
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	written := make(chan error, 1)
	if len(c.batch) > 64<<10 { // more than the sockets may hold
		go func() {
			_, err := c.Write(c.batch)
			written <- err
		}()
	} else {
		_, err := c.Write(c.batch)
		written <- err
	}
	if err := c.read(c); err != nil {
		return err
	}
	return <-written
}

func (c *peer) readBytes() error {
	_, err := io.CopyN(io.Discard, c.in, int64(len(c.batch)))
	return err
}

func (c *peer) readFrames() error {
	for range c.messages {
		if _, err := c.readFrame(); err != nil {
			return err
		}
	}
	return nil
}

// readFrame returns the length of its payload.
func (c *peer) readFrame() (length int, err error) {
	head, err := c.in.Peek(2)
	if err != nil {
		return 0, err
	}
	if head, err = c.in.Peek(frame.HeaderSize(head[1])); err != nil {
		return 0, err
	}
	header, size, err := frame.ParseHeader(head)
	switch {
	case err != nil:
		return 0, err
	case header.Opcode != c.opcode:
		return 0, fmt.Errorf("a frame of opcode %v came", header.Opcode)
	}
	n, err := c.in.Discard(size + int(header.Length))
	c.received += int64(n)
	return int(header.Length), err
}

func (c *peer) readResponse() error {
	for range c.messages {
		response, err := http.ReadResponse(c.in, nil)
		if err != nil {
			return err
		}
		if _, err = io.Copy(io.Discard, response.Body); err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s", response.Status)
		}
	}
	return nil
}
