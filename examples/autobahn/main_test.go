package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cowhand/cowhand/examples/internal/client"
	"github.com/cowhand/cowhand/internal/wsclient"
)

// The suite's largest message has 16 MiB; uncompressed, it takes the client
// less time.
func TestLargeMessages(t *testing.T) {
	l := client.Start(t, server())
	tests := map[string]struct {
		deflate bool
		size    int
	}{
		"plain":   {false, 16 << 20},
		"deflate": {true, 2 << 20},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			text := strings.Repeat("0123456789abcdef", test.size/16)
			client := wsclient.Dial(t, l.Addr(), "/", test.deflate)
			client.Send(text)
			assert.True(t, text == client.Receive(), "the message comes back as it was")
			client.Close(1000)
		})
	}
}
