package modeltest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDescriptorsRunOut: connections that hibernate while the process may
// open no more files have no goroutine either, at the latest the next time.
// The limit is the process's, so the test has one of its own.
func TestDescriptorsRunOut(t *testing.T) {
	const child = "COWHAND_MODEL_CHILD"
	if os.Getenv(child) == "" {
		command := exec.Command(os.Args[0], "-test.run=^TestDescriptorsRunOut$", "-test.v")
		command.Env = append(os.Environ(), child+"=1")
		output, err := command.CombinedOutput()
		require.NoError(t, err, "%s", output)
		return
	}
	y := new(yard)
	s, err := serving{transport: "tcp", upgrade: y.upgrade}.start()
	require.NoError(t, err)
	defer s.close()
	before := runtime.NumGoroutine()
	walkers := make([]*walker, 40)
	for i := range walkers {
		walkers[i] = &walker{yard: y, path: fmt.Sprint("/", i), sleeper: newSleeper()}
		walkers[i].sleeper.awake = true
		walkers[i].sleeper.options.HibernateAfter = -1
		y.sleepers.Store(walkers[i].path, walkers[i].sleeper)
		require.NoError(t, walkers[i].connectTo(s))
	}
	hibernate := func() { // and wait for the reply, which comes just before
		for _, w := range walkers {
			w.number |= 1 // of labels after which it hibernates
			l := label{fromClient, w.number, ofText, 30}
			require.NoError(t, errors.Join(w.write(l), w.expect(l)))
		}
	}
	withoutDescriptors(t, hibernate)
	hibernate()
	assert.Eventually(t, func() bool { return runtime.NumGoroutine() < before+len(walkers)/2 }, patience, time.Millisecond,
		"connections that hibernate keep their goroutines")
	for _, w := range walkers {
		assert.NoError(t, w.end(false))
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	assert.NoError(t, s.stop(ctx))
}

// withoutDescriptors calls f while no file can be opened.
func withoutDescriptors(t *testing.T, f func()) {
	t.Helper()
	var limit syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	none := limit
	none.Cur = 0
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none))
	defer func() { require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)) }()
	f()
}
