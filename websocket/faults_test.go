package websocket_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cowhand/cowhand/internal/faultconn"
)

// All tests of this package also run with harmless faults under their
// connections, and on a transport of choice:
//
//	COWHAND_FAULTS=short|eintr|delay[:SEED]
//	COWHAND_TRANSPORT=tcp|unix|tls|stream
//
// Harmless faults are what a kernel may do at any time. Nothing that a handler
// or a client sees may depend on them.

// harm is a kind of harmless fault.
type harm string

const (
	harmNone  harm = ""
	harmShort harm = "short" // calls move less than they could, or nothing yet
	harmEINTR harm = "eintr" // calls are interrupted by signals
	harmDelay harm = "delay" // calls take their time
)

// The fault and the transport of this run.
var (
	runHarm, runSeed = harmOfRun(os.Getenv("COWHAND_FAULTS"))
	runTransport     = transportOfRun(os.Getenv("COWHAND_TRANSPORT"))
)

func harmOfRun(value string) (h harm, seed uint64) {
	name, number, _ := strings.Cut(value, ":")
	if !slices.Contains([]harm{harmNone, harmShort, harmEINTR, harmDelay}, harm(name)) {
		panic(fmt.Sprintf("COWHAND_FAULTS is %q; allowed are short, eintr and delay, each with :SEED", value))
	}
	if number == "" {
		return harm(name), rand.Uint64N(1e6)
	}
	seed, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		panic(fmt.Sprintf("COWHAND_FAULTS is %q: %v", value, err))
	}
	return harm(name), seed
}

func transportOfRun(name string) string {
	if name != "" && !slices.Contains([]string{"tcp", "unix", "tls", "stream"}, name) {
		panic(fmt.Sprintf("COWHAND_TRANSPORT is %q; allowed are tcp, unix, tls and stream", name))
	}
	return name
}

// installFaults puts the fault of this run under all connections. Those of
// transport stream get it from setup.listen.
func installFaults() {
	if runHarm == harmNone {
		return
	}
	fmt.Printf("COWHAND_FAULTS=%s:%d\n", runHarm, runSeed)
	injectRaw(runHarm, newChance(runSeed))
}

// onTransport sets the transport of that name.
func (s setup) onTransport(name string) setup {
	s.unix, s.tls, s.opaque = name == "unix", name == "tls", name == "stream"
	return s
}

// isNamed reports whether a test chose the transport itself.
func (s setup) isNamed() bool { return s.tcp || s.unix || s.tls || s.opaque || s.wrap != nil }

// notOn skips a test that is about other transports.
func notOn(t *testing.T, why string, transports ...string) {
	t.Helper()
	if slices.Contains(transports, runTransport) {
		t.Skipf("not on transport %s: %s", runTransport, why)
	}
}

// notUnderFaults skips a test whose result depends on the kernel's calls.
func notUnderFaults(t *testing.T, why string, harms ...harm) {
	t.Helper()
	if runHarm != harmNone && (len(harms) == 0 || slices.Contains(harms, runHarm)) {
		t.Skipf("not with COWHAND_FAULTS=%s: %s", runHarm, why)
	}
}

// chance is a source of random numbers for several goroutines.
type chance struct {
	mu     sync.Mutex
	source *rand.Rand
}

func newChance(seed uint64) *chance { return &chance{source: rand.New(rand.NewPCG(seed, 0))} }

// below returns a number from 0 to n-1.
func (c *chance) below(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.source.IntN(n)
}

// part returns how many of n bytes, at least one, a short call moves: often
// one, or few, and seldom so many that large messages still get through.
func (c *chance) part(n int) int {
	switch most := []int{1, 16, n}[c.below(3)]; {
	case n <= 1:
		return n
	default:
		return 1 + c.below(min(most, n))
	}
}

// pause lets others run, for up to 200 microseconds.
func (c *chance) pause() {
	if c.below(4) == 0 {
		time.Sleep(time.Duration(c.below(200)) * time.Microsecond)
	}
}

// harmlessConn is the fault for connections whose descriptors are hidden. They
// have no EINTR.
func harmlessConn(h harm, chance *chance) faultconn.Fault {
	switch h {
	case harmShort:
		return func(c *faultconn.Conn, op faultconn.Op, b []byte) (int, error) {
			if op == faultconn.Read {
				return c.Call(op, b[:chance.part(len(b))])
			}
			return writeInParts(c, b, chance)
		}
	case harmDelay:
		return func(c *faultconn.Conn, op faultconn.Op, b []byte) (int, error) {
			chance.pause()
			defer chance.pause()
			return c.Call(op, b)
		}
	}
	return (*faultconn.Conn).Call
}

// writeInParts is a Write of several packets.
func writeInParts(c *faultconn.Conn, b []byte, chance *chance) (written int, err error) {
	for range 8 {
		n, err := c.Call(faultconn.Write, b[written:written+chance.part(len(b)-written)])
		if written += n; err != nil || written == len(b) {
			return written, err
		}
	}
	n, err := c.Call(faultconn.Write, b[written:])
	return written + n, err
}
