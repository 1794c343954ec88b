package websocket_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/internal/rawio"
	"github.com/cowhand/cowhand/websocket"
)

// TestHarmlessFaults: a conversation goes as ever if calls move only a part,
// are interrupted or take their time.
func TestHarmlessFaults(t *testing.T) {
	notUnderFaults(t, "it has its own")
	eachGround(t, func(t *testing.T, g *ground, script *conversation) {
		for _, h := range []harm{harmShort, harmEINTR, harmDelay} {
			seed := rand.Uint64()
			chance := newChance(seed)
			r, err := g.have(script, faults{raw: harmlessRaw(h, chance), conn: harmlessConn(h, chance)})
			require.NoError(t, err, "%s:%d", h, seed)
			_, damage := r.checkStream()
			require.NoError(t, errors.Join(r.checkCallbacks(), r.checkWhole(), damage), "%s:%d", h, seed)
		}
	})
}

// TestEachCallFails: whichever read or write fails, and however it does, the
// connection ends once, nothing of it is left, and the client gets no more and
// no less than whole frames in order, and perhaps the beginning of one.
//
// COWHAND_FAULT_CALLS is for how many calls that is tried, in each conversation
// and for each way to fail: a number, or "all".
func TestEachCallFails(t *testing.T) {
	notUnderFaults(t, "it has its own")
	most := callsToFail(t)
	eachGround(t, func(t *testing.T, g *ground, script *conversation) {
		calls := g.countCalls(t, script)
		began := time.Now()
		number, struck := 0, 0
		for i, blow := range blows {
			if !blow.isPossible(g.transport) {
				continue
			}
			n := calls[blow.op]
			step := max(1, (n+most-1)/most)
			for at := 1 + i%step; at <= n; at += step {
				s := &sabotage{blow: blow, at: at}
				require.NoError(t, g.sabotaged(script, s), "%v of %d", s, n)
				if number++; s.hasStruck() {
					struck++
				}
			}
		}
		t.Logf("%d reads, %d writes, %d of %d runs failed, %v", calls[rawio.Read], calls[rawio.Write], struck, number, time.Since(began))
		require.Positive(t, struck)
	})
}

func callsToFail(t *testing.T) int {
	t.Helper()
	switch value := os.Getenv("COWHAND_FAULT_CALLS"); value {
	case "":
		return 1
	case "all":
		return 1 << 30
	default:
		n, err := strconv.Atoi(value)
		require.NoError(t, err, "COWHAND_FAULT_CALLS")
		return max(n, 1)
	}
}

// eachGround runs a test for each conversation, on each transport.
func eachGround(t *testing.T, test func(*testing.T, *ground, *conversation)) {
	for _, transport := range transports {
		if runTransport != "" && runTransport != transport && (runTransport != "stream" || !isHidden(transport)) {
			continue
		}
		t.Run(transport, func(t *testing.T) {
			wide, narrow := newGround(t, transport, false), newGround(t, transport, true)
			wide.rest(t)
			narrow.rest(t)
			wide.at.goroutines++ // of the test below
			narrow.at.goroutines++
			for _, script := range conversations {
				g := wide
				if script.narrow {
					g = narrow
				}
				t.Run(script.name, func(t *testing.T) { test(t, g, script) })
			}
		})
	}
}

func (s *sabotage) faults() faults { return faults{raw: s.raw, conn: s.conn} }

// countCalls returns how many reads and writes a conversation takes.
func (g *ground) countCalls(t *testing.T, script *conversation) (calls [2]int) {
	t.Helper()
	s := new(sabotage)
	r, err := g.have(script, s.faults())
	require.NoError(t, err)
	got, damage := r.checkStream()
	require.NoError(t, errors.Join(r.checkCallbacks(), r.checkWhole(), damage, r.checkAccounts(isTLS(g.transport), s, got)))
	return s.calls
}

// sabotaged has a conversation of which one call fails, and checks all that
// must hold.
func (g *ground) sabotaged(script *conversation, s *sabotage) error {
	script = script.hurried(s.blow.errno == stalled)
	r, err := g.have(script, s.faults())
	if err != nil {
		return err
	}
	got, damage := r.checkStream()
	if err := errors.Join(r.checkCallbacks(), damage); err != nil || !r.host.hasOpened() {
		return err
	}
	return errors.Join(r.checkReason(s), r.checkAbort(s, g.transport), r.checkOver(), r.checkAccounts(isTLS(g.transport), s, got))
}

// hurried has little patience if calls are going to stall. Otherwise nothing
// may depend on CloseTimeout.
func (script *conversation) hurried(stall bool) *conversation {
	hurried := *script
	hurried.options.CloseTimeout = time.Hour
	if stall {
		hurried.options.CloseTimeout = stalledWrite
		hurried.options.WriteTimeout = stalledWrite
	}
	return &hurried
}

var _ websocket.Handler = (*host)(nil)
