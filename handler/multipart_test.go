package handler_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/internal/servetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const formType = "Content-Type: multipart/form-data; boundary=b"

// form writes a multipart body with the boundary "b".
func form(parts ...string) string {
	var b strings.Builder
	for _, part := range parts {
		b.WriteString("--b\r\n" + part + "\r\n")
	}
	return b.String() + "--b--\r\n"
}

const (
	fieldPart = "Content-Disposition: form-data; name=\"field\"\r\n\r\nvalue"
	filePart  = "Content-Disposition: form-data; name=\"file\"; filename=\"../a.txt\"\r\nContent-Type: text/plain\r\n\r\nline 1\r\n--not the boundary\r\n"
)

func TestReadPart(t *testing.T) {
	h := respond(func(req *handler.Request) error {
		var b strings.Builder
		for {
			part, err := req.ReadPart()
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
			data, more, err := req.ReadPartBody(handler.BodyOptions{})
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "%s|%s|%s|%q|%v\n", part.Name(), part.FileName(), part.Header.Get("Content-Type"), data, more)
		}
		if _, err := req.ReadPart(); err != io.EOF {
			return fmt.Errorf("after the last part: %w", err)
		}
		return req.ReplyText(200, b.String())
	})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		resp, body := c.Do(t, "POST", "/", "preamble\r\n"+form(fieldPart, filePart, "\r\n")+"epilogue", formType)
		require.Equal(t, 200, resp.StatusCode)
		assert.Equal(t, "field|||\"value\"|false\n"+
			"file|a.txt|text/plain|\"line 1\\r\\n--not the boundary\\r\\n\"|false\n"+
			"|||\"\"|false\n", body)
	})
}

func TestPartAsStream(t *testing.T) {
	h := respond(func(req *handler.Request) error {
		if _, err := req.ReadPart(); err != nil { // the first is skipped
			return err
		}
		part, err := req.ReadPart()
		if err != nil {
			return err
		}
		n, err := io.Copy(io.Discard, part)
		if err != nil {
			return err
		}
		return req.ReplyText(200, fmt.Sprint(part.Name(), n))
	})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		large := strings.Repeat("x", 1<<20)
		_, body := c.Do(t, "POST", "/", form(fieldPart+large, strings.TrimSuffix(fieldPart, "value")+large), formType)
		assert.Equal(t, "field1048576", body)
	})
}

func TestReadPartBodyInPieces(t *testing.T) {
	h := respond(func(req *handler.Request) error {
		if _, _, err := req.ReadPartBody(handler.BodyOptions{}); err == nil {
			return handler.Errorf(418, "a part body without a part")
		}
		if _, err := req.ReadPart(); err != nil {
			return err
		}
		var sizes []int
		for more := true; more; {
			var data []byte
			var err error
			if data, more, err = req.ReadPartBody(handler.BodyOptions{Length: 3, Period: time.Second}); err != nil {
				return err
			}
			sizes = append(sizes, len(data))
		}
		return req.ReplyText(200, fmt.Sprint(sizes))
	})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		_, body := c.Do(t, "POST", "/", form(fieldPart), formType)
		assert.Equal(t, "[3 2]", body)
	})
}

func TestMalformedMultipart(t *testing.T) {
	h := respond(func(req *handler.Request) error {
		for {
			_, err := req.ReadPart()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				if _, again := req.ReadPart(); again != err {
					return fmt.Errorf("the error does not stay: %w", again)
				}
				return err
			}
		}
	})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		for name, test := range map[string]struct{ contentType, body string }{
			"no content type":     {"X: y", form(fieldPart)},
			"not multipart":       {"Content-Type: text/plain", form(fieldPart)},
			"no boundary":         {"Content-Type: multipart/form-data", form(fieldPart)},
			"bad content type":    {"Content-Type: multipart", form(fieldPart)},
			"no final boundary":   {formType, "--b\r\n" + fieldPart},
			"no boundary at all":  {formType, "text"},
			"bad header":          {formType, form("no colon\r\n\r\nx")},
			"header twice":        {formType, form("A: 1\r\nA: 2\r\n\r\nx")},
			"header too long":     {formType, form("A: " + strings.Repeat("x", 200_000) + "\r\n\r\nx")},
			"preamble too long":   {formType, strings.Repeat("x\r\n", 100_000) + form(fieldPart)},
			"second one is short": {formType, "--b\r\n" + fieldPart + "\r\n--b\r\nA: "},
		} {
			resp, _ := c.Do(t, "POST", "/", test.body, test.contentType)
			assert.Equal(t, 400, resp.StatusCode, name)
		}
		resp, _ := c.Do(t, "POST", "/", form(fieldPart), formType)
		assert.Equal(t, 204, resp.StatusCode, "a good one")
	})
}

func FuzzMultipart(f *testing.F) {
	f.Add(form(fieldPart, filePart))
	f.Add("--b\r\n\r\n--b--")
	f.Fuzz(func(t *testing.T, body string) {
		req, _ := newRequest("/", "Content-Type", "multipart/mixed; boundary=b")
		req.HTTP().Body = io.NopCloser(strings.NewReader(body))
		req.HTTP().ContentLength = int64(len(body))
		for {
			_, err := req.ReadPart()
			if err == nil {
				_, _, err = req.ReadPartBody(handler.BodyOptions{})
			}
			if err == io.EOF {
				return
			}
			if err != nil {
				require.Equal(t, 400, handler.StatusOf(err), err)
				return
			}
		}
	})
}
