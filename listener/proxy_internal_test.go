package listener

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/protocol"
)

// v2 makes a header of version 2.
func v2(command, family byte, payload string) string {
	b := append([]byte(proxySignature), command, family)
	b = binary.BigEndian.AppendUint16(b, uint16(len(payload)))
	return string(b) + payload
}

const (
	tcp4 = "\x01\x02\x03\x04\x05\x06\x07\x08\x10\x00\x00\x50"
	tcp6 = "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01" +
		"\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x10\x00\x01\xbb"
)

// checked is a header with a right checksum.
func checked() string {
	b := []byte(v2(0x21, 0x11, tcp4+"\x03\x00\x04\x00\x00\x00\x00"))
	binary.BigEndian.PutUint32(b[len(b)-4:], crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
	return string(b)
}

func TestReadProxyHeader(t *testing.T) {
	addr := netip.MustParseAddrPort
	inet4 := protocol.ProxyHeader{Version: 2, Network: "tcp", Source: addr("1.2.3.4:4096"), Destination: addr("5.6.7.8:80")}
	tlvs := inet4
	tlvs.TLVs = []protocol.TLV{{Type: 2, Value: []byte("host")}, {Type: 0xea, Value: []byte{}}}
	sum := inet4
	sum.TLVs = []protocol.TLV{{Type: 3, Value: []byte(checked()[len(checked())-4:])}}
	tests := map[string]struct {
		header string
		want   protocol.ProxyHeader
	}{
		"TCP4": {"PROXY TCP4 1.2.3.4 5.6.7.8 0 65535\r\n", protocol.ProxyHeader{
			Version: 1, Network: "tcp", Source: addr("1.2.3.4:0"), Destination: addr("5.6.7.8:65535")}},
		"odd length": {"PROXY TCP4 1.2.3.4 5.6.7.8 10 65535\r\n", protocol.ProxyHeader{
			Version: 1, Network: "tcp", Source: addr("1.2.3.4:10"), Destination: addr("5.6.7.8:65535")}},
		"TCP6": {"PROXY TCP6 2001:db8::1 ::1 1 2\r\n", protocol.ProxyHeader{
			Version: 1, Network: "tcp", Source: addr("[2001:db8::1]:1"), Destination: addr("[::1]:2")}},
		"the longest": {"PROXY UNKNOWN " + strings.Repeat("f", 91) + "\r\n", protocol.ProxyHeader{Version: 1, Local: true}},
		"UNKNOWN":     {"PROXY UNKNOWN\r\n", protocol.ProxyHeader{Version: 1, Local: true}},
		"inet":        {v2(0x21, 0x11, tcp4), inet4},
		"inet6": {v2(0x21, 0x22, tcp6), protocol.ProxyHeader{
			Version: 2, Network: "udp", Source: addr("[2001:db8::1]:4096"), Destination: addr("[2001:db8::2]:443")}},
		"unix": {v2(0x21, 0x31, "/a"+strings.Repeat("\x00", 106)+"/b"+strings.Repeat("\x00", 106)), protocol.ProxyHeader{
			Version: 2, Network: "unix", SourcePath: "/a", DestinationPath: "/b"}},
		"local":              {v2(0x20, 0, ""), protocol.ProxyHeader{Version: 2, Local: true}},
		"local with address": {v2(0x20, 0x11, tcp4), protocol.ProxyHeader{Version: 2, Local: true}},
		"local, cut short":   {v2(0x20, 0x11, "x"), protocol.ProxyHeader{Version: 2, Local: true}},
		"local, bad TLV":     {v2(0x20, 0, "x"), protocol.ProxyHeader{Version: 2, Local: true}},
		"unspecified":        {v2(0x21, 0, ""), protocol.ProxyHeader{Version: 2}},
		"unknown family":     {v2(0x21, 0x41, "whatever"), protocol.ProxyHeader{Version: 2}},
		"TLVs":               {v2(0x21, 0x11, tcp4+"\x02\x00\x04host\x04\x00\x03\x00\x00\x00\xea\x00\x00"), tlvs},
		"checksum":           {checked(), sum},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := strings.NewReader(tt.header + "rest")
			h, err := readProxyHeader(r)
			require.NoError(t, err)
			assert.Equal(t, &tt.want, h)
			rest, err := io.ReadAll(r)
			require.NoError(t, err)
			assert.Equal(t, "rest", string(rest))
		})
	}
}

func TestBadProxyHeader(t *testing.T) {
	for name, header := range map[string]string{
		"nothing":          "",
		"HTTP":             "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"too short":        "PROXY TCP4\r\n",
		"too long":         "PROXY UNKNOWN " + strings.Repeat("f", 92) + "\r\n",
		"no CR":            "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n\n\n\n",
		"cut":              "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r",
		"UDP4":             "PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n",
		"two spaces":       "PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n",
		"one more":         "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n",
		"no port":          "PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n",
		"port":             "PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n",
		"leading zero":     "PROXY TCP4 1.2.3.4 5.6.7.8 1 02\r\n",
		"sign":             "PROXY TCP4 1.2.3.4 5.6.7.8 1 +2\r\n",
		"family":           "PROXY TCP4 1.2.3.4 ::1 1 2\r\n",
		"zone":             "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n",
		"name":             "PROXY TCP4 localhost 5.6.7.8 1 2\r\n",
		"version 3":        v2(0x31, 0x11, tcp4),
		"command":          v2(0x22, 0x11, tcp4),
		"short addresses":  v2(0x21, 0x11, tcp4[1:]),
		"cut addresses":    v2(0x21, 0x11, tcp4)[:20],
		"cut after length": v2(0x21, 0x11, tcp4)[:15],
		"short TLV":        v2(0x21, 0x11, tcp4+"\x02\x00"),
		"long TLV":         v2(0x21, 0x11, tcp4+"\x02\x00\x05host"),
		"checksum":         v2(0x21, 0x11, tcp4+"\x03\x00\x04abcd"),
		"checksum's size":  v2(0x21, 0x11, tcp4+"\x03\x00\x03abc"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readProxyHeader(strings.NewReader(header))
			assert.Error(t, err)
		})
	}
}

// FuzzReadProxyHeader looks for panics, for reads beyond the header, and for
// a header that two readings understand differently.
func FuzzReadProxyHeader(f *testing.F) {
	f.Add([]byte("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET"))
	f.Add([]byte(v2(0x21, 0x11, tcp4+"\x02\x00\x04host")))
	f.Add([]byte(checked()))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		h, err := readProxyHeader(r)
		if err != nil {
			return
		}
		length := len(b) - r.Len()
		again, err := readProxyHeader(bytes.NewReader(b[:length]))
		require.NoError(t, err)
		assert.Equal(t, h, again)
		_, err = readProxyHeader(bytes.NewReader(b[:length-1]))
		require.Error(t, err)
	})
}
