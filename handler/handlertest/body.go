package handlertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/textproto"
	"net/url"
)

// Body is the body of a request and its content type. The zero value is no
// body.
type Body struct {
	contentType string
	content     []byte
	reader      io.Reader // in place of content
	err         error     // why there is none
}

// Form returns the body of a form: names and values in turn
// (application/x-www-form-urlencoded).
func Form(namesAndValues ...string) Body {
	if len(namesAndValues)%2 != 0 {
		return Body{err: fmt.Errorf("Form has %d arguments; each name needs a value", len(namesAndValues))}
	}
	var b []byte
	for i := 0; i < len(namesAndValues); i += 2 {
		if i > 0 {
			b = append(b, '&')
		}
		b = append(b, url.QueryEscape(namesAndValues[i])+"="+url.QueryEscape(namesAndValues[i+1])...)
	}
	return Bytes("application/x-www-form-urlencoded", b)
}

// Part is a part of a [Multipart] body: a field of a form, or a file if it has
// a FileName.
type Part struct {
	Name        string
	FileName    string
	ContentType string // default: none for a field, application/octet-stream for a file
	Content     string
}

// Multipart returns a body of parts (multipart/form-data).
func Multipart(parts ...Part) Body {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, part := range parts {
		pw, err := w.CreatePart(part.header())
		if err != nil {
			return Body{err: err}
		}
		io.WriteString(pw, part.Content) // a bytes.Buffer takes everything
	}
	w.Close()
	return Bytes(w.FormDataContentType(), b.Bytes())
}

func (p Part) header() textproto.MIMEHeader {
	h := textproto.MIMEHeader{}
	h.Set("Content-Disposition", mime.FormatMediaType("form-data", map[string]string{"name": p.Name}))
	if p.FileName != "" {
		h.Set("Content-Disposition", multipart.FileContentDisposition(p.Name, p.FileName))
		h.Set("Content-Type", "application/octet-stream")
	}
	if p.ContentType != "" {
		h.Set("Content-Type", p.ContentType)
	}
	return h
}

// JSON returns a body that encoding/json makes of v (application/json).
func JSON(v any) Body {
	b, err := json.Marshal(v)
	return Body{contentType: "application/json", content: b, err: err}
}

// Text returns a body of text (text/plain; charset=utf-8).
func Text(text string) Body { return Bytes("text/plain; charset=utf-8", []byte(text)) }

// Bytes returns a body of any content type; with "" none is sent.
func Bytes(contentType string, content []byte) Body {
	return Body{contentType: contentType, content: content}
}

// Reader returns a body of unknown length that is sent as it is read. With an
// [io.Pipe] a test sends it bit by bit. If it is an [io.Closer], it is closed
// when the request has ended.
func Reader(contentType string, r io.Reader) Body {
	return Body{contentType: contentType, reader: r}
}

func (b Body) isNone() bool {
	return b.content == nil && b.reader == nil && b.contentType == "" && b.err == nil
}

// open returns what to send and its length, -1 if it is unknown.
func (b Body) open() (io.ReadCloser, int64) {
	if b.reader == nil {
		return io.NopCloser(bytes.NewReader(b.content)), int64(len(b.content))
	}
	if closer, ok := b.reader.(io.ReadCloser); ok {
		return closer, -1
	}
	return io.NopCloser(b.reader), -1
}
