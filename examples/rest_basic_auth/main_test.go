package main

import (
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cowhand/cowhand/examples/internal/client"
)

func basic(userAndPassword string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(userAndPassword))
}

func TestAuthorization(t *testing.T) {
	c := client.New(t, client.Start(t, server()))

	response, body := c.Get("/", basic("Alladin:open sesame"))
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, "text/plain", response.Header.Get("Content-Type"))
	assert.Equal(t, "Hello, Alladin!\n", body)

	for _, header := range []string{"X: y", basic("Alladin:open"), basic("Ali:open sesame"), basic("Alladin"),
		"Authorization: Bearer open-sesame", "Authorization: Basic !"} {
		response, body := c.Get("/", header)
		assert.Equal(t, 401, response.StatusCode, header)
		assert.Equal(t, `Basic realm="cowhand"`, response.Header.Get("WWW-Authenticate"), header)
		assert.Empty(t, body)
	}
}
