//go:build unix

package listener_test

import (
	"context"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/listener"
)

// raise sends a signal to this process, for which Run must be waiting.
func raise(t *testing.T, signal syscall.Signal) {
	t.Helper()
	require.NoError(t, syscall.Kill(os.Getpid(), signal))
}

func TestSignalStops(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			w := newWaiting()
			url, _, result := running(t, local, w.options())
			busy, fresh := dialURL(t, url), dialURL(t, url)
			busy.request()
			<-w.began
			raise(t, signal)
			fresh.closed() // the stop has begun
			busyEnds(busy, w)
			assert.NoError(t, <-result)
		})
	}
}

func TestSecondSignalCuts(t *testing.T) {
	began := make(chan struct{}, 1)
	options := local
	options.Shutdown = listener.Infinity
	url, _, result := running(t, options, untilCut(began))
	busy, fresh := dialURL(t, url), dialURL(t, url)
	busy.request()
	<-began
	raise(t, syscall.SIGTERM)
	fresh.closed()
	raise(t, syscall.SIGTERM)
	assert.ErrorIs(t, <-result, context.Canceled)
	busy.closed()
}
