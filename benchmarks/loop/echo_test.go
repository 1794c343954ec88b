package loop

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/klauspost/compress/flate"

	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/frame"
)

// BenchmarkEcho is a batch of messages there and back, over real sockets; the
// time is that of a batch, with the client's part in it, which does no more
// than the two calls.
func BenchmarkEcho(b *testing.B) {
	for _, transport := range []string{"tcp", "unix", "stream", "tls", "pipe"} {
		for _, batch := range []struct{ number, size int }{{1, 64}, {32, 64}, {8, 4 << 10}, {1, 1 << 20}} {
			if transport == "pipe" && batch.number > 1 {
				continue // a pipe has no buffer: both ends would wait to write
			}
			for _, lend := range []bool{true, false} {
				b.Run(fmt.Sprintf("%s/%dx%d/lend=%t", transport, batch.number, batch.size, lend), func(b *testing.B) {
					options := websocket.Options{LendPayloads: lend, MaxFrameSize: 2 << 20}
					s := startServer(b, transport, serving(echo{}, options), false)
					benchmarkExchange(b, connect(b, s, "").echoes(frame.Binary, batch.number, batch.size), batch.number)
				})
			}
		}
	}
}

func benchmarkExchange(b *testing.B, p *peer, messages int) {
	b.SetBytes(int64(len(p.out)))
	b.ReportAllocs()
	for b.Loop() {
		if err := p.exchange(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*messages), "ns/msg")
}

// BenchmarkEchoDeflate is the same with a message that is compressed both
// ways, without context takeover so that each one is the same.
func BenchmarkEchoDeflate(b *testing.B) {
	for _, size := range []int{200, 1 << 10, 16 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s := startServer(b, "tcp", serving(echo{}, websocket.Options{LendPayloads: true}), true)
			p := connect(b, s, "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n")
			p.out = message(frame.Text, frame.RSV1, deflated(b, document(size, 1)))
			p.learn(b)
			benchmarkExchange(b, p, 1)
		})
	}
}

// deflated is a payload as a client sends it (RFC 7692, section 7.2.1).
func deflated(tb testing.TB, payload []byte) []byte {
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.DefaultCompression)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := w.Write(payload); err != nil {
		tb.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	return bytes.TrimSuffix(packed.Bytes(), []byte{0, 0, 0xff, 0xff})
}
