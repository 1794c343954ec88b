package protocol

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/cowhand/cowhand/internal/httpgrammar"
)

// Compress is the [StreamHandler] that compresses responses to the clients
// that take it, in gzip or, where the client prefers it by its weight, in
// zstd (cowboy_compress_h). Left alone are responses up to the threshold,
// those that are encoded already, are a part of a file or have an entity tag,
// and those that say "no-transform", and files that are sent as such. All say that they vary by
// Accept-Encoding. A response that is flushed before its end is compressed as
// it goes.
//
// Options.Compress puts it at the end of the chain, where the other handlers
// see what it makes. Compress itself in Options.StreamHandlers is for another
// place; WebSocket goes by Options.Compress alone.
type Compress struct {
	// Threshold is the size in bytes up to which a response is not worth it.
	// Default 300. (compress_threshold)
	Threshold int
}

// Validate is for the protocol.
func (c Compress) Validate() error {
	if c.Threshold < 0 {
		return fmt.Errorf("Compress.Threshold is %d; 0 for 300, or more is allowed", c.Threshold)
	}
	return nil
}

// Init begins an exchange.
func (c Compress) Init(x *Exchange, next Stream) Stream {
	s := &compressStream{Stream: next, threshold: cmp.Or(c.Threshold, 300)}
	if method := x.HTTP().Method; method != http.MethodHead && method != http.MethodConnect {
		s.coding = negotiateCoding(x.HTTP().Header["Accept-Encoding"])
	}
	return s
}

const (
	// maxWhole is the size up to which a reply that comes in one piece is
	// compressed before it is sent, so that it has a Content-Length.
	maxWhole = 1 << 20

	// sniffed is how much http.DetectContentType looks at.
	sniffed = 512

	// maxPooled is the capacity up to which a buffer is kept for others.
	maxPooled = 64 << 10
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// compressStream holds back the beginning of a response of unknown length
// until that exceeds the threshold, is flushed, or ends.
type compressStream struct {
	Stream
	threshold int
	coding    *coding // what the client takes, where the response has a body; or nil

	phase   compressPhase
	status  int
	header  http.Header
	length  int    // the Content-Length that the handler declared, or -1
	held    []byte // in phase deciding
	encoder encoder
	dirty   bool // the encoder has bytes that were not flushed
}

type compressPhase int

const (
	deciding    compressPhase = iota // it may be compressed
	plain                            // it goes out as it is
	compressing                      // it goes through the encoder
	complete                         // all of it was sent
)

// Headers decides, where status and headers suffice for it.
func (s *compressStream) Headers(status int, h http.Header) {
	addVary(h)
	s.status, s.header, s.length = status, h, declaredLength(h)
	if s.coding == nil || !compressible(status, h) || (s.length >= 0 && s.length <= s.threshold) {
		s.goPlain()
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
	if _, set := h["Content-Encoding"]; set { // without a value by ReplyFile
		return false
	}
	for _, name := range [...]string{"Etag", "Content-Range", "Transfer-Encoding"} {
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
	if httpgrammar.HasElement(lines, "*") || httpgrammar.HasElement(lines, "Accept-Encoding") {
		return
	}
	if len(lines) == 0 {
		h["Vary"] = varyAcceptEncoding
		return
	}
	h["Vary"] = []string{strings.Join(lines, ", ") + ", " + varyAcceptEncoding[0]}
}

var varyAcceptEncoding = []string{"accept-encoding"}

// goPlain sends the header, and what was held back.
func (s *compressStream) goPlain() {
	s.phase = plain
	s.Stream.Headers(s.status, s.header)
	if len(s.held) > 0 {
		_, _ = s.Stream.Write(s.held) // an error comes again at the next write
		s.held = nil
	}
}

// goEncoded sends the header of a compressed reply of unknown length, and
// what was held back; next comes after that.
func (s *compressStream) goEncoded(next []byte) {
	s.phase = compressing
	delete(s.header, "Content-Length")
	s.setEncoded(next)
	s.Stream.Headers(s.status, s.header)
	s.encoder = s.coding.encoder(s.Stream)
	if len(s.held) > 0 {
		s.dirty = true
		_, _ = s.encoder.Write(s.held) // an error comes again at the next write
		s.held = nil
	}
}

// setEncoded sets the headers of a compressed reply. The content type is
// guessed from the plain body, as net/http would.
func (s *compressStream) setEncoded(next []byte) {
	h := s.header
	h["Content-Encoding"] = s.coding.name
	delete(h, "Accept-Ranges")
	if _, ok := h["Content-Type"]; ok || len(s.held)+len(next) == 0 {
		return
	}
	body := append(s.held[:len(s.held):len(s.held)], next[:min(len(next), sniffed)]...)
	h["Content-Type"] = []string{http.DetectContentType(body)}
}

// Write sends p, or holds it back.
func (s *compressStream) Write(p []byte) (int, error) {
	if s.phase == deciding {
		if done, err := s.decide(p); done {
			return len(p), err
		}
	}
	switch s.phase {
	case compressing:
		s.dirty = s.dirty || len(p) > 0
		return s.encoder.Write(p)
	case complete:
		return 0, http.ErrContentLength
	}
	return s.Stream.Write(p)
}

// decide reports whether p was sent or held back; else the phase is one in
// which it can be written.
func (s *compressStream) decide(p []byte) (done bool, err error) {
	switch {
	case len(p) == 0:
		return true, nil
	case s.length == len(p) && len(p) <= maxWhole && s.header["Trailer"] == nil:
		return true, s.sendWhole(p)
	case s.length < 0 && len(s.held)+len(p) <= s.threshold:
		s.held = append(s.held, p...)
		return true, nil
	}
	s.goEncoded(p)
	return false, nil
}

// sendWhole sends a reply that came in one piece: compressed and with a
// Content-Length, or plain where that is no longer.
func (s *compressStream) sendWhole(body []byte) error {
	buffer := buffers.Get().(*bytes.Buffer)
	buffer.Reset()
	defer putBuffer(buffer)
	e := s.coding.encoder(buffer)
	_, _ = e.Write(body) // a bytes.Buffer takes all
	_ = e.Close()
	s.coding.put(e)
	s.phase = complete
	if buffer.Len() < len(body) {
		s.setEncoded(body)
		s.header["Content-Length"] = []string{strconv.Itoa(buffer.Len())}
		body = buffer.Bytes()
	}
	s.Stream.Headers(s.status, s.header)
	_, err := s.Stream.Write(body)
	return err
}

func putBuffer(b *bytes.Buffer) {
	if b.Cap() <= maxPooled {
		buffers.Put(b)
	}
}

// WriteString is [io.WriteString]'s way around a copy where nothing is
// compressed.
func (s *compressStream) WriteString(text string) (int, error) {
	if s.phase == plain {
		return io.WriteString(s.Stream, text)
	}
	return s.Write([]byte(text))
}

// ReadFrom lets a plain reply use the system's sendfile. So do the files of
// net/http's handlers, which compressible can't know.
func (s *compressStream) ReadFrom(src io.Reader) (int64, error) {
	if s.phase == deciding && len(s.held) == 0 && isFile(src) {
		s.goPlain()
	}
	if s.phase == plain {
		return readFrom(s.Stream, src)
	}
	return io.Copy(struct{ io.Writer }{s}, src)
}

// isFile reports whether src is a file, or a part of one.
func isFile(src io.Reader) bool {
	if limited, ok := src.(*io.LimitedReader); ok {
		src = limited.R
	}
	_, ok := src.(fs.File)
	return ok
}

// Flush sends all that was written so far. A reply that is flushed before
// its end is a stream, and compressed whatever its length.
func (s *compressStream) Flush() error {
	if s.phase == deciding {
		s.goEncoded(nil)
	}
	if s.phase == compressing && s.dirty {
		s.dirty = false
		if err := s.encoder.Flush(); err != nil {
			return err
		}
	}
	return s.Stream.Flush()
}

// End ends the reply. One that broke off does not come here, and so does not
// look complete.
func (s *compressStream) End(trailers http.Header) {
	switch s.phase {
	case deciding:
		s.goPlain()
	case compressing:
		_ = s.encoder.Close() // fails only where the connection did
		s.coding.put(s.encoder)
		s.encoder, s.phase = nil, complete
	}
	s.Stream.End(trailers)
}
