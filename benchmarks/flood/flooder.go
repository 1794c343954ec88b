package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cowhand/cowhand/benchmarks/internal/client"
	"github.com/cowhand/cowhand/benchmarks/internal/process"
	"github.com/cowhand/cowhand/websocket/frame"
)

// patience bounds the handshake and each echo.
const patience = 30 * time.Second

// flooder is a connection that sends without pause, and discards the replies.
type flooder struct {
	conn    net.Conn
	kind    *kind
	reply   int // bytes
	written atomic.Int64
	read    atomic.Int64
	cut     atomic.Bool // the server has ended it
}

// connect opens a connection for each flooder.
func connect(s *process.Server, k *kind, n int) (flooders []*flooder, err error) {
	for i := range n {
		f, err := dial(s, k.of(i))
		if err != nil {
			closeAll(flooders)
			return nil, err
		}
		flooders = append(flooders, f)
	}
	return flooders, nil
}

func dial(s *process.Server, k *kind) (*flooder, error) {
	conn, err := s.Dial()
	if err != nil {
		return nil, err
	}
	f := &flooder{conn: conn, kind: k, reply: k.reply}
	if err := f.begin(); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return f, nil
}

// begin makes the handshake, and sends what a flood starts with.
func (f *flooder) begin() error {
	if err := f.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	in := bufio.NewReader(f.conn)
	if err := client.Upgrade(f.conn, in, f.kind.path, f.kind.deflate); err != nil {
		return err
	}
	if f.kind.learn {
		if err := f.learn(in); err != nil {
			return err
		}
	}
	if _, err := f.conn.Write(f.kind.first); err != nil {
		return err
	}
	return f.conn.SetDeadline(time.Time{})
}

// learn sends one message, and notes the size of its reply.
func (f *flooder) learn(in *bufio.Reader) error {
	if _, err := f.conn.Write(f.kind.message); err != nil {
		return err
	}
	head, err := in.Peek(2)
	if err != nil {
		return err
	}
	if head, err = in.Peek(frame.HeaderSize(head[1])); err != nil {
		return err
	}
	header, size, err := frame.ParseHeader(head)
	if err != nil {
		return err
	}
	f.reply, err = in.Discard(size + int(header.Length))
	return err
}

// flood starts all flooders; they end when their connections are closed.
func flood(flooders []*flooder, running *sync.WaitGroup) {
	buffers := make(map[*kind][]byte)
	for _, f := range flooders {
		if buffers[f.kind] == nil {
			buffers[f.kind] = f.kind.buffer()
		}
		running.Go(func() { f.send(buffers[f.kind]) })
		running.Go(f.drain)
	}
}

func (f *flooder) send(buffer []byte) {
	for {
		for rest := buffer; len(rest) > 0; {
			n, err := f.conn.Write(rest[:min(len(rest), f.kind.chunk)])
			f.written.Add(int64(n))
			if err != nil {
				return
			}
			rest = rest[n:]
		}
	}
}

func (f *flooder) drain() {
	buffer := make([]byte, buffered)
	for {
		n, err := f.conn.Read(buffer)
		f.read.Add(int64(n))
		if err != nil {
			f.cut.Store(errors.Is(err, io.EOF) || !errors.Is(err, net.ErrClosed))
			return
		}
	}
}

// done is how many of its messages the server has taken care of.
func (f *flooder) done() float64 {
	if f.reply > 0 {
		return float64(f.read.Load()) / float64(f.reply)
	}
	return float64(f.written.Load()) / float64(len(f.kind.message))
}

// sent sums up what flooders did, by kind.
func sent(flooders []*flooder) map[string]float64 {
	done := make(map[string]float64)
	for _, f := range flooders {
		done[f.kind.name] += f.done()
	}
	return done
}

func cutOff(flooders []*flooder) (n int) {
	for _, f := range flooders {
		if f.cut.Load() {
			n++
		}
	}
	return n
}

func closeAll(flooders []*flooder) {
	for _, f := range flooders {
		_ = client.Abort(f.conn)
	}
}
