package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cowhand/cowhand/examples/internal/client"
)

func TestEcho(t *testing.T) {
	c := client.New(t, client.Start(t, server()))
	tests := []struct {
		method, form string
		status       int
		body         string
	}{
		{"POST", "echo=echomeplz", 200, "echomeplz"},
		{"POST", "x=1&echo=echo+me%2C+please&y", 200, "echo me, please"},
		{"POST", "x=1", 400, "Missing echo parameter."},
		{"POST", "echo=%xx", 400, ""},
		{"POST", "", 400, "Missing body."},
		{"POST", "echo=" + strings.Repeat("moo", 30_000), 413, "the body is longer than 64000 bytes"},
		{"GET", "", 405, ""},
	}
	for _, test := range tests {
		response, body := c.Do(test.method, "/", test.form, "Content-Type: application/x-www-form-urlencoded")
		assert.Equal(t, test.status, response.StatusCode, test.body)
		assert.Equal(t, test.body, body)
		if test.status == 200 {
			assert.Equal(t, "text/plain; charset=utf-8", response.Header.Get("Content-Type"))
		}
	}
}
