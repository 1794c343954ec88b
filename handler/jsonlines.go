package handler

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"iter"
	"math"
	"net/http"
	"slices"
)

// JSONLines sends each value as a line of JSON, at once. The reply should have
// the content type application/jsonl. If a value can't be JSON, nothing is
// sent.
func (s *Stream) JSONLines(values ...any) error {
	var lines []byte
	for _, value := range values {
		line, err := s.req.marshalJSON(value)
		if err != nil {
			return err
		}
		lines = append(append(lines, bytes.TrimRight(line, "\n")...), '\n')
	}
	return s.Body(lines)
}

// ReadJSONLines returns the values of a body that has the JSON of a T in each
// line, as they come. It skips empty lines. After an error there are no more
// values; errors are as of [ReadJSON], with the line's number in the body. To
// send a stream while you read, call it before [Request.StreamReply].
func ReadJSONLines[T any](req *Request, options ...JSONOptions) iter.Seq2[T, error] {
	lines, err := req.jsonLines(options) // begins the body
	return func(yield func(T, error) bool) {
		var none T
		if err != nil {
			yield(none, err)
			return
		}
		for lines.next() {
			var value T
			if err := lines.decode(&value); err != nil {
				yield(none, err)
				return
			}
			if !yield(value, nil) {
				return
			}
		}
		if err := lines.err(); err != nil {
			yield(none, err)
		}
	}
}

// jsonLines reads a body line by line.
type jsonLines struct {
	scanner *bufio.Scanner
	codec   JSONCodec
	length  int64
	strict  bool
	number  int  // of the line, from 1
	tooLong bool // the line is, though the scanner's buffer has it with its end
}

func (r *Request) jsonLines(options []JSONOptions) (*jsonLines, error) {
	o, err := jsonOptions(options)
	if err != nil {
		return nil, err
	}
	codec, err := r.jsonCodec()
	if err != nil {
		return nil, err
	}
	if err := r.checkJSONType(o, isJSONLines); err != nil {
		return nil, err
	}
	l := &jsonLines{scanner: bufio.NewScanner(r.Body()), codec: codec, length: o.Length, strict: o.Strict}
	if l.length <= 0 {
		l.length = jsonLength
	}
	l.scanner.Buffer(nil, int(min(l.length, math.MaxInt-2))+2) // with the line end
	return l, nil
}

func isJSONLines(m MediaType) bool {
	types := []string{"jsonl", "x-jsonl", "jsonlines", "x-jsonlines", "ndjson", "x-ndjson"}
	return m.Type == "application" && slices.Contains(types, m.Subtype)
}

// next goes to the next line that is not empty.
func (l *jsonLines) next() bool {
	for l.number++; l.scanner.Scan(); l.number++ {
		line := l.scanner.Bytes()
		if l.tooLong = int64(len(line)) > l.length; l.tooLong {
			return false
		}
		if len(bytes.TrimSpace(line)) > 0 {
			return true
		}
	}
	return false
}

func (l *jsonLines) decode(v any) error {
	line := l.scanner.Bytes()
	if _, std := l.codec.(stdJSON); !std {
		line = bytes.Clone(line) // the codec may keep it
	}
	invalid := decodeJSON(l.codec, line, v, l.strict)
	if invalid == nil {
		return nil
	}
	if invalid.Line > 0 {
		invalid.Line = l.number
	}
	return invalid.status()
}

// err returns what ended the lines, nil for the end of the body.
func (l *jsonLines) err() error {
	err := l.scanner.Err()
	if l.tooLong || errors.Is(err, bufio.ErrTooLong) {
		text := fmt.Sprintf("line %d is longer than %d bytes", l.number, l.length)
		return Error(http.StatusRequestEntityTooLarge, text, errors.New("handler: "+text))
	}
	return err
}
