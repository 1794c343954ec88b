package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/examples/internal/client"
)

func TestRecords(t *testing.T) {
	c := client.New(t, client.Start(t, server(table{{"HAT", 1, 28}, {"BOOT", 4, 42}, {"SPUR", 1, 6}}, 0)))
	tests := []struct {
		path   string
		status int
		body   string
	}{
		{"/", 200, "HAT,1,28\r\nSPUR,1,6\r\n"},
		{"/4", 200, "BOOT,4,42\r\n"},
		{"/5", 200, ""},
		{"/foo", 404, ""},
	}
	for _, test := range tests {
		response, body := c.Get(test.path)
		assert.Equal(t, test.status, response.StatusCode, test.path)
		assert.Equal(t, test.body, body, test.path)
		if test.status == 200 {
			assert.Equal(t, "text/csv", response.Header.Get("Content-Type"), test.path)
			assert.Equal(t, []string{"chunked"}, response.TransferEncoding, test.path)
		}
	}
	response, _ := c.Get("/", "Accept: text/html")
	assert.Equal(t, 406, response.StatusCode)
}

func TestGenerate(t *testing.T) {
	records := generate(1000)
	require.Len(t, records, 1000)
	for _, r := range records {
		assert.Regexp(t, "^[0-9A-Z]{8},([1-9]|[1-4][0-9]|50),([1-9]|[1-4][0-9]|50)\r\n$", r.line())
	}
}
