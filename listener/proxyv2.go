package listener

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"net/netip"

	"github.com/cowhand/cowhand/protocol"
)

// Sizes of a header of version 2, in bytes: section 2.2 of the PROXY
// protocol.
const (
	proxyFixed = 16 // signature, version and command, family, length
	proxyInet4 = 2*4 + 2*2
	proxyInet6 = 2*16 + 2*2
	proxyUnix  = 2 * 108
)

const (
	tlvCRC32C = 0x03
	tlvNoop   = 0x04
)

// readProxyV2 reads the rest of a header that begins with b.
func readProxyV2(r io.Reader, b []byte) (*protocol.ProxyHeader, error) {
	b = b[:proxyFixed]
	if _, err := io.ReadFull(r, b[proxyLeast:]); err != nil {
		return nil, err
	}
	if b[12]>>4 != 2 || b[12]&0xf > 1 {
		return nil, fmt.Errorf("listener: a PROXY header of version and command %#02x", b[12])
	}
	b = append(b, make([]byte, binary.BigEndian.Uint16(b[14:]))...)
	if _, err := io.ReadFull(r, b[proxyFixed:]); err != nil {
		return nil, err
	}
	h := &protocol.ProxyHeader{Version: 2, Local: b[12]&0xf == 0}
	if h.Local { // "must discard the protocol block"
		return h, nil
	}
	rest, err := parseProxyAddrs(h, b[13], b[proxyFixed:])
	if err != nil {
		return nil, err
	}
	return h, parseTLVs(h, rest, b)
}

// parseProxyAddrs reads the addresses, and returns what follows them. Those
// of an unknown family are skipped with all that follows.
func parseProxyAddrs(h *protocol.ProxyHeader, family byte, b []byte) (rest []byte, err error) {
	size := map[byte]int{1: proxyInet4, 2: proxyInet6, 3: proxyUnix}[family>>4]
	network := map[byte]string{1: "tcp", 2: "udp"}[family&0xf]
	switch {
	case family == 0:
		return b, nil
	case size == 0 || network == "":
		return nil, nil
	case len(b) < size:
		return nil, fmt.Errorf("listener: a PROXY header of family %#02x with %d bytes of addresses; it has %d", family, len(b), size)
	}
	h.Network = network
	if size == proxyUnix {
		h.Network = "unix"
		h.SourcePath, h.DestinationPath = unixPath(b[:108]), unixPath(b[108:216])
		return b[size:], nil
	}
	length := (size - 4) / 2
	h.Source = proxyAddr(b[:length], b[2*length:])
	h.Destination = proxyAddr(b[length:2*length], b[2*length+2:])
	return b[size:], nil
}

func proxyAddr(ip, port []byte) netip.AddrPort {
	addr, _ := netip.AddrFromSlice(ip) // of 4 or 16 bytes
	return netip.AddrPortFrom(addr, binary.BigEndian.Uint16(port))
}

func unixPath(b []byte) string {
	path, _, _ := bytes.Cut(b, []byte{0})
	return string(path)
}

// parseTLVs reads the extensions in b, which is the end of the header whole.
func parseTLVs(h *protocol.ProxyHeader, b, whole []byte) error {
	for len(b) > 0 {
		if len(b) < 3 || len(b)-3 < int(binary.BigEndian.Uint16(b[1:])) {
			return fmt.Errorf("listener: a PROXY header whose extensions end early")
		}
		kind, end := b[0], 3+int(binary.BigEndian.Uint16(b[1:]))
		value := b[3:end]
		switch {
		case kind == tlvCRC32C && !checksum(value, whole):
			return fmt.Errorf("listener: a PROXY header whose checksum is wrong")
		case kind != tlvNoop:
			h.TLVs = append(h.TLVs, protocol.TLV{Type: kind, Value: value})
		}
		b = b[end:]
	}
	return nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum verifies value, which is a part of the header whole and zero in
// what the sum is over: section 2.2.3.
func checksum(value, whole []byte) bool {
	if len(value) != 4 {
		return false
	}
	want := binary.BigEndian.Uint32(value)
	clear(value)
	defer binary.BigEndian.PutUint32(value, want)
	return crc32.Checksum(whole, castagnoli) == want
}
