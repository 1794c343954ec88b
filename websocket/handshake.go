package websocket

import (
	"crypto/sha1"
	"encoding/base64"
	"log/slog"
	"net/http"
	"strings"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/internal/httpgrammar"
	"github.com/cowhand/cowhand/websocket/deflate"
)

// versions lists the supported values of Sec-WebSocket-Version: RFC 6455 (13),
// drafts 8 to 12 (8) and draft 7 (7).
const versions = "13, 8, 7"

// refusal is the response to a handshake that fails.
type refusal struct {
	status  int
	headers handler.Headers
	text    string
}

func refuse(status int, text string) *refusal {
	return &refusal{status: status, text: text}
}

// upgradeRequired is for a request that doesn't ask for WebSocket (RFC 9110,
// section 15.5.22). HTTP/2 forbids both headers (RFC 9113, section 8.2.2).
func upgradeRequired(r *http.Request, text string) *refusal {
	no := refuse(http.StatusUpgradeRequired, text)
	if no.headers = (handler.Headers{}); r.ProtoMajor == 1 {
		no.headers["Connection"], no.headers["Upgrade"] = "Upgrade", "websocket"
	}
	return no
}

// handshake is the result of the opening handshake.
type handshake struct {
	version   int
	accept    string             // the header Sec-WebSocket-Accept
	agreement *deflate.Agreement // nil: no compression
	extension string             // the header Sec-WebSocket-Extensions
	protocol  string             // the header Sec-WebSocket-Protocol
}

// negotiate checks the request (RFC 6455, section 4.2.1) and picks the
// version, the subprotocol and compression.
func negotiate(req *handler.Request, o *Options, compress bool) (h handshake, no *refusal) {
	if no = checkUpgrade(req); no != nil {
		return h, no
	}
	if h.version, no = chooseVersion(req); no != nil {
		return h, no
	}
	key := req.Header("Sec-WebSocket-Key")
	if no = checkKey(key); no != nil {
		return h, no
	}
	h.accept = acceptKey(key)
	if !originAllowed(req, h.version, o) {
		return h, refuse(http.StatusForbidden, "the origin is not allowed")
	}
	offered, no := offeredSubprotocols(req)
	if no != nil {
		return h, no
	}
	h.protocol = chooseSubprotocol(offered, o.Subprotocols)
	agreement, response, err := deflate.Negotiate(req.Headers().Values("Sec-WebSocket-Extensions"), o.Deflate)
	if err != nil {
		return h, refuse(http.StatusBadRequest, "the header Sec-WebSocket-Extensions is malformed")
	}
	if compress {
		h.agreement, h.extension = agreement, response
	}
	return h, nil
}

// checkUpgrade rejects other requests, with the same status as Cowboy.
func checkUpgrade(req *handler.Request) *refusal {
	r := req.HTTP()
	switch {
	case !r.ProtoAtLeast(1, 1):
		return refuse(http.StatusNotImplemented, "WebSocket needs HTTP/1.1")
	case r.Method != http.MethodGet:
		return upgradeRequired(r, "the method of a WebSocket request is GET")
	case !httpgrammar.HasElement(r.Header["Connection"], "upgrade"):
		return upgradeRequired(r, "the header Connection lacks the token upgrade")
	case len(r.Header["Upgrade"]) == 0:
		return refuse(http.StatusBadRequest, "the header Upgrade is missing")
	case !httpgrammar.HasElement(r.Header["Upgrade"], "websocket"):
		return upgradeRequired(r, "the header Upgrade lacks the token websocket")
	case r.ContentLength != 0:
		return refuse(http.StatusBadRequest, "a WebSocket request has no body")
	}
	return nil
}

// chooseVersion reads Sec-WebSocket-Version. It replies to other versions with
// those supported (RFC 6455, section 4.4).
func chooseVersion(req *handler.Request) (int, *refusal) {
	switch req.Header("Sec-WebSocket-Version") {
	case "13":
		return 13, nil
	case "8":
		return 8, nil
	case "7":
		return 7, nil
	}
	no := upgradeRequired(req.HTTP(), "the header Sec-WebSocket-Version must be one of "+versions)
	no.headers["Sec-WebSocket-Version"] = versions
	return 0, no
}

// checkKey requires "a base64-encoded [...] value that, when decoded, is 16
// bytes in length" (RFC 6455, section 4.2.1).
func checkKey(key string) *refusal {
	if key == "" {
		return refuse(http.StatusBadRequest, "the header Sec-WebSocket-Key is missing")
	}
	if raw, err := base64.StdEncoding.DecodeString(key); err != nil || len(raw) != 16 {
		return refuse(http.StatusBadRequest, "the header Sec-WebSocket-Key is not 16 bytes in base64")
	}
	return nil
}

// acceptKey proves to the client that the server speaks WebSocket (RFC 6455,
// section 4.2.2).
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// offeredSubprotocols returns the client's subprotocols, in its order.
func offeredSubprotocols(req *handler.Request) ([]string, *refusal) {
	var offered []string
	for name := range httpgrammar.Elements(req.Headers()["Sec-Websocket-Protocol"]) {
		if !httpgrammar.IsToken(name) {
			return nil, refuse(http.StatusBadRequest, "the header Sec-WebSocket-Protocol is malformed")
		}
		offered = append(offered, name)
	}
	return offered, nil
}

// chooseSubprotocol returns the server's favourite among those offered, or "".
func chooseSubprotocol(offered, spoken []string) string {
	for _, name := range spoken {
		for _, wanted := range offered {
			if name == wanted {
				return name
			}
		}
	}
	return ""
}

// noSubprotocol is for a client that offers none of those required.
func noSubprotocol(spoken []string) *refusal {
	return refuse(http.StatusBadRequest, "the header Sec-WebSocket-Protocol must offer one of: "+strings.Join(spoken, ", "))
}

// response returns the 101, with the headers that the handler set.
func (h *handshake) response(req *handler.Request) []byte {
	b := make([]byte, 0, 256)
	b = append(b, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket"...)
	b = appendHeader(b, "Sec-WebSocket-Accept", h.accept)
	if h.extension != "" {
		b = appendHeader(b, "Sec-WebSocket-Extensions", h.extension)
	}
	if h.protocol != "" {
		b = appendHeader(b, "Sec-WebSocket-Protocol", h.protocol)
	}
	for name, values := range req.RespHeaders() {
		switch {
		case !httpgrammar.IsToken(name): // SetRespHeader rejects it, but not the map
			req.Env().Logger.Warn("websocket: dropped a response header with an invalid name",
				slog.String("name", name), slog.String("path", req.Path()))
		case !ownHeader(name):
			for _, value := range values {
				b = appendHeader(b, name, value)
			}
		}
	}
	return append(b, "\r\n\r\n"...)
}

// appendHeader starts a new line. It replaces control characters in the value
// by spaces (RFC 9110, section 5.5).
func appendHeader(b []byte, name, value string) []byte {
	b = append(b, "\r\n"...)
	b = append(b, name...)
	b = append(b, ": "...)
	for i := range len(value) {
		c := value[i]
		if c < ' ' && c != '\t' || c == 0x7f {
			c = ' '
		}
		b = append(b, c)
	}
	return b
}

// ownHeader reports whether only the handshake may set this response header.
func ownHeader(name string) bool {
	switch http.CanonicalHeaderKey(name) { // keys of the map may have any case
	case "Connection", "Upgrade", "Sec-Websocket-Accept", "Sec-Websocket-Extensions", "Sec-Websocket-Protocol",
		"Content-Length", "Transfer-Encoding", "Content-Encoding":
		return true
	}
	return false
}

// routeSubprotocol returns the subprotocol that the route's Init chose with
// the response header, if it did.
func routeSubprotocol(set http.Header) (name string, ok bool) {
	for header, values := range set {
		if len(values) > 0 && http.CanonicalHeaderKey(header) == "Sec-Websocket-Protocol" {
			return values[0], true
		}
	}
	return "", false
}
