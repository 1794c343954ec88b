package modeltest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
)

// The sources of payloads: who made them.
const (
	fromClient  = 'c'
	fromReply   = 'r' // a frame in the commands of a callback
	fromOwnSend = 'o' // Conn.Send within a callback
	fromSend    = 's' // Conn.Send by another goroutine
	fromGroup   = 'p' // Groups.Publish
)

// The contents of payloads.
const (
	ofText   = 't' // hexadecimal digits, of which deflate saves half
	ofBinary = 'b' // random bytes, which cannot be compressed
)

// label identifies a payload. The payload begins with its label and goes on
// with filler that follows from the label, so a single wrong byte shows.
type label struct {
	source  byte
	number  int
	content byte
	size    int // of the whole payload; the label itself is never cut
}

func (l label) String() string {
	return fmt.Sprintf("%c%d.%c%d;", l.source, l.number, l.content, l.size)
}

// payload returns the label and its filler.
func (l label) payload() []byte {
	head := l.String()
	body := make([]byte, max(l.size, len(head))+8)
	n := copy(body, head)
	h := fnv.New64a()
	_, _ = h.Write(body[:n])
	random := rand.NewPCG(h.Sum64(), 0)
	for i := n; i < len(body)-7; i += 8 {
		word := random.Uint64()
		if l.content == ofText {
			word = hexDigits(word)
		}
		binary.LittleEndian.PutUint64(body[i:], word)
	}
	return body[: len(body)-8 : len(body)-8]
}

// hexDigits makes a hexadecimal digit of each byte.
func hexDigits(word uint64) (digits uint64) {
	for i := range 8 {
		digits |= uint64("0123456789abcdef"[word>>(8*i)&15]) << (8 * i)
	}
	return digits
}

// readLabel returns the label that a payload begins with; ok is false if
// there is none.
func readLabel(payload []byte) (l label, ok bool) {
	head, _, found := bytes.Cut(payload[:min(len(payload), 40)], []byte(";"))
	if !found {
		return l, false
	}
	_, err := fmt.Sscanf(string(head), "%c%d.%c%d", &l.source, &l.number, &l.content, &l.size)
	return l, err == nil
}

// checkPayload returns the label of a complete payload, or what is wrong.
func checkPayload(payload []byte) (label, error) {
	l, ok := readLabel(payload)
	if !ok {
		return l, fmt.Errorf("a payload of %d bytes without a label: %.40q", len(payload), payload)
	}
	if want := l.payload(); !bytes.Equal(want, payload) {
		return l, fmt.Errorf("payload %v of %d bytes differs at byte %d of %d", l, len(payload), firstDifference(want, payload), len(want))
	}
	return l, nil
}

// checkCutPayload is checkPayload for the beginning of a payload.
func checkCutPayload(begun []byte) error {
	l, ok := readLabel(begun)
	if !ok {
		return nil // cut within the label, or compressed
	}
	if want := l.payload(); !bytes.HasPrefix(want, begun) {
		return fmt.Errorf("payload %v, cut after %d bytes, differs at byte %d", l, len(begun), firstDifference(want, begun))
	}
	return nil
}

func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
