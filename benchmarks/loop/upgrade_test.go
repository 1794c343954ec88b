package loop

import (
	"io"
	"net"
	"testing"

	"github.com/cowhand/cowhand/websocket"
)

// BenchmarkUpgrade is a connection that is opened, makes the handshake and is
// cut; bytes and allocations are those of both sides, of which the client's
// are those of net.Dial.
func BenchmarkUpgrade(b *testing.B) {
	for _, offer := range []struct{ name, header string }{
		{"plain", ""},
		{"deflate", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"},
	} {
		for _, transport := range []string{"tcp", "unix", "tls"} {
			b.Run(transport+"/"+offer.name, func(b *testing.B) {
				s := startServer(b, transport, serving(echo{}, websocket.Options{}), true)
				request := []byte(handshake + offer.header + "\r\n")
				response := make([]byte, len(upgradeResponse(b, s, request)))
				b.ReportAllocs()
				for b.Loop() {
					upgrade(b, s, request, response)
				}
			})
		}
	}
}

func upgrade(b *testing.B, s *server, request, response []byte) {
	conn, err := s.dial()
	if err != nil {
		b.Fatal(err)
	}
	if _, err := conn.Write(request); err != nil {
		b.Fatal(err)
	}
	if _, err := io.ReadFull(conn, response); err != nil {
		b.Fatal(err)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // leaves no port waiting
	}
	_ = conn.Close()
}

// upgradeResponse is what the handshake is answered with.
func upgradeResponse(b *testing.B, s *server, request []byte) []byte {
	conn, err := s.dial()
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(request); err != nil {
		b.Fatal(err)
	}
	response := make([]byte, 4096)
	n, err := conn.Read(response)
	if err != nil {
		b.Fatal(err)
	}
	return response[:n]
}
