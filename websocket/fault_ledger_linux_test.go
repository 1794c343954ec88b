package websocket_test

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// labelled returns a payload of size bytes, or a few more, that names its
// source and has a number: the sources count their frames from 0.
func labelled(source string, number, size int) string {
	label := fmt.Sprintf("%s %d %d ", source, number, size)
	filler := fmt.Sprintf("%d of %s, ", number, source)
	return (label + strings.Repeat(filler, size/len(filler)+1))[:max(size, len(label))]
}

// readLabel returns whole, the payload that begins as payload does, and what
// its label says.
func readLabel(payload string) (whole, source string, number int, err error) {
	fields := strings.SplitN(payload[:min(len(payload), 80)], " ", 4)
	if len(fields) < 4 {
		return "", "", 0, fmt.Errorf("no label in %.80q", payload)
	}
	number, err = strconv.Atoi(fields[1])
	size, bad := strconv.Atoi(fields[2])
	if err = errors.Join(err, bad); err != nil {
		return "", "", 0, fmt.Errorf("the label of %.80q: %w", payload, err)
	}
	return labelled(fields[0], number, size), fields[0], number, nil
}

// ledger is what one end has got from the other. It accepts each frame that
// is the next one of its source, whole, and not behind a close frame.
type ledger struct {
	got    map[string]int // frames of each source
	closed bool           // a close frame came
	window []byte         // what compressed messages refer to
}

func (l *ledger) take(f wireFrame) error {
	switch {
	case l.closed:
		return fmt.Errorf("opcode %d behind the close frame", f.opcode)
	case f.opcode == opClose:
		l.closed = true
		return nil
	case f.payload == "" && f.opcode >= opClose: // of timers
		return nil
	}
	if err := l.inflate(&f); err != nil {
		return err
	}
	whole, source, number, err := readLabel(f.payload)
	switch {
	case err != nil:
		return err
	case f.payload != whole:
		return fmt.Errorf("%s %d is damaged", source, number)
	case number != l.got[source]:
		return fmt.Errorf("%s %d came after %d frames of that source", source, number, l.got[source])
	}
	if l.got == nil {
		l.got = make(map[string]int)
	}
	l.got[source]++
	return nil
}

func (l *ledger) inflate(f *wireFrame) error {
	if f.rsv == 0 {
		return nil
	}
	in := strings.NewReader(f.payload + tail + "\x01\x00\x00\xff\xff")
	b, err := io.ReadAll(flate.NewReaderDict(in, l.window))
	if err != nil {
		return fmt.Errorf("a compressed frame of %d bytes: %w", len(f.payload), err)
	}
	l.window = append(l.window, b...)
	f.payload = string(b)
	return nil
}

// takeStream takes a stream of frames, the last of which may be cut, but not
// damaged.
func (l *ledger) takeStream(stream []byte) error {
	for len(stream) > 0 {
		in := bytes.NewReader(stream)
		f, err := readFrame(in)
		if err == io.ErrUnexpectedEOF || err == io.EOF {
			return l.checkCut(stream)
		}
		if err == nil {
			err = l.take(f)
		}
		if err != nil {
			return fmt.Errorf("%w, with %d bytes left", err, len(stream))
		}
		stream = stream[len(stream)-in.Len():]
	}
	return nil
}

// checkCut looks at the beginning of a frame. Its payload must go on as its
// label says, if there is one and it isn't compressed.
func (l *ledger) checkCut(stream []byte) error {
	header := bytes.NewReader(stream[1:])
	second, err := header.ReadByte()
	if l.closed {
		return fmt.Errorf("%d bytes behind the close frame", len(stream))
	}
	if err != nil || stream[0]&0x40 != 0 || stream[0]&15 >= opClose {
		return nil
	}
	if _, err := readLength(header, second); err != nil {
		return nil
	}
	payload := string(stream[len(stream)-header.Len():])
	whole, source, number, err := readLabel(payload)
	if err != nil { // the label is cut
		return nil
	}
	if !strings.HasPrefix(whole, payload) || number != l.got[source] {
		return fmt.Errorf("%s %d, which was cut, is damaged or out of order", source, number)
	}
	return nil
}
