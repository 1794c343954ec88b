package handler

import (
	"io"
	"sync"
	"time"
)

// filler reads a stream by length and period. What a period cuts short is
// read on in the background, up to the length, and is there for the next
// call; so that a slow client costs neither data nor the connection, as an
// expired deadline would.
//
// It is used by one goroutine, and runs at most one of its own.
type filler struct {
	src io.Reader

	mu   sync.Mutex // guards the rest while a background read runs
	data []byte     // read and not yet handed out
	err  error      // what ended src; io.EOF at its end

	running chan struct{} // closed when the background read ends; nil where none runs
}

// chunks are buffers for asking the source for up to 32 KB at once.
var chunks = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// read returns up to length bytes: fewer at the end of the stream and when
// the period is over. more is false once the stream is at its end and all of
// it was handed out.
func (f *filler) read(length int64, period time.Duration) (data []byte, more bool, err error) {
	if f.running == nil && f.err == nil {
		f.running = make(chan struct{})
		go f.fill(length, f.running)
	}
	if f.running != nil {
		f.wait(period)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	n := min(int64(len(f.data)), length)
	data, f.data = f.data[:n:n], f.data[n:]
	if len(f.data) > 0 {
		return data, true, nil
	}
	f.data = nil
	switch f.err {
	case nil:
		return data, true, nil
	case io.EOF:
		return data, false, nil
	}
	return data, false, f.err
}

// wait returns when the background read is over, or the period is.
func (f *filler) wait(period time.Duration) {
	timer := time.NewTimer(period)
	defer timer.Stop()
	select {
	case <-f.running:
		f.running = nil
	case <-timer.C:
	}
}

// pending reports whether a background read is under way.
func (f *filler) pending() bool {
	if f.running == nil {
		return false
	}
	select {
	case <-f.running:
		return false
	default:
		return true
	}
}

// fill reads until there is more than length, so that the end of the stream
// is seen with its last byte, or until the stream ends.
func (f *filler) fill(length int64, done chan struct{}) {
	defer close(done)
	chunk := chunks.Get().(*[32 << 10]byte)
	defer chunks.Put(chunk)
	buf := chunk[:min(length, int64(len(chunk))-1)+1]
	for {
		n, err := f.src.Read(buf)
		f.mu.Lock()
		f.data = append(f.data, buf[:n]...)
		f.err = err
		full := int64(len(f.data)) > length
		f.mu.Unlock()
		if full || err != nil {
			return
		}
	}
}

// Read is [io.Reader], for those who take the stream as it comes.
func (f *filler) Read(p []byte) (int, error) {
	if f.running != nil {
		<-f.running
		f.running = nil
	}
	if len(f.data) > 0 {
		n := copy(p, f.data)
		f.data = f.data[n:]
		return n, nil
	}
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.src.Read(p)
	if err != nil {
		f.mu.Lock()
		f.err = err
		f.mu.Unlock()
	}
	return n, err
}
