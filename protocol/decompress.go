package protocol

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/internal/httpgrammar"
)

// Decompress is the [StreamHandler] that inflates request bodies in gzip
// (cowboy_decompress_h). The handler sees the plain body and a request
// without the header Content-Encoding, or with what is left of it, and
// without a length. Each response says that gzip is accepted.
//
// A body that inflates to more than RatioLimit times its size fails with
// a [*handler.StatusError] of 413, in which there is an
// [*http.MaxBytesError], and one that is no gzip with 400. As the handler
// reads the body, the error is its to return, or to answer otherwise.
type Decompress struct {
	// RatioLimit bounds how much larger the plain body may be than what was
	// sent of it. Default 20. (decompress_ratio_limit)
	RatioLimit int
}

// Validate is for the protocol.
func (d Decompress) Validate() error {
	if d.RatioLimit < 0 {
		return fmt.Errorf("Decompress.RatioLimit is %d; 0 for 20, or more is allowed", d.RatioLimit)
	}
	return nil
}

// Init begins an exchange.
func (d Decompress) Init(x *Exchange, next Stream) Stream {
	s := &decompressStream{Stream: next}
	r := x.HTTP()
	if rest, ok := cutGzip(r.Header["Content-Encoding"]); ok && r.ContentLength != 0 && r.Body != nil {
		s.inflate = &inflater{source: source{Stream: next}, limit: int64(cmp.Or(d.RatioLimit, 20))}
		r.Header["Content-Encoding"] = rest
		if rest == nil {
			delete(r.Header, "Content-Encoding")
		}
		delete(r.Header, "Content-Length")
		r.ContentLength = -1
	}
	return s
}

// cutGzip takes the coding that was applied last off the lines of a
// Content-Encoding header, where it is gzip.
func cutGzip(lines []string) (rest []string, ok bool) {
	all := strings.Join(lines, ",")
	comma := strings.LastIndexByte(all, ',')
	last := strings.Trim(all[comma+1:], " \t")
	if !strings.EqualFold(last, "gzip") && !strings.EqualFold(last, "x-gzip") {
		return nil, false
	}
	if comma > 0 {
		rest = []string{strings.TrimRight(all[:comma], " \t")}
	}
	return rest, true
}

type decompressStream struct {
	Stream
	inflate *inflater // nil where the body is plain
}

// Headers says that gzip is accepted: RFC 9110, section 12.5.3.
func (s *decompressStream) Headers(status int, h http.Header) {
	h["Accept-Encoding"] = withGzip(h["Accept-Encoding"])
	s.Stream.Headers(status, h)
}

// withGzip adds gzip to the codings that the handler accepts, unless it is
// among them. It replaces a gzip that the handler excludes, since Decompress
// takes it all the same, and a malformed header, both as Cowboy does.
func withGzip(lines []string) []string {
	if len(lines) == 0 {
		return codingGzip.name
	}
	var codings []string
	accepted := false
	for element := range httpgrammar.Elements(lines) {
		coding, weight, ok := parseCoding(element)
		gzip := strings.EqualFold(coding, "gzip")
		switch {
		case !ok:
			return codingGzip.name
		case element == "", gzip && weight == 0:
			continue
		}
		accepted = accepted || gzip || coding == "*" && weight > 0
		codings = append(codings, element)
	}
	if !accepted {
		codings = append(codings, codingGzip.name...)
	}
	return []string{strings.Join(codings, ", ")}
}

func (s *decompressStream) Read(p []byte) (int, error) {
	if s.inflate == nil {
		return s.Stream.Read(p)
	}
	return s.inflate.Read(p)
}

// inflater reads a body in gzip.
type inflater struct {
	source source
	limit  int64
	reader *gzip.Reader
	out    int64
	err    error
}

// source is the body as it came, counted.
type source struct {
	Stream
	in  int64
	err error // of the connection
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Stream.Read(p)
	s.in += int64(n)
	if err != io.EOF {
		s.err = err
	}
	return n, err
}

var gzipReaders = sync.Pool{New: func() any { return new(gzip.Reader) }}

func (i *inflater) Read(p []byte) (n int, err error) {
	if i.err != nil {
		return 0, i.err
	}
	if i.reader == nil {
		i.reader = gzipReaders.Get().(*gzip.Reader)
		err = i.reader.Reset(&i.source)
	}
	if err == nil {
		n, err = i.reader.Read(p)
	}
	i.out += int64(n)
	if i.out > i.source.in*i.limit {
		n, err = 0, &handler.StatusError{Status: http.StatusRequestEntityTooLarge, Err: fmt.Errorf(
			"protocol: the body inflates to more than %d times its size: %w", i.limit, &http.MaxBytesError{Limit: i.source.in * i.limit})}
	}
	if err != nil {
		i.end(err)
	}
	return n, i.err
}

// end keeps why reading is over, and gives the reader back.
func (i *inflater) end(err error) {
	var status *handler.StatusError
	switch {
	case err == io.EOF, errors.As(err, &status):
	case i.source.err != nil:
		err = i.source.err
	default:
		err = handler.Errorf(http.StatusBadRequest, "protocol: the body is no gzip: %w", err)
	}
	i.err = err
	gzipReaders.Put(i.reader)
	i.reader = nil
}
