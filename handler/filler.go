package handler

import (
	"io"
	"runtime/debug"
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

	mu   sync.Mutex // guards the next three while a background read runs
	data []byte     // read and not yet handed out
	err  error      // what ended src; io.EOF at its end
	want int64      // how much data the background read is to gather

	running chan struct{} // closed when the background read ends; nil before the first
}

// chunks are buffers for asking the source for up to 32 KB at once.
var chunks = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// read returns length bytes: fewer at the end of the stream and when the
// period is over. more is false once the stream is known to be at its end and
// all of it was handed out.
func (f *filler) read(length int64, period time.Duration) (data []byte, more bool, err error) {
	f.await(length, period)
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

// await returns when length bytes are there, the stream has ended, or the
// period is over.
func (f *filler) await(length int64, period time.Duration) {
	if f.has(length) {
		return
	}
	if !f.pending() { // so that it stays: a read that ends tells so before anybody sees what it read
		f.running = make(chan struct{})
		go f.fill(f.running)
	}
	timer := time.NewTimer(period)
	defer timer.Stop()
	select {
	case <-f.running:
	case <-timer.C:
	}
}

// has reports whether there is no need to wait for length bytes; otherwise
// the background read, should one run already, gathers that many from now on.
func (f *filler) has(length int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.want = length
	return f.full()
}

func (f *filler) full() bool { return f.err != nil || int64(len(f.data)) >= f.want }

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

// fill reads what is wanted, or to the end of the stream.
func (f *filler) fill(done chan struct{}) {
	ended := false
	defer func() {
		if !ended { // by runtime.Goexit
			close(done)
		}
	}()
	chunk := chunks.Get().(*[32 << 10]byte)
	defer chunks.Put(chunk)
	for !ended {
		ended = f.add(chunk[:], done)
	}
}

// add reads once, and ends the background read where that is enough.
func (f *filler) add(chunk []byte, done chan struct{}) (ended bool) {
	n, err := f.readSource(chunk)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.data = append(f.data, chunk[:n]...)
	f.err = err
	if f.full() {
		close(done)
		return true
	}
	return false
}

// readSource makes a panic of the source an error, for the goroutine that
// handles the request to fail with: it must not end the program.
func (f *filler) readSource(p []byte) (n int, err error) {
	defer func() {
		if value := recover(); value != nil {
			n, err = 0, &PanicError{value, debug.Stack()}
		}
	}()
	return f.src.Read(p)
}

// Read is [io.Reader], for those who take the stream as it comes.
func (f *filler) Read(p []byte) (int, error) {
	if !f.has(1) && f.pending() {
		<-f.running
	}
	if n, err := f.readGathered(p); n > 0 || err != nil {
		return n, err
	}
	n, err := f.src.Read(p)
	f.mu.Lock()
	f.err = err
	f.mu.Unlock()
	return n, err
}

// readGathered returns what was read before and not yet handed out.
func (f *filler) readGathered(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.data) > 0 {
		n := copy(p, f.data)
		f.data = f.data[n:]
		return n, nil
	}
	return 0, f.err
}
