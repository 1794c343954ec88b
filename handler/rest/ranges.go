package rest

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/cowhand/cowhand/handler"
)

// setRangedBody replies with the parts that the client asked for.
func (f *flow) setRangedBody() (Decision, error) {
	if f.rangeFrom == nil {
		if f.req.Range.Unit != "bytes" {
			return atEnd, fmt.Errorf("rest: %T provides ranges of %s without a callback From", f.resource, f.req.Range.Unit)
		}
		return f.cutBody()
	}
	parts, err := f.rangeFrom(f.req)
	if err != nil {
		return atEnd, err
	}
	return f.sendParts(parts)
}

// cutBody makes the parts from the whole body: Cowboy's auto. Ranges that
// reach beyond the body are cut to it, and those wholly beyond it are left
// out, as RFC 9110, section 14.1.2, has it. Where the parts together are
// longer than the body, it goes out whole, once.
func (f *flow) cutBody() (Decision, error) {
	body, err := f.provide()
	if err != nil {
		return atEnd, err
	}
	size, err := body.size()
	if err != nil {
		return atEnd, err
	}
	var parts []Part
	var sum int64
	for _, r := range f.req.Range.Bytes {
		first, last, ok := r.Resolve(size)
		if ok {
			parts = append(parts, Part{First: first, Last: last, Total: size, Body: body.slice(first, last)})
			sum += last - first + 1
		} else if r.First >= 0 && r.Last >= 0 && r.First > r.Last {
			parts = nil
			break
		}
	}
	if len(parts) == 0 {
		return f.notSatisfiable("*/" + strconv.FormatInt(size, 10))
	}
	if len(parts) > 1 && sum > size {
		body.setTo(f.req)
		return atMultipleChoices, nil
	}
	return f.sendParts(parts)
}

// sendParts replies with one part, or with several as multipart/byteranges,
// whatever their unit (RFC 9110, sections 14.6 and 15.3.7).
func (f *flow) sendParts(parts []Part) (Decision, error) {
	switch len(parts) {
	case 0:
		return atEnd, fmt.Errorf("rest: a range callback of %T returned no part", f.resource)
	case 1:
		parts[0].Body.setTo(f.req)
		return f.respondWith(http.StatusPartialContent, "Content-Range", parts[0].contentRange(f.req.Range.Unit))
	}
	boundary := rand.Text()
	partHeaders := f.moveToParts("Content-Type", "Content-Encoding")
	if err := f.req.SetRespHeader("Content-Type", "multipart/byteranges; boundary="+boundary); err != nil {
		return atEnd, err
	}
	heads := make([]string, len(parts))
	for i, part := range parts {
		contentRange := part.contentRange(f.req.Range.Unit)
		if err := f.req.SetRespHeader("Content-Range", contentRange); err != nil { // checks it as that of one part
			return atEnd, err
		}
		heads[i] = "\r\n--" + boundary + "\r\n" + partHeaders + "content-range: " + contentRange + "\r\n\r\n"
	}
	f.req.DeleteRespHeader("Content-Range")
	heads[0] = heads[0][len("\r\n"):]
	end := "\r\n--" + boundary + "--"
	if slices.ContainsFunc(parts, func(p Part) bool { return p.Body.file != nil }) {
		return f.streamParts(heads, parts, end)
	}
	var b bytes.Buffer
	for i, part := range parts {
		b.WriteString(heads[i])
		b.Write(part.Body.data)
	}
	b.WriteString(end)
	f.req.SetRespBody(b.Bytes())
	return f.respond(http.StatusPartialContent)
}

// moveToParts takes headers from the reply and returns them as lines for each
// part: it is the parts that have the type and the encoding, not the
// multipart around them.
func (f *flow) moveToParts(names ...string) (lines string) {
	h := f.req.RespHeaders()
	for _, name := range names {
		if values := h.Values(name); len(values) > 0 {
			lines += strings.ToLower(name) + ": " + cleanValue(strings.Join(values, ", ")) + "\r\n"
		}
		h.Del(name)
	}
	return lines
}

// cleanValue makes text a header's value, which has no line breaks: net/http
// does the same with the headers that it writes.
func cleanValue(text string) string {
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if c < ' ' && c != '\t' || c == 0x7f {
			return ' '
		}
		return c
	}, text))
}

// streamParts sends parts of which some are of a file.
func (f *flow) streamParts(heads []string, parts []Part, end string) (Decision, error) {
	f.status = http.StatusPartialContent
	stream, err := f.req.StreamReply(f.status, nil)
	if err != nil {
		return atEnd, err
	}
	for i, part := range parts {
		if _, err := stream.Write([]byte(heads[i])); err != nil {
			return atEnd, err
		}
		if err := part.Body.sendTo(stream); err != nil {
			return atEnd, err
		}
	}
	return atEnd, stream.Body([]byte(end))
}

// sendTo writes the body to a stream.
func (b Body) sendTo(stream *handler.Stream) error {
	if b.file != nil {
		return stream.File(*b.file)
	}
	_, err := stream.Write(b.data)
	return err
}
