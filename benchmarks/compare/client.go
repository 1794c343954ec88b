package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/klauspost/compress/flate"

	"github.com/cowhand/cowhand/websocket/frame"
)

// patience bounds each exchange.
const patience = 30 * time.Second

// client is a connection that sends the same batch again and again.
type client struct {
	net.Conn
	in       *bufio.Reader
	batch    []byte
	messages int
	opcode   frame.Opcode
	received int64 // bytes
	read     func(*client) error
}

// dial opens a connection for a cell.
func dial(s *server, c cell) (*client, error) {
	conn, err := s.dial()
	if err != nil {
		return nil, err
	}
	cl := &client{Conn: conn, in: bufio.NewReaderSize(conn, 16<<10), messages: c.depth, opcode: frame.Binary}
	if c.text {
		cl.opcode = frame.Text
	}
	if err := cl.prepare(s.raw, c); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return cl, nil
}

func (c *client) prepare(raw bool, cell cell) error {
	if cell.plain() {
		c.batch = []byte("GET " + cell.path + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
		c.read = (*client).readResponse
		return nil
	}
	payload := bytes.Repeat([]byte("cow "), cell.size/4)
	if raw {
		c.batch = bytes.Repeat(payload, cell.depth)
		c.read = (*client).readBytes
		return nil
	}
	c.read = (*client).readFrames
	var rsv byte
	if cell.deflate != "" {
		var err error
		if payload, err = deflated([]byte(document(cell.size))); err != nil {
			return err
		}
		rsv = frame.RSV1
	}
	const key = 0x5ac81f37
	header := frame.AppendHeader(nil, frame.Header{Fin: true, RSV: rsv, Opcode: c.opcode, Masked: true, Mask: key, Length: int64(len(payload))})
	frame.Mask(payload, key)
	c.batch = bytes.Repeat(append(header, payload...), cell.depth)
	return c.upgrade(cell.path, cell.deflate)
}

// document is text as it is often sent, of a size in bytes.
func document(size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, `{"id":%d,"name":"cow %d","herd":"north","weight":%d.%d,"milked":%t},`, i*7919, i*31%97, 400+i*13%200, i%10, i%3 == 0)
	}
	return b.String()[:size]
}

// deflated is a payload as a client sends it that takes no context over.
func deflated(payload []byte) ([]byte, error) {
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.DefaultCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(payload); err != nil {
		return nil, err
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(packed.Bytes(), []byte{0, 0, 0xff, 0xff}), nil
}

const handshake = " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

func (c *client) upgrade(path, deflate string) error {
	request := "GET " + path + handshake
	switch deflate {
	case "takeover":
		request += "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" // as browsers do
	case "notakeover":
		request += "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"
	}
	if _, err := io.WriteString(c, request+"\r\n"); err != nil {
		return err
	}
	response, err := http.ReadResponse(c.in, nil)
	switch {
	case err != nil:
		return err
	case response.StatusCode != http.StatusSwitchingProtocols:
		return fmt.Errorf("the handshake was answered with %s", response.Status)
	case deflate != "" && response.Header.Get("Sec-WebSocket-Extensions") == "":
		return fmt.Errorf("compression was not agreed")
	}
	return nil
}

// abort ends the connection with a reset, which leaves no port waiting.
func (c *client) abort() error {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		if err := tcp.SetLinger(0); err != nil {
			return err
		}
	}
	return c.Close()
}

// exchange sends the batch and reads what it is answered with.
func (c *client) exchange() error {
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

func (c *client) readBytes() error {
	_, err := io.CopyN(io.Discard, c.in, int64(len(c.batch)))
	return err
}

func (c *client) readFrames() error {
	for range c.messages {
		if err := c.readFrame(); err != nil {
			return err
		}
	}
	return nil
}

func (c *client) readFrame() error {
	head, err := c.in.Peek(2)
	if err != nil {
		return err
	}
	if head, err = c.in.Peek(frame.HeaderSize(head[1])); err != nil {
		return err
	}
	header, size, err := frame.ParseHeader(head)
	switch {
	case err != nil:
		return err
	case header.Opcode != c.opcode:
		return fmt.Errorf("a frame of opcode %v came", header.Opcode)
	}
	n, err := c.in.Discard(size + int(header.Length))
	c.received += int64(n)
	return err
}

func (c *client) readResponse() error {
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
