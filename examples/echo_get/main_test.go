package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cowhand/cowhand/examples/internal/client"
)

func TestEcho(t *testing.T) {
	c := client.New(t, client.Start(t, server()))
	tests := []struct {
		method, target string
		status         int
		body           string
	}{
		{"GET", "/?echo=saymyname", 200, "saymyname"},
		{"GET", "/?echo=say+my%20name%21", 200, "say my name!"},
		{"GET", "/?echo=", 200, ""},
		{"GET", "/", 400, "Missing echo parameter."},
		{"GET", "/?echo", 400, "Missing echo parameter."},
		{"GET", "/?echo=%xx", 400, ""},
		{"POST", "/?echo=saymyname", 405, ""},
	}
	for _, test := range tests {
		response, body := c.Do(test.method, test.target, "")
		assert.Equal(t, test.status, response.StatusCode, test.target)
		assert.Equal(t, test.body, body, test.target)
		if test.status == 200 {
			assert.Equal(t, "text/plain; charset=utf-8", response.Header.Get("Content-Type"))
		}
	}
}
