package websocket_test

import (
	"errors"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket"
)

// hibernation is the conversation of that name.
func hibernation() *conversation {
	for _, script := range conversations {
		if script.name == "hibernation" {
			return script
		}
	}
	panic("it has another name")
}

// eachParkingGround runs a test on each transport whose connections park.
func eachParkingGround(t *testing.T, test func(t *testing.T, g *ground)) {
	for _, transport := range []string{"tcp", "unix", "tls"} {
		if runTransport != "" && runTransport != transport {
			continue
		}
		t.Run(transport, func(t *testing.T) {
			g := newGround(t, transport, false)
			g.rest(t)
			test(t, g)
		})
	}
}

func (r *run) checkAll() error {
	_, damage := r.checkStream()
	return errors.Join(r.checkCallbacks(), r.checkWhole(), damage)
}

// TestEachParkingFails: whichever call of epoll_ctl fails, the connection goes
// on in a goroutine.
func TestEachParkingFails(t *testing.T) {
	const all = 0
	eachParkingGround(t, func(t *testing.T, g *ground) {
		calls := 0
		for at := all; at <= max(calls, 1); at++ {
			calls = 0
			restore := websocket.InterceptParking(func() syscall.Errno {
				if calls++; calls == at || at == all {
					return syscall.ENOSPC
				}
				return 0
			})
			r, err := g.have(hibernation(), faults{})
			restore()
			require.NoError(t, err, "call %d", at)
			require.NoError(t, r.checkAll(), "call %d", at)
		}
	})
}

// TestParkingBreaks: whenever the epoll set fails, the connections in it wake
// up, and park again in a new one.
func TestParkingBreaks(t *testing.T) {
	eachParkingGround(t, func(t *testing.T, g *ground) {
		sleeps, broken := 1, 0
		for at := 1; at <= sleeps; at++ {
			sleeps = 0
			g.atSleep = func() {
				if sleeps++; sleeps == at && websocket.CloseEpollSet() {
					broken++
				}
			}
			r, err := g.have(hibernation(), faults{})
			require.NoError(t, err, "sleep %d", at)
			require.NoError(t, r.checkAll(), "sleep %d", at)
			websocket.OpenParking() // if no connection did
		}
		require.Positive(t, broken)
	})
}
