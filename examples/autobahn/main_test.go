package main

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/internal/wsclient"
)

// The suite's largest message has 16 MiB.
func TestLargeMessages(t *testing.T) {
	l, err := start("127.0.0.1:0")
	require.NoError(t, err)
	defer func() { assert.NoError(t, l.Stop(context.Background())) }()
	text := strings.Repeat("0123456789abcdef", 1<<20)
	for name, deflate := range map[string]bool{"plain": false, "deflate": true} {
		t.Run(name, func(t *testing.T) {
			client := wsclient.Dial(t, l.Addr(), "/", deflate)
			client.Send(text)
			assert.True(t, text == client.Receive(), "the message comes back as it was")
			client.Close(1000)
		})
	}
}
