package modeltest

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// peer is the client of a case: a goroutine that writes, so that a server
// which does not read blocks no one else, and one that reads, strictly.
type peer struct {
	raw    net.Conn // under TLS
	conn   net.Conn
	in     *bufio.Reader
	silent bool // it answers no close frame

	mu      sync.Mutex
	changed sync.Cond // of paused, queue and over
	paused  bool      // it does not read
	queue   []*message
	over    bool // nothing more is written
	decoder decoder
	frames  []received
	sent    []*message
	fault   error       // of what the server sent
	cut     bool        // the stream ended within a frame
	reads   []time.Time // of bytes
	ended   error       // of reading; io.EOF in the good case
	done    sync.WaitGroup
}

// message is what the client writes at once: a message, or several, or
// something invalid, or the end of its side.
type message struct {
	opcode    byte
	payload   string
	wire      []byte // nil: it is in the wire of a later one
	pieces    int    // writes
	barrier   bool   // nothing from here on is handled
	halfClose bool

	begun, written time.Time // the last write of it; zero: not yet
}

// connect makes the handshake, with messages behind the request.
func (p *peer) connect(compression string, early []*message) (err error) {
	p.changed.L = &p.mu
	var behind []byte
	for _, m := range early {
		behind = append(behind, m.wire...)
		m.begun = time.Now()
	}
	p.in, err = handshake(p.conn, "/", compression, behind)
	if err != nil {
		return err
	}
	for _, m := range early {
		m.written = time.Now()
	}
	p.sent = append(p.sent, early...)
	p.decoder.deflate = compression != ""
	p.decoder.takeover = compression == "takeover"
	p.done.Go(p.read)
	p.done.Go(p.write)
	return nil
}

// handshake opens a WebSocket over a connection, with bytes behind the
// request.
func handshake(conn net.Conn, path, compression string, behind []byte) (*bufio.Reader, error) {
	request := "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	switch compression {
	case "takeover":
		request += "Sec-WebSocket-Extensions: permessage-deflate\r\n"
	case "no takeover":
		request += "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := conn.Write(append([]byte(request+"\r\n"), behind...)); err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(conn, 4<<10)
	response, err := http.ReadResponse(in, nil)
	if err != nil {
		return nil, err
	}
	extensions := response.Header.Get("Sec-Websocket-Extensions")
	if response.StatusCode != http.StatusSwitchingProtocols || (compression != "") != strings.HasPrefix(extensions, "permessage-deflate") {
		return nil, fmt.Errorf("status %d, extensions %q", response.StatusCode, extensions)
	}
	return in, conn.SetDeadline(time.Time{})
}

// send queues messages; those of one call have to follow each other.
func (p *peer) send(messages ...*message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return
	}
	p.sent = append(p.sent, messages...)
	p.queue = append(p.queue, messages...)
	p.changed.Broadcast()
}

// write is the goroutine that writes.
func (p *peer) write() {
	for {
		m := p.nextToWrite()
		if m == nil {
			return
		}
		if err := p.writeOne(m); err != nil {
			p.stopWriting()
			return
		}
	}
}

func (p *peer) nextToWrite() *message {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.queue) == 0 && !p.over {
		p.changed.Wait()
	}
	if p.over {
		return nil
	}
	m := p.queue[0]
	p.queue = p.queue[1:]
	return m
}

func (p *peer) writeOne(m *message) error {
	if m.halfClose {
		return p.conn.(interface{ CloseWrite() error }).CloseWrite()
	}
	if len(m.wire) == 0 {
		return nil
	}
	var err error
	size := max(1, len(m.wire)/max(1, m.pieces))
	for piece := range slices.Chunk(m.wire, size) {
		p.mu.Lock()
		m.begun = time.Now()
		p.mu.Unlock()
		if _, err = p.conn.Write(piece); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	m.written = time.Now()
	return nil
}

func (p *peer) stopWriting() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	p.changed.Broadcast()
}

// pause stops the reading, until resume.
func (p *peer) pause() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused = true
}

func (p *peer) resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused = false
	p.changed.Broadcast()
}

// read is the goroutine that reads, to the end.
func (p *peer) read() {
	buffer := make([]byte, 8<<10)
	for {
		p.mu.Lock()
		for p.paused {
			p.changed.Wait()
		}
		p.mu.Unlock()
		n, err := p.in.Read(buffer)
		answers := p.decode(buffer[:n], err)
		p.send(answers...)
		if err != nil {
			p.stopWriting()
			_ = p.conn.Close()
			return
		}
	}
}

// decode takes what was read, and returns what to answer.
func (p *peer) decode(b []byte, err error) (answers []*message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(b) > 0 {
		p.reads = append(p.reads, time.Now())
	}
	p.decoder.buf = append(p.decoder.buf, b...)
	for p.fault == nil {
		f, ok, fault := p.decoder.next()
		if !ok {
			p.fault = fault
			break
		}
		if answer := p.take(f); answer != nil {
			answers = append(answers, answer)
		}
	}
	if err != nil {
		p.ended = err
		begun, fault := p.decoder.cut()
		p.cut = begun
		if p.fault == nil {
			p.fault = fault
		}
	}
	return answers
}

// take notes a frame, and returns the answer to it.
func (p *peer) take(f received) *message {
	switch {
	case f.opcode == opClose:
		if len(f.payload) == 1 || len(f.payload) > 2 {
			p.fault = fmt.Errorf("a close frame with payload %q", f.payload)
		}
	case len(f.payload) > 0:
		f.label, p.fault = checkPayload(f.payload)
		f.labelled, f.payload = true, nil
	}
	if n := len(p.frames); n > 0 && p.frames[n-1].opcode == opClose {
		p.fault = errors.New("a frame after the close frame")
	}
	p.frames = append(p.frames, f)
	switch {
	case f.opcode == opPing && f.labelled:
		return control(opPong, string(f.label.payload()))
	case f.opcode == opPing:
		return control(opPong, "")
	case f.opcode == opClose && !p.silent:
		m := control(opClose, string(f.payload))
		m.barrier = true
		return m
	}
	return nil
}

func control(opcode byte, payload string) *message {
	return &message{opcode: opcode, payload: payload, wire: appendFrame(nil, fin|opcode, []byte(payload))}
}

// view is a snapshot of what the client saw and did.
type view struct {
	frames []received
	sent   []message
	fault  error
	cut    bool
	reads  []time.Time
	ended  error
}

func (p *peer) view() view {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := view{slices.Clone(p.frames), make([]message, len(p.sent)), p.fault, p.cut, p.reads, p.ended}
	for i, m := range p.sent {
		v.sent[i] = *m
	}
	return v
}

// quiet returns for how long at most, between two points, the client read
// nothing.
func (v *view) quiet(from, to time.Time) (longest time.Duration) {
	for _, read := range v.reads {
		switch {
		case read.After(to):
			return max(longest, to.Sub(from))
		case read.After(from):
			longest = max(longest, read.Sub(from))
			from = read
		}
	}
	return max(longest, to.Sub(from))
}

// closed returns the server's close frame, if there is one.
func (v *view) closed() (code int, ok bool) {
	if n := len(v.frames); n > 0 && v.frames[n-1].opcode == opClose {
		return closeCode(v.frames[n-1].payload), true
	}
	return 0, false
}

// reset breaks the connection.
func (p *peer) reset() {
	if tcp, ok := p.raw.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	p.release()
}

// release ends whatever is left of the client.
func (p *peer) release() {
	p.stopWriting()
	_ = p.raw.Close()
	p.resume()
}
