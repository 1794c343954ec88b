package handler

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
)

// maxPartHeader bounds the header of a part, and what stands before the first
// part, in bytes.
const maxPartHeader = 64_000

// Part is a part of a multipart body. It is a stream of the part's content,
// good until the next call of [Request.ReadPart].
type Part struct {
	Header textproto.MIMEHeader

	part *multipart.Part
	req  *Request
	filler
}

// Name returns the name of the form field that the part is of, or "".
func (p *Part) Name() string { return p.part.FormName() }

// FileName returns the name of the file that the part is of, without any
// folder, or "".
func (p *Part) FileName() string { return p.part.FileName() }

// Read reads the part's content. A malformed body is a [*StatusError] of 400.
func (p *Part) Read(b []byte) (int, error) {
	n, err := p.filler.Read(b)
	if err != nil && err != io.EOF {
		err = p.req.bodyError(err)
	}
	return n, err
}

// partReader reads the parts of a body.
type partReader struct {
	reader  *multipart.Reader
	source  partSource
	current *Part
	err     error // what ended the parts; io.EOF after the last
}

// partSource is the body under a partReader. It fails once more was read than
// a header may have, and at the end of the body: the last boundary comes
// before. For those who send nothing after that boundary it adds the line end
// by which package multipart tells it apart.
type partSource struct {
	src      io.Reader
	inHeader bool
	left     int64 // of the header
	ended    bool
}

var errPartHeader = errors.New("handler: the header of a part is longer than 64,000 bytes")

func (l *partSource) Read(b []byte) (int, error) {
	switch {
	case l.ended:
		return 0, io.ErrUnexpectedEOF
	case l.inHeader && l.left <= 0:
		return 0, errPartHeader
	}
	n, err := l.src.Read(b)
	l.left -= int64(n)
	if err != io.EOF {
		return n, err
	}
	if n+2 > len(b) {
		return n, nil // and the end with the next read
	}
	l.ended = true
	return n + copy(b[n:], "\r\n"), nil
}

// ReadPart returns the next part of a multipart body, and [io.EOF] after the
// last one (cowboy_req:read_part/1). What was not read of the part before is
// skipped. A body that is not multipart, has no boundary, or is malformed is
// a [*StatusError] of 400; so is a part whose header is longer than 64,000
// bytes or has a name twice.
func (r *Request) ReadPart() (*Part, error) {
	parts, err := r.partReader()
	if err != nil {
		return nil, err
	}
	return parts.next(r)
}

// ReadPartBody returns the next piece of the part that ReadPart returned
// last, as [Request.ReadBody] does of a body (cowboy_req:read_part_body/2).
// The part is also an [io.Reader], for those who want it as a stream.
func (r *Request) ReadPartBody(o BodyOptions) (data []byte, more bool, err error) {
	parts, err := r.partReader()
	if err != nil {
		return nil, false, err
	}
	if parts.current == nil {
		return nil, false, errors.New("handler: ReadPartBody without a part that ReadPart returned")
	}
	o = o.orDefault(bodyLength, bodyPeriod)
	part := parts.current
	data, more, err = part.read(o.Length, o.Period)
	if err != nil {
		return data, false, r.bodyError(err)
	}
	return data, more, nil
}

// partReader returns the reader of the request's parts.
func (r *Request) partReader() (*partReader, error) {
	lazy := r.more()
	if lazy.parts != nil {
		return lazy.parts, nil
	}
	contentType, err := ParseHeader(r, HeaderContentType)
	if err != nil {
		return nil, err
	}
	boundary := contentType.Param("boundary")
	if contentType.Type != "multipart" || boundary == "" {
		return nil, Errorf(http.StatusBadRequest, "handler: the content type %q is not multipart with a boundary", r.Header("Content-Type"))
	}
	parts := &partReader{source: partSource{src: r.bodyReader()}}
	parts.reader = multipart.NewReader(&parts.source, boundary)
	lazy.parts = parts
	return parts, nil
}

// next skips the rest of the current part and returns the one after it.
func (p *partReader) next(req *Request) (*Part, error) {
	if p.err == nil {
		p.err = p.skip()
	}
	if p.err != nil {
		return nil, p.err
	}
	p.source.inHeader, p.source.left = true, maxPartHeader
	part, err := p.reader.NextRawPart()
	p.source.inHeader = false
	switch {
	case err == io.EOF:
		p.err = io.EOF
	case err != nil:
		p.err = req.bodyError(err)
	default:
		p.err = checkPartHeader(part.Header)
	}
	if p.err != nil {
		return nil, p.err
	}
	p.current = &Part{Header: part.Header, part: part, req: req}
	p.current.src = part
	return p.current, nil
}

// skip reads the current part to its end.
func (p *partReader) skip() error {
	if p.current == nil {
		return nil
	}
	_, err := io.Copy(io.Discard, p.current)
	p.current = nil
	return err
}

// checkPartHeader refuses a part whose header has a name twice, as Cowboy does.
func checkPartHeader(header textproto.MIMEHeader) error {
	for name, values := range header {
		if len(values) > 1 {
			return Errorf(http.StatusBadRequest, "handler: a part has %d headers %s", len(values), name)
		}
	}
	return nil
}
