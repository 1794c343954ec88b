package protocol

import (
	"io"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/cowhand/cowhand/internal/httpgrammar"
)

// encoder compresses what is written to it.
type encoder interface {
	io.WriteCloser
	Flush() error
	Reset(io.Writer)
}

// coding is a content coding and its encoders, which are kept for others:
// they are large.
type coding struct {
	name []string // as a header
	pool sync.Pool
}

func (c *coding) encoder(w io.Writer) encoder {
	e := c.pool.Get().(encoder)
	e.Reset(w)
	return e
}

func (c *coding) put(e encoder) {
	e.Reset(io.Discard) // keeps nothing of the response alive
	c.pool.Put(e)
}

const (
	// gzipLevel is Cowboy's.
	gzipLevel = 5

	// zstdWindow is small enough for a server of many; any decoder has it.
	zstdWindow = 128 << 10
)

// Errors of making an encoder are those of a bad level or option.
var (
	codingGzip = &coding{name: []string{"gzip"}, pool: sync.Pool{New: func() any {
		w, _ := gzip.NewWriterLevel(io.Discard, gzipLevel)
		return w
	}}}
	codingZstd = &coding{name: []string{"zstd"}, pool: sync.Pool{New: func() any {
		w, _ := zstd.NewWriter(io.Discard, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
			zstd.WithWindowSize(zstdWindow), zstd.WithLowerEncoderMem(true))
		return w
	}}}
)

// negotiateCoding returns what to compress with by the lines of an
// Accept-Encoding header, or nil: RFC 9110, section 12.5.3. It is gzip, as in
// Cowboy, unless zstd is named and weighs more. A malformed header allows
// nothing, and neither does an absent one, as in Cowboy.
func negotiateCoding(lines []string) *coding {
	gzip, star, zstd := unlisted, unlisted, unlisted
	for element := range httpgrammar.Elements(lines) {
		coding, weight, ok := parseCoding(element)
		switch {
		case !ok:
			return nil
		case strings.EqualFold(coding, "gzip"), strings.EqualFold(coding, "x-gzip"):
			gzip = max(gzip, weight)
		case strings.EqualFold(coding, "zstd"):
			zstd = max(zstd, weight)
		case coding == "*":
			star = max(star, weight)
		}
	}
	if gzip == unlisted {
		gzip = star
	}
	switch {
	case zstd > max(gzip, 0):
		return codingZstd
	case gzip > 0:
		return codingGzip
	}
	return nil
}

// unlisted is the weight, in thousandths, of a coding that is not listed.
const unlisted = -1

// parseCoding takes an element of Accept-Encoding apart. An empty one is
// legal in a list: RFC 9110, section 5.6.1.2.
func parseCoding(element string) (coding string, weight int, ok bool) {
	s := httpgrammar.NewScanner(element)
	coding, weight, ok = s.Token(), 1000, true
	if s.SkipSpaced(';') {
		s.Space()
		if coding == "" || !s.Skip('q') && !s.Skip('Q') || !s.Skip('=') {
			return "", 0, false
		}
		weight, ok = s.Weight()
	}
	return coding, weight, ok && s.End()
}
