package loop

import (
	"math"
	"time"

	"github.com/cowhand/cowhand/handler"
)

// Handler is the callbacks of one request: cowboy_loop's info/3, and the end
// of its init/2 and terminate/3. Embed [Base] for those that have nothing to
// do.
//
// An error ends the loop. It is answered with 500, or the status that it
// carries ([handler.StatusError]), unless a reply was begun; so a callback may
// return the error of whatever it sent.
type Handler interface {
	// Init is called once, before any info. Infos that it sends to its own
	// loop arrive after it.
	Init(l *Loop, req *handler.Request) (Result, error)

	// Info is called for each info that was sent to the loop by Notify or a
	// timer, in the order of sending, and for a [Timeout] (info/3).
	Info(l *Loop, req *handler.Request, info any) (Result, error)

	// Terminate is called once, when the loop has ended (terminate/3). Where
	// the client is still there it may say a last word: an event on the
	// stream, or a reply where none was begun.
	Terminate(l *Loop, req *handler.Request, reason Reason)
}

// Base has the callbacks of a [Handler] that few need, to be embedded.
type Base struct{}

// Init waits for infos.
func (Base) Init(*Loop, *handler.Request) (Result, error) { return OK, nil }

// Terminate does nothing.
func (Base) Terminate(*Loop, *handler.Request, Reason) {}

// Result is how a callback says that the loop goes on. Its zero value is
// [OK].
type Result struct {
	kind    resultKind
	timeout time.Duration
}

type resultKind byte

const (
	resultOK resultKind = iota
	resultWait
	resultHibernate
	resultStop
)

var (
	// OK waits for the next info, and for [Timeout] as before: Cowboy's {ok,
	// Req, State}.
	OK = Result{}

	// Stop ends the request: Cowboy's {stop, Req, State}. Where no reply was
	// begun, 204 is sent.
	Stop = Result{kind: resultStop}

	// Hibernate waits for the next info, and for no [Timeout] any more:
	// Cowboy's {ok, Req, State, hibernate}. It saves no memory: net/http
	// keeps the request's goroutine and buffers until the reply is complete,
	// and a goroutine that waits has no garbage of its own to collect.
	Hibernate = Result{kind: resultHibernate}
)

// Wait waits for the next info, and delivers [Timeout] each time that none
// has come for d: Cowboy's {ok, Req, State, Timeout}. It holds until a
// callback returns another Wait, or [Hibernate]. Zero and less deliver it as
// soon as no info waits; [Infinity] never does.
func Wait(d time.Duration) Result { return Result{resultWait, max(d, 0)} }

// Infinity, as a timeout, never comes. In [Options], [NoLimit] means the same.
const Infinity time.Duration = math.MaxInt64

// Timeout is the info that Info gets when no other came for the time that
// [Wait] or [Options].Timeout says: Cowboy's message timeout.
type Timeout struct{}
