package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/examples/internal/client"
)

func TestCookies(t *testing.T) {
	c := client.New(t, client.Start(t, server()))

	response, body := c.Get("/any/path")
	assert.Equal(t, 200, response.StatusCode)
	assert.Contains(t, body, `<p id="server"></p>`)
	assert.Contains(t, body, `<p id="client"></p>`)
	require.Len(t, response.Cookies(), 1)
	set := response.Cookies()[0]
	assert.Equal(t, "server", set.Name)
	assert.Equal(t, "/", set.Path)
	assert.Regexp(t, "^[1-9][0-9]*$", set.Value)

	_, body = c.Get("/another/path", "Cookie: server="+set.Value+"; client=test=")
	assert.Contains(t, body, `<p id="server">`+set.Value+`</p>`)
	assert.Contains(t, body, `<p id="client">test=</p>`)

	_, body = c.Get("/", "Cookie: client=<b>; =garbage")
	assert.Contains(t, body, `<p id="client">&lt;b&gt;</p>`, "what others set does no harm")
}
