package main

import (
	"bytes"
	"mime/multipart"
	"net/textproto"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/examples/internal/client"
)

// form is a body with one part, and its content type.
func form(t *testing.T, disposition string, data []byte) (body, header string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {disposition},
		"Content-Type":        {"text/plain"},
	})
	require.NoError(t, err)
	_, err = part.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String(), "Content-Type: " + w.FormDataContentType()
}

func TestUpload(t *testing.T) {
	for name, test := range map[string]struct {
		disposition string
		data        []byte
		status      int
		printed     string
	}{
		"a file":        {`form-data; name="inputfile"; filename="hat.txt"`, []byte("a hat\n"), 204, "Received file \"hat.txt\" of content-type \"text/plain\" as follows:\n\"a hat\\n\"\n\n"},
		"an empty one":  {`form-data; name="inputfile"; filename="hat.txt"`, nil, 204, "Received file \"hat.txt\" of content-type \"text/plain\" as follows:\n\"\"\n\n"},
		"too large":     {`form-data; name="inputfile"; filename="hat.txt"`, make([]byte, 8_000_001), 413, ""},
		"another field": {`form-data; name="hat"; filename="hat.txt"`, []byte("a hat\n"), 400, ""},
		"not a file":    {`form-data; name="inputfile"`, []byte("a hat\n"), 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			c := client.New(t, client.Start(t, server(&out)))
			body, header := form(t, test.disposition, test.data)
			response, _ := c.Do("POST", "/upload", body, header)
			assert.Equal(t, test.status, response.StatusCode)
			assert.Equal(t, test.printed, out.String())
		})
	}
}

func TestPageAndOtherRequests(t *testing.T) {
	c := client.New(t, client.Start(t, server(new(bytes.Buffer))))
	response, body := c.Get("/")
	assert.Equal(t, 200, response.StatusCode)
	assert.Contains(t, body, `action="/upload"`)
	assert.Contains(t, body, `name="inputfile"`)

	response, _ = c.Post("/upload", "inputfile=hat.txt")
	assert.Equal(t, 400, response.StatusCode, "it is not multipart")
	response, _ = c.Do("POST", "/upload", "--x--\r\n", `Content-Type: multipart/form-data; boundary=x`)
	assert.Equal(t, 400, response.StatusCode, "there is no part")
}
