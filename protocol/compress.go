package protocol

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

const (
	// gzipLevel is Cowboy's.
	gzipLevel = 5

	// maxWhole is the size up to which a reply that comes in one piece is
	// compressed before it is sent, so that it has a Content-Length.
	maxWhole = 1 << 20

	// sniffed is how much http.DetectContentType looks at.
	sniffed = 512

	// maxPooled is the capacity up to which a buffer is kept for others.
	maxPooled = 64 << 10
)

var (
	gzipWriters = sync.Pool{New: func() any {
		w, _ := gzip.NewWriterLevel(io.Discard, gzipLevel) // fails only for a bad level
		return w
	}}
	buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}
)

// compressWriter compresses a reply where that is allowed and worthwhile
// (cowboy_compress_h). It holds back the beginning of a reply of unknown
// length until that exceeds the threshold, is flushed, or ends.
type compressWriter struct {
	http.ResponseWriter
	threshold int
	accepts   bool // the client takes gzip, and the reply has a body

	phase  compressPhase
	status int
	length int    // the Content-Length that the handler declared, or -1
	held   []byte // in phase deciding
	gzip   *gzip.Writer
}

type compressPhase int

const (
	unsent      compressPhase = iota // no status yet
	deciding                         // it may be compressed
	plain                            // it goes out as it is
	compressing                      // it goes through gzip
	complete                         // all of it was sent, or the connection hijacked
)

func newCompressWriter(w http.ResponseWriter, r *http.Request, threshold int) *compressWriter {
	return &compressWriter{
		ResponseWriter: w,
		threshold:      threshold,
		accepts:        r.Method != http.MethodHead && acceptsGzip(r.Header["Accept-Encoding"]),
	}
}

// WriteHeader decides, where status and headers suffice for it.
func (w *compressWriter) WriteHeader(status int) {
	if status < 200 && status != http.StatusSwitchingProtocols {
		w.ResponseWriter.WriteHeader(status) // informational: the final one is to come
		return
	}
	if w.phase != unsent {
		return
	}
	h := w.Header()
	addVary(h)
	w.status, w.length = status, declaredLength(h)
	w.phase = deciding
	if !w.accepts || !compressible(status, h) || (w.length >= 0 && w.length <= w.threshold) {
		w.goPlain()
	}
}

// compressible reports whether a reply may be compressed as far as its
// status and headers say. An entity tag belongs to the plain bytes, and so
// does a range.
func compressible(status int, h http.Header) bool {
	switch status {
	case http.StatusSwitchingProtocols, http.StatusNoContent, http.StatusPartialContent, http.StatusNotModified:
		return false
	}
	for _, name := range [...]string{"Content-Encoding", "Etag", "Content-Range", "Transfer-Encoding"} {
		if h[name] != nil {
			return false
		}
	}
	return !strings.Contains(h.Get("Cache-Control"), "no-transform") // RFC 9111, section 5.2.2.6
}

func declaredLength(h http.Header) int {
	n, err := strconv.Atoi(h.Get("Content-Length"))
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// addVary says that the reply depends on Accept-Encoding, also where it was
// not compressed.
func addVary(h http.Header) {
	lines := h["Vary"]
	for _, line := range lines {
		for name := range strings.SplitSeq(line, ",") {
			name = strings.Trim(name, " \t")
			if name == "*" || strings.EqualFold(name, "Accept-Encoding") {
				return
			}
		}
	}
	if len(lines) == 0 {
		h["Vary"] = varyAcceptEncoding
		return
	}
	h["Vary"] = append(lines[:len(lines):len(lines)], varyAcceptEncoding...)
}

var (
	varyAcceptEncoding = []string{"accept-encoding"}
	encodingGzip       = []string{"gzip"}
)

// goPlain sends the header, and what was held back.
func (w *compressWriter) goPlain() {
	w.phase = plain
	w.ResponseWriter.WriteHeader(w.status)
	if len(w.held) > 0 {
		_, _ = w.ResponseWriter.Write(w.held) // an error comes again at the next write
		w.held = nil
	}
}

// goGzip sends the header of a compressed reply of unknown length, and what
// was held back; next comes after that.
func (w *compressWriter) goGzip(next []byte) {
	w.phase = compressing
	h := w.Header()
	delete(h, "Content-Length")
	w.setEncoded(h, next)
	w.ResponseWriter.WriteHeader(w.status)
	w.gzip = gzipWriters.Get().(*gzip.Writer)
	w.gzip.Reset(w.ResponseWriter)
	if len(w.held) > 0 {
		_, _ = w.gzip.Write(w.held) // an error comes again at the next write
		w.held = nil
	}
}

// setEncoded sets the headers of a compressed reply. The content type is
// guessed from the plain body, as net/http would.
func (w *compressWriter) setEncoded(h http.Header, next []byte) {
	h["Content-Encoding"] = encodingGzip
	delete(h, "Accept-Ranges")
	if _, ok := h["Content-Type"]; ok || len(w.held)+len(next) == 0 {
		return
	}
	body := append(w.held[:len(w.held):len(w.held)], next[:min(len(next), sniffed)]...)
	h["Content-Type"] = []string{http.DetectContentType(body)}
}

// Write sends p, or holds it back.
func (w *compressWriter) Write(p []byte) (int, error) {
	if w.phase == unsent {
		w.WriteHeader(http.StatusOK)
	}
	if w.phase == deciding {
		if done, err := w.decide(p); done {
			return len(p), err
		}
	}
	switch w.phase {
	case compressing:
		return w.gzip.Write(p)
	case complete:
		return 0, http.ErrContentLength
	}
	return w.ResponseWriter.Write(p)
}

// decide reports whether p was sent or held back; else the phase is one in
// which it can be written.
func (w *compressWriter) decide(p []byte) (done bool, err error) {
	switch {
	case len(p) == 0:
		return true, nil
	case w.length == len(p) && len(p) <= maxWhole && w.Header()["Trailer"] == nil:
		return true, w.sendWhole(p)
	case w.length < 0 && len(w.held)+len(p) <= w.threshold:
		w.held = append(w.held, p...)
		return true, nil
	}
	w.goGzip(p)
	return false, nil
}

// sendWhole sends a reply that came in one piece: compressed and with a
// Content-Length, or plain where that is no longer.
func (w *compressWriter) sendWhole(body []byte) error {
	buffer := buffers.Get().(*bytes.Buffer)
	buffer.Reset()
	defer putBuffer(buffer)
	z := gzipWriters.Get().(*gzip.Writer)
	defer gzipWriters.Put(z)
	z.Reset(buffer)
	_, _ = z.Write(body) // a bytes.Buffer takes all
	_ = z.Close()
	w.phase = complete
	if buffer.Len() < len(body) {
		h := w.Header()
		w.setEncoded(h, body)
		h["Content-Length"] = []string{strconv.Itoa(buffer.Len())}
		body = buffer.Bytes()
	}
	w.ResponseWriter.WriteHeader(w.status)
	_, err := w.ResponseWriter.Write(body)
	return err
}

func putBuffer(b *bytes.Buffer) {
	if b.Cap() <= maxPooled {
		buffers.Put(b)
	}
}

// WriteString is [io.WriteString]'s way around a copy where nothing is
// compressed.
func (w *compressWriter) WriteString(s string) (int, error) {
	if w.phase == plain {
		return io.WriteString(w.ResponseWriter, s)
	}
	return w.Write([]byte(s))
}

// ReadFrom lets a plain reply use the system's sendfile.
func (w *compressWriter) ReadFrom(src io.Reader) (int64, error) {
	if w.phase == plain {
		return io.Copy(w.ResponseWriter, src)
	}
	return io.Copy(struct{ io.Writer }{w}, src)
}

// close ends the reply. It is not called after a panic, so that a reply that
// broke off does not look complete.
func (w *compressWriter) close() {
	switch w.phase {
	case unsent:
		addVary(w.Header())
	case deciding:
		w.goPlain()
	case compressing:
		_ = w.gzip.Close() // fails only where the connection did
		gzipWriters.Put(w.gzip)
		w.gzip, w.phase = nil, complete
	}
}

// Unwrap is for [http.ResponseController].
func (w *compressWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush is FlushError without its error.
func (w *compressWriter) Flush() { _ = w.FlushError() }

// FlushError sends all that was written so far. A reply that is flushed
// before its end is a stream, and compressed whatever its length.
func (w *compressWriter) FlushError() error {
	if w.phase == unsent {
		w.WriteHeader(http.StatusOK)
	}
	if w.phase == deciding {
		w.goGzip(nil)
	}
	if w.phase == compressing {
		if err := w.gzip.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Hijack hands the connection over; nothing is compressed then.
func (w *compressWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.phase = complete
	}
	return conn, buffered, err
}

// Push is HTTP/2's server push, where the connection has it.
func (w *compressWriter) Push(target string, options *http.PushOptions) error {
	if pusher, ok := w.ResponseWriter.(http.Pusher); ok {
		return pusher.Push(target, options)
	}
	return http.ErrNotSupported
}
