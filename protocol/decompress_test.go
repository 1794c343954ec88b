package protocol_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String()
}

// noise is text that hardly compresses.
func noise(n int) string {
	random := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return string(b)
}

// readers read a body in the ways that there are.
var readers = map[string]func(req *handler.Request) ([]byte, error){
	"ReadBody": func(req *handler.Request) (all []byte, err error) {
		for more := true; more && err == nil; {
			var data []byte
			data, more, err = req.ReadBody(handler.BodyOptions{Length: 5000})
			all = append(all, data...)
		}
		return all, err
	},
	"Body":     func(req *handler.Request) ([]byte, error) { return io.ReadAll(req.Body()) },
	"net/http": func(req *handler.Request) ([]byte, error) { return io.ReadAll(req.HTTP().Body) },
}

func TestDecompress(t *testing.T) {
	text := strings.Repeat("Hello, World! ", 5) + noise(10_000)
	zipped := gzipped(t, text)
	tests := map[string]struct {
		body     string
		coding   []string
		status   int
		want     string
		encoding string // that the handler sees
	}{
		"gzip":             {zipped, []string{"gzip"}, 200, text, ""},
		"x-gzip":           {zipped, []string{"X-GZIP"}, 200, text, ""},
		"two members":      {zipped + zipped, []string{"gzip"}, 200, text + text, ""},
		"gzip last":        {zipped, []string{"aes128gcm , gzip"}, 200, text, "aes128gcm"},
		"two lines":        {zipped, []string{"br", "gzip"}, 200, text, "br"},
		"gzip first":       {zipped, []string{"gzip, br"}, 200, zipped, "gzip, br"},
		"identity":         {text, nil, 200, text, ""},
		"other":            {text, []string{"br"}, 200, text, "br"},
		"empty":            {"", []string{"gzip"}, 200, "", "gzip"},
		"within the ratio": {gzipped(t, strings.Repeat("a", 100)), []string{"gzip"}, 200, strings.Repeat("a", 100), ""},
		"beyond the ratio": {gzipped(t, strings.Repeat("a", 10_000)), []string{"gzip"}, 413, "", ""},
		"a bomb":           {gzipped(t, strings.Repeat("\x00", 5<<20)), []string{"gzip"}, 413, "", ""},
		"not gzip":         {"Hello, World!", []string{"gzip"}, 400, "", ""},
		"truncated":        {zipped[:len(zipped)-20], []string{"gzip"}, 400, "", ""},
		"bad checksum":     {zipped[:len(zipped)-8] + "checksum", []string{"gzip"}, 400, "", ""},
		"bad second":       {zipped + "garbage", []string{"gzip"}, 400, "", ""},
	}
	for way, read := range readers {
		t.Run(way, func(t *testing.T) {
			each(t, func() protocol.Options {
				return protocol.Options{
					StreamHandlers: []protocol.StreamHandler{protocol.Decompress{}},
					Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
						body, err := read(req)
						if err != nil {
							return nil, err
						}
						return nil, req.Reply(200, handler.Headers{"Seen": req.Header("Content-Encoding")}, body)
					}),
				}
			}, func(t *testing.T, c *peer) {
				for name, tt := range tests {
					t.Run(name, func(t *testing.T) {
						var header []string
						for _, line := range tt.coding {
							header = append(header, "Content-Encoding", line)
						}
						response, body := c.do(t, "POST", strings.NewReader(tt.body), header...)
						require.Equal(t, tt.status, response.StatusCode, body)
						assert.Equal(t, "gzip", response.Header.Get("Accept-Encoding"))
						if tt.status == 200 {
							assert.Equal(t, tt.want, body)
							assert.Equal(t, tt.encoding, response.Header.Get("Seen"))
						}
					})
				}
			})
		})
	}
}

// TestDecompressRatioLimit also shows that the error tells what it is.
func TestDecompressRatioLimit(t *testing.T) {
	each(t, func() protocol.Options {
		return protocol.Options{
			StreamHandlers: []protocol.StreamHandler{protocol.Decompress{RatioLimit: 200}},
			Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
				body, err := io.ReadAll(req.Body())
				var large *http.MaxBytesError
				if errors.As(err, &large) {
					return nil, req.ReplyText(413, "my own")
				}
				return nil, req.Reply(200, nil, body)
			}),
		}
	}, func(t *testing.T, c *peer) {
		text := strings.Repeat("a", 5000)
		_, body := c.do(t, "POST", strings.NewReader(gzipped(t, text)), "Content-Encoding", "gzip")
		assert.Equal(t, text, body)
		response, body := c.do(t, "POST", strings.NewReader(gzipped(t, strings.Repeat("a", 5<<20))), "Content-Encoding", "gzip")
		assert.Equal(t, 413, response.StatusCode)
		assert.Equal(t, "my own", body)
	})
}

// TestDecompressOfABrokenConnection has the error of the connection, not one
// of the encoding.
func TestDecompressOfABrokenConnection(t *testing.T) {
	zipped := gzipped(t, noise(100_000))
	each(t, func() protocol.Options {
		return protocol.Options{
			IdleTimeout:    50 * time.Millisecond,
			StreamHandlers: []protocol.StreamHandler{protocol.Decompress{}},
			Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
				_, err := readers["ReadBody"](req)
				return nil, err
			}),
		}
	}, func(t *testing.T, c *peer) {
		body, w := io.Pipe()
		go func() { _, _ = io.WriteString(w, zipped[:50_000]) }()
		defer w.Close()
		response, _ := c.do(t, "POST", body, "Content-Encoding", "gzip")
		assert.Equal(t, 408, response.StatusCode)
	})
}
