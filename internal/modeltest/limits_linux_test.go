package modeltest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDescriptorsRunOut: connections that hibernate while the process may
// open no more files have no goroutine either, at the latest the next time.
func TestDescriptorsRunOut(t *testing.T) {
	inProcessOfItsOwn(t, func(d *dormitory) {
		withoutDescriptors(t, d.hibernate)
		d.hibernate()
		d.fallAsleep()
	})
}

// TestSetBreaks: if the set that watches the sleepers breaks, all wake up and
// can sleep again.
func TestSetBreaks(t *testing.T) {
	inProcessOfItsOwn(t, func(d *dormitory) {
		before := listEpollSets(t)
		d.hibernate()
		d.fallAsleep()
		breakSets(t, before)
		for range 2 { // the first wakes them by the broken set, the second by the new one
			d.hibernate()
			d.fallAsleep()
		}
	})
}

// inProcessOfItsOwn runs a test in a process of its own, because the limits and
// the descriptors that it meddles with are the process's.
func inProcessOfItsOwn(t *testing.T, f func(*dormitory)) {
	const child = "COWHAND_MODEL_CHILD"
	if os.Getenv(child) == "" {
		command := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		command.Env = append(os.Environ(), child+"=1")
		output, err := command.CombinedOutput()
		require.NoError(t, err, "%s", output)
		return
	}
	y := new(yard)
	s, err := serving{transport: "tcp", upgrade: y.upgrade}.start()
	require.NoError(t, err)
	defer s.close()
	d := &dormitory{t: t, before: runtime.NumGoroutine()}
	d.open(y, s)
	f(d)
	for _, w := range d.walkers {
		assert.NoError(t, w.end(false))
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	assert.NoError(t, s.stop(ctx))
}

// dormitory has clients whose connections hibernate only when they are told.
type dormitory struct {
	t       *testing.T
	walkers []*walker
	before  int // goroutines
}

func (d *dormitory) open(y *yard, s *server) {
	d.t.Helper()
	for i := range 40 {
		w := &walker{yard: y, path: fmt.Sprint("/", i), sleeper: newSleeper()}
		w.sleeper.awake = true
		w.sleeper.options.HibernateAfter = -1
		y.sleepers.Store(w.path, w.sleeper)
		require.NoError(d.t, w.connectTo(s))
		d.walkers = append(d.walkers, w)
	}
}

// hibernate has each connection hibernate, and waits for the reply, which
// comes just before.
func (d *dormitory) hibernate() {
	d.t.Helper()
	for _, w := range d.walkers {
		w.number |= 1 // of labels after which it hibernates
		l := label{fromClient, w.number, ofText, 30}
		require.NoError(d.t, errors.Join(w.write(l), w.expect(l)))
	}
}

// fallAsleep waits until the connections have no goroutines.
func (d *dormitory) fallAsleep() {
	d.t.Helper()
	asleep := func() bool { return runtime.NumGoroutine() < d.before+len(d.walkers)/2 }
	require.True(d.t, eventually(patience, asleep), "connections that hibernate keep their goroutines: %d, %d before", runtime.NumGoroutine(), d.before)
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

// listEpollSets returns the descriptors of the process's epoll sets.
func listEpollSets(t *testing.T) map[int]bool {
	list, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	sets := make(map[int]bool)
	for _, entry := range list {
		if is, _ := os.Readlink("/proc/self/fd/" + entry.Name()); is == "anon_inode:[eventpoll]" {
			fd, err := strconv.Atoi(entry.Name())
			require.NoError(t, err)
			sets[fd] = true
		}
	}
	return sets
}

// breakSets puts another file in place of each set that wasn't there before.
// A copy keeps the set alive, so that it goes on waking whoever waits for it.
func breakSets(t *testing.T, before map[int]bool) {
	null, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer null.Close()
	broke := 0
	for fd := range listEpollSets(t) {
		if before[fd] {
			continue
		}
		_, err := syscall.Dup(fd)
		require.NoError(t, err)
		require.NoError(t, syscall.Dup3(int(null.Fd()), fd, syscall.O_CLOEXEC))
		broke++
	}
	require.NotZero(t, broke, "there is no set to break")
}
