package conformance

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tail is what a sender takes off a compressed message (RFC 7692, section 7.2.1).
const tail = "\x00\x00\xff\xff"

// deflater compresses messages as a client does.
type deflater struct {
	*agreement
	writer *flate.Writer
	buffer bytes.Buffer
}

func newDeflater(a *agreement) *deflater {
	d := &deflater{agreement: a}
	d.writer, _ = flate.NewWriter(&d.buffer, flate.DefaultCompression)
	return d
}

// message compresses one message; the result is lent until the next call. The
// standard library's window is always 32 KiB: to stay within a smaller one it
// forgets everything after each stretch of that length.
func (d *deflater) message(p []byte) ([]byte, error) {
	d.buffer.Reset()
	if d.clientReset {
		d.writer.Reset(&d.buffer)
	}
	for {
		n := len(p)
		if d.clientBits < 15 {
			n = min(n, 1<<d.clientBits)
			d.writer.Reset(&d.buffer)
		}
		if _, err := d.writer.Write(p[:n]); err != nil {
			return nil, err
		}
		if err := d.writer.Flush(); err != nil {
			return nil, err
		}
		if p = p[n:]; len(p) == 0 {
			return bytes.TrimSuffix(d.buffer.Bytes(), []byte(tail)), nil
		}
	}
}

// strictBudget is how many bytes of a connection are also inflated octet by
// octet, to see that no distance leaves the window: at least this many. Beyond
// it, a distance that leaves the window into the messages before is still found.
const strictBudget = 128 * kilobyte

// inflater inflates messages of a server within exactly the window agreed on.
type inflater struct {
	*agreement
	reader  io.ReadCloser
	input   bytes.Reader
	stream  []byte
	out     bytes.Buffer
	history []byte // the last bytes of the messages before, at most a window
	checked int
}

func newInflater(a *agreement) *inflater {
	return &inflater{agreement: a, reader: flate.NewReader(nil)}
}

// message inflates one message; the result is lent until the next call.
func (d *inflater) message(p []byte) ([]byte, error) {
	// An empty final block after the tail makes it a whole stream.
	d.stream = append(append(append(d.stream[:0], p...), tail...), "\x01\x00\x00\xff\xff"...)
	d.input.Reset(d.stream)
	if err := d.reader.(flate.Resetter).Reset(&d.input, d.history); err != nil {
		return nil, err
	}
	d.out.Reset()
	if _, err := io.Copy(&d.out, io.LimitReader(d.reader, maxPayload)); err != nil {
		return nil, err
	}
	if d.input.Len() > 0 {
		return nil, fmt.Errorf("%d bytes after the last block", d.input.Len())
	}
	if d.checked < min(strictBudget, volumeLimit()/4) {
		if err := d.check(d.stream); err != nil {
			return nil, err
		}
	}
	d.remember(d.out.Bytes())
	return d.out.Bytes(), nil
}

func (d *inflater) check(stream []byte) error {
	strict, err := inflateWithin(1<<d.serverBits, d.history, stream)
	if err == nil && !bytes.Equal(strict, d.out.Bytes()) {
		err = errors.New("two inflaters disagree")
	}
	d.checked += len(strict)
	return err
}

func (d *inflater) remember(message []byte) {
	if d.serverReset {
		return
	}
	window := 1 << d.serverBits
	message = message[max(0, len(message)-window):]
	d.history = slices.Delete(d.history, 0, max(0, len(d.history)+len(message)-window))
	d.history = append(d.history, message...)
}

func TestDeflate(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 6))
	page := htmlCorpus()
	for bits := 8; bits <= 15; bits++ {
		for _, reset := range []bool{false, true} {
			a := &agreement{serverBits: bits, clientBits: bits, serverReset: reset, clientReset: reset}
			d, i := newDeflater(a), newInflater(a)
			for _, size := range []int{0, 1, 100, 1 << bits, 1<<bits + 1, 50_000, 3} {
				message := page.slice(random.IntN(page.length), size)
				packed, err := d.message(message)
				require.NoError(t, err)
				plain, err := i.message(packed)
				require.NoError(t, err, "%d bits, %d bytes", bits, size)
				assert.Equal(t, string(message), string(plain), "%d bits, %d bytes", bits, size)
			}
		}
	}
}
