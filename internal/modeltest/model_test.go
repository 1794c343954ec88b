package modeltest

import (
	"context"
	"flag"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/cowhand/cowhand/websocket"
)

// defaultCases is how many cases there are for each transport.
const defaultCases = 30

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		_ = f.Value.Set(strconv.Itoa(defaultCases))
		if cases := os.Getenv("COWHAND_MODEL_CASES"); cases != "" {
			if err := f.Value.Set(cases); err != nil {
				panic("COWHAND_MODEL_CASES: " + err.Error())
			}
		}
	}
	goleak.VerifyTestMain(m)
}

func TestModel(t *testing.T) {
	for _, transport := range []string{"tcp", "unix", "tls", "opaque"} {
		t.Run(transport, func(t *testing.T) { check(t, transport) })
	}
}

// check plays cases. The first failure is logged as it was: if it is a race,
// rapid may not see it again.
func check(t *testing.T, transport string) {
	warmUp(t, transport)
	var first sync.Once
	rapid.Check(t, func(r *rapid.T) {
		s := drawScript(transport).Draw(r, "script")
		failed := play(transport, s)
		if failed == nil {
			return
		}
		first.Do(func() { t.Logf("at first: %s: %s%#v", failed.property, failed.details, s) })
		r.Log(failed.details)
		r.Fatal(failed.property)
	})
}

// warmUp has the process open what it opens once, before descriptors are
// counted: among others, on Linux, the set of the sockets that sleep.
func warmUp(t *testing.T, transport string) {
	s := &script{Setup: setup{Hibernates: true}, End: step{Kind: "close"}}
	r, err := start(transport, s)
	require.NoError(t, err)
	if runtime.GOOS == "linux" && transport != "opaque" {
		require.True(t, eventually(patience, func() bool { return epollSets() > 1 }), "no connection sleeps")
	}
	r.finish()
	r.cleanUp()
}

// epollSets is how many the process has; the runtime has one.
func epollSets() (n int) {
	list, _ := os.ReadDir("/proc/self/fd")
	for _, file := range list {
		if is, _ := os.Readlink("/proc/self/fd/" + file.Name()); is == "anon_inode:[eventpoll]" {
			n++
		}
	}
	return n
}

// play runs a case, and checks that it leaves nothing behind.
func play(transport string, s *script) *violation {
	before := goleak.IgnoreCurrent()
	descriptors := openDescriptors()
	r, err := start(transport, s)
	if err != nil {
		if r != nil {
			r.cleanUp()
		}
		return broken("the handshake failed", "%v", err)
	}
	failed := r.play()
	if still := r.cleanUp(); failed == nil {
		failed = still
	}
	if failed == nil {
		failed = r.afterwards(descriptors, before)
	}
	return failed
}

func (r *run) play() *violation {
	if r.script.Setup.Disturbed {
		defer disturb()()
	}
	for _, s := range r.script.Steps {
		if s.Kind == "settle" && r.armed() {
			continue
		}
		if broken := r.do(s); broken != nil {
			return broken
		}
	}
	if broken := r.finish(); broken != nil {
		return broken
	}
	return r.judge()
}

// cleanUp stops everything, whatever state it is in.
func (r *run) cleanUp() *violation {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if r.peer != nil && r.peer.raw != nil {
		r.peer.release()
		r.peer.done.Wait()
	}
	r.stopping.Wait()
	r.pulse.stop()
	defer r.server.close()
	if err := r.server.stop(ctx); err != nil && !r.cut {
		return broken("the listener does not stop", "%v", err)
	}
	return nil
}

// afterwards: nothing is left of the connection, and its methods say so.
func (r *run) afterwards(descriptors int, before goleak.Option) *violation {
	if n := r.server.sessions.Len(); n > 0 {
		return broken("a session is left", "%d", n)
	}
	posted := r.conn.Notify(&note{source: "late"})
	sent := r.conn.Send(prepare(label{fromSend, 0, ofText, 0}))
	if posted != websocket.ErrClosed || sent != websocket.ErrClosed {
		return broken("a connection that ended accepts something", "Notify %v, Send %v", posted, sent)
	}
	r.conn.Close()
	r.conn.Drain()
	r.conn.Cut()
	if err := leaked(before); err != nil {
		return broken("a goroutine is left", "%v", err)
	}
	now := 0
	if !eventually(patience, func() bool { now = openDescriptors(); return now <= descriptors }) {
		return broken("a descriptor is left", "%d, %d before", now, descriptors)
	}
	if log := r.subject.entries(); log[len(log)-1].call != "Terminate" {
		return broken("a call is wrong", "%v after Terminate", log[len(log)-1])
	}
	return nil
}

// leaked is goleak.Find with the patience that a busy machine needs.
func leaked(options ...goleak.Option) (err error) {
	eventually(patience, func() bool { err = goleak.Find(options...); return err == nil })
	return err
}

// openDescriptors is 0 where the system does not tell.
func openDescriptors() int {
	if runtime.GOOS != "linux" {
		return 0
	}
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(list)
}
