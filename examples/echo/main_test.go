package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cowhand/cowhand/examples/internal/client"
	"github.com/cowhand/cowhand/internal/wsclient"
)

func TestEcho(t *testing.T) {
	l := client.Start(t, server())
	for name, deflate := range map[string]bool{"plain": false, "deflate": true} {
		t.Run(name, func(t *testing.T) {
			client := wsclient.Dial(t, l.Addr(), "/", deflate)
			assert.Equal(t, deflate, client.Response.Header.Get("Sec-WebSocket-Extensions") != "")
			for _, text := range []string{"", "moo", strings.Repeat("the cow says moo ", 10_000)} {
				client.Send(text)
				assert.Equal(t, text, client.Receive())
			}
			client.Write(wsclient.Binary, []byte{0, 1, 2})
			opcode, payload := client.Read()
			assert.EqualValues(t, wsclient.Binary, opcode)
			assert.Equal(t, []byte{0, 1, 2}, payload)
			client.Close(1000)
		})
	}
}
