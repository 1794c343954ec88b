package rest

import (
	"net/http"
	"strconv"
	"time"

	"github.com/cowhand/cowhand/handler"
)

// Body is what a callback provides: bytes, or a region of a file. The zero
// Body is empty.
type Body struct {
	data []byte
	file *handler.File
}

// Bytes is a [Body] of bytes, which are not to be changed after.
func Bytes(data []byte) Body { return Body{data: data} }

// Text is a [Body] of text.
func Text(text string) Body { return Body{data: []byte(text)} }

// File is a [Body] that is a region of a file: Cowboy's {sendfile, Offset,
// Length, Path}.
func File(file handler.File) Body { return Body{file: &file} }

// size returns the length of the body in bytes.
func (b Body) size() (int64, error) {
	if b.file == nil {
		return int64(len(b.data)), nil
	}
	return b.file.Size()
}

// slice returns the bytes from first to last, both included.
func (b Body) slice(first, last int64) Body {
	if b.file == nil {
		return Body{data: b.data[first : last+1]}
	}
	file := *b.file
	file.Offset += first
	file.Length = last - first + 1
	return Body{file: &file}
}

// setTo makes b the body of the reply to come.
func (b Body) setTo(req *Request) {
	if b.file != nil {
		req.SetRespFile(*b.file)
		return
	}
	req.SetRespBody(b.data)
}

// Provide is a media type that a resource provides, and the callback that
// returns its body.
type Provide struct {
	// Type is the media type, such as "text/html" or "text/html;level=1": a
	// client has to accept it with just these parameters, or without any
	// where it has none. "text/html;*" stands for any parameters, which the
	// callback finds in the request's MediaType.
	Type string

	// To returns the body: Cowboy's ProvideCallback. It may also send the
	// reply itself and return [Stop].
	To func(req *Request) (Body, error)
}

// Accept is a media type that a resource accepts, and the callback that takes
// the request's body.
type Accept struct {
	// Type is the media type, as in [Provide]; "*" accepts anything, so it
	// goes last. The boundary of multipart types is not compared.
	Type string

	// From reads and processes the body: Cowboy's AcceptCallback.
	From func(req *Request) (Outcome, error)
}

// ProvideRange is a unit by which clients may ask for parts, and the callback
// that returns the parts.
type ProvideRange struct {
	Unit string // such as "bytes", in lower case

	// From returns the parts that the request's Range asks for, one or more:
	// Cowboy's RangeCallback. For bytes it may be nil: then the body of
	// [Provide] is cut into the parts (Cowboy's auto).
	From func(req *Request) ([]Part, error)
}

// Part is a part of a resource, as asked for by a range.
type Part struct {
	First, Last int64 // the first and the last of the units, both included
	Total       int64 // of how many; negative where that is not known

	// ContentRange is what follows the unit in the header Content-Range, for
	// units that are no numbers. First, Last and Total are then not used.
	ContentRange string

	Body Body
}

// contentRange returns the value of the header Content-Range.
func (p Part) contentRange(unit string) string {
	if p.ContentRange != "" {
		return unit + " " + p.ContentRange
	}
	total := "*"
	if p.Total >= 0 {
		total = strconv.FormatInt(p.Total, 10)
	}
	return unit + " " + strconv.FormatInt(p.First, 10) + "-" + strconv.FormatInt(p.Last, 10) + "/" + total
}

// Outcome is what became of the body of a POST, PUT or PATCH. The zero
// Outcome is [Rejected].
type Outcome struct {
	kind     outcomeKind
	location string
}

type outcomeKind uint8

const (
	rejected outcomeKind = iota
	done
	created
	seeOther
)

var (
	// Rejected is answered with 400: Cowboy's false.
	Rejected = Outcome{}

	// Done means that the body was processed: Cowboy's true. It is answered
	// with 201 where PUT made a new resource, or where Location was set;
	// otherwise with 200 or, without a body, 204.
	Done = Outcome{kind: done}
)

// Created means that POST made a new resource, whose URI it gives: 201
// (Cowboy's {created, URI}).
func Created(uri string) Outcome { return Outcome{created, uri} }

// SeeOther means that the outcome of POST is to be seen elsewhere: 303
// (Cowboy's {see_other, URI}).
func SeeOther(uri string) Outcome { return Outcome{seeOther, uri} }

// Limit says whether and until when a client is limited. The zero Limit is
// none.
type Limit struct {
	limited bool
	after   time.Duration
	at      time.Time
}

// RetryAfter limits a client for a time, in whole seconds: Cowboy's {true,
// Seconds}.
func RetryAfter(wait time.Duration) Limit { return Limit{limited: true, after: wait} }

// RetryAt limits a client until a time: Cowboy's {true, DateTime}.
func RetryAt(at time.Time) Limit { return Limit{limited: true, at: at} }

// header returns the value of the header Retry-After. A part of a second
// counts as a whole one.
func (l Limit) header() string {
	if !l.at.IsZero() {
		return httpDate(l.at)
	}
	return strconv.FormatInt(int64((max(0, l.after)+time.Second-1)/time.Second), 10)
}

// httpDate writes a time as RFC 9110, section 5.6.7 has it.
func httpDate(t time.Time) string { return t.UTC().Format(http.TimeFormat) }
