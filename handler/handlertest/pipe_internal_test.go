package handlertest

import (
	"io"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPipeBuffers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := newConns(clientAddr, serverAddr, nil)
		for range 2 { // a piece and another one fill it
			n, err := a.Write(make([]byte, pipeSize/2))
			require.NoError(t, err)
			assert.Equal(t, pipeSize/2, n)
		}
		written := make(chan error, 1)
		go func() {
			_, err := a.Write([]byte("more"))
			written <- err
		}()
		synctest.Wait()
		assert.Empty(t, written, "it is full")
		_, err := io.ReadFull(b, make([]byte, pipeSize))
		require.NoError(t, err)
		require.NoError(t, <-written)
		require.NoError(t, a.Close())
		rest, err := io.ReadAll(b)
		require.NoError(t, err)
		assert.Equal(t, "more", string(rest))
		_, err = b.Write([]byte("x"))
		assert.ErrorIs(t, err, io.ErrClosedPipe)
	})
}

func TestPipeDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := newConns(clientAddr, serverAddr, nil)
		begin := time.Now()
		read := func() error { _, err := a.Read(make([]byte, 1)); return err }
		write := func() error { _, err := a.Write(make([]byte, pipeSize+1)); return err }
		for _, op := range []func() error{read, write} {
			a.SetDeadline(time.Now().Add(time.Minute))
			assert.ErrorIs(t, op(), os.ErrDeadlineExceeded)
			assert.ErrorIs(t, op(), os.ErrDeadlineExceeded)
		}
		assert.Equal(t, 2*time.Minute, time.Since(begin))

		a.SetReadDeadline(time.Now().Add(time.Minute))
		a.SetReadDeadline(time.Time{}) // none
		go func() {
			time.Sleep(time.Hour)
			a.SetReadDeadline(time.Unix(1, 0)) // interrupts
		}()
		assert.ErrorIs(t, read(), os.ErrDeadlineExceeded)
		assert.Equal(t, time.Hour+2*time.Minute, time.Since(begin))

		a.SetWriteDeadline(time.Now().Add(time.Minute))
		require.NoError(t, a.Close()) // stops its timers
		assert.ErrorIs(t, write(), io.ErrClosedPipe)
	})
}
