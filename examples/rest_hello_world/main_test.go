package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cowhand/cowhand/examples/internal/client"
)

func TestHello(t *testing.T) {
	c := client.New(t, client.Start(t, server()))
	tests := []struct {
		accept      string
		status      int
		contentType string
		body        string
	}{
		{"*/*", 200, "text/html", "<p>REST Hello World as HTML!</p>"},
		{"application/json", 200, "application/json", `{"rest": "Hello World!"}`},
		{"text/plain", 200, "text/plain", "REST Hello World as text!"},
		{"text/html;q=0.1, text/plain;q=0.2", 200, "text/plain", "REST Hello World as text!"},
		{"text/css", 406, "", ""},
	}
	for _, test := range tests {
		response, body := c.Get("/", "Accept: "+test.accept)
		assert.Equal(t, test.status, response.StatusCode, test.accept)
		assert.Equal(t, test.contentType, response.Header.Get("Content-Type"), test.accept)
		assert.Contains(t, body, test.body, test.accept)
		if test.status == 200 {
			assert.Equal(t, "accept", response.Header.Get("Vary"))
		}
	}
	response, _ := c.Do("DELETE", "/", "")
	assert.Equal(t, 405, response.StatusCode)
	assert.Equal(t, "HEAD, GET, OPTIONS", response.Header.Get("Allow"))
}
