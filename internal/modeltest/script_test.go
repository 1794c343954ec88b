package modeltest

import (
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/cowhand/cowhand/websocket"
)

// The timeouts of a case. The short ones are short enough for a case to sit
// one out.
const (
	writeTimeout  = 120 * time.Millisecond // of a setup with stalls
	idleTimeout   = 60 * time.Millisecond  // of a hasty setup
	closeTimeout  = 80 * time.Millisecond  // of a client that answers no close frame, or is not heard
	longTimeout   = 20 * time.Second       // of all others; nothing may reach it
	maxFrameSize  = 256 << 10
	tinyMailbox   = 4
	tinyPending   = 64 << 10
	hesitation    = time.Millisecond
	shortestSleep = time.Millisecond // after which a connection hibernates; rounded up to a tick
)

// setup is how the server and the client of a case are made.
type setup struct {
	Compression string // "", "takeover" or "no takeover"
	Policy      websocket.MailboxPolicy
	Tiny        bool // MailboxSize and MaxPending are small
	Hibernates  bool // HibernateAfter is short
	Hasty       bool // IdleTimeout is short
	Stalls      bool // WriteTimeout and the socket's buffers are small, and the client may stall
	Pings       bool // PingInterval is short
	Lends       bool // LendPayloads is set
	Silent      bool // the client answers no close frame
	Hesitant    bool // each Read of the server's connection begins late
	OneSided    bool // the server's connection has no CloseWrite
	Disturbed   bool // goroutines lose their turn in the middle of things
	Early       int  // messages that come together with the request
}

// script is one case.
type script struct {
	Setup setup
	Init  plan
	Steps []step
	End   step // unless a step before ends the connection
}

// step is something that the client does, or a goroutine of the server's. Its
// kind says which fields count.
type step struct {
	Kind       string
	Plan       plan
	Binary     bool
	Compressed bool
	Size       int
	Count      int
	Wait       time.Duration
}

// plan is what a callback does.
type plan struct {
	Block    time.Duration // it takes so long
	OwnSends int           // frames that it sends by Conn.Send
	OwnNotes int           // infos that it sends to its own connection
	Commands []command     // it returns
}

type command struct {
	Kind string
	Size int // of a frame's payload
}

// The kinds of steps that end the connection; of commands, see endings.
var endSteps = []string{
	"remote close", "close", "drain", "cut", "stop listener", "kill listener",
	"bad frame", "bad text", "too big", "bad close", "half-close", "reset", "vanish",
	"command stop", "command close", "command panic", "command goexit", "command nil", "command bad text",
}

// drawScript makes a case; the first choice of each list is the simplest, to
// which rapid shrinks.
func drawScript(transport string) *rapid.Generator[*script] {
	return rapid.Custom(func(t *rapid.T) *script {
		s := &script{Setup: drawSetup(t, transport)}
		s.Init = drawPlan(t, &s.Setup)
		s.Steps = rapid.SliceOfN(drawStep(&s.Setup), 0, 14).Draw(t, "steps")
		s.End = drawEnd(t)
		return s
	})
}

func drawSetup(t *rapid.T, transport string) (s setup) {
	s.Compression = oneOf(t, "", "takeover", "no takeover")
	s.Policy = oneOf(t, websocket.RefuseWhenFull, websocket.RefuseWhenFull, websocket.DropOldest, websocket.CloseWhenFull)
	s.Tiny = oneIn(t, 4)
	s.Hibernates = oneIn(t, 2)
	s.Hasty = oneIn(t, 3)
	s.Stalls = oneIn(t, 3)
	s.Pings = oneIn(t, 6)
	s.Lends = oneIn(t, 4)
	s.Silent = oneIn(t, 6)
	s.Disturbed = oneIn(t, 3)
	s.Early = oneOf(t, 0, 0, 0, 1, 3)
	switch transport {
	case "opaque":
		s.OneSided = oneIn(t, 4)
		fallthrough
	case "tls":
		s.Hesitant = oneIn(t, 3)
	}
	return s
}

func drawStep(s *setup) *rapid.Generator[step] {
	kinds := []string{
		"message", "message", "message", "burst", "ping", "pong", "notify", "notify", "send", "send", "sends",
		"publish", "publish info", "timer", "stopped timer", "pause", "settle", "settle", "crowd", "crowd",
	}
	if s.Stalls {
		kinds = append(kinds, "stall", "stall", "stall", "stall", "stall", "stall")
	}
	if s.Hasty {
		kinds = append(kinds, "busy", "busy", "busy", "busy", "busy")
	}
	return rapid.Custom(func(t *rapid.T) (made step) {
		if oneIn(t, 30) {
			return drawEnd(t)
		}
		made.Kind = oneOf(t, kinds...)
		made.Plan = drawPlan(t, s)
		made.Binary = oneIn(t, 2)
		made.Compressed = oneIn(t, 2)
		made.Size = drawSize(t)
		made.Count = rapid.IntRange(1, 6).Draw(t, "count")
		switch made.Kind {
		case "timer", "stopped timer":
			made.Wait = oneOf(t, 0, time.Millisecond, 15*time.Millisecond)
		case "pause":
			made.Wait = oneOf(t, 0, time.Millisecond, 12*time.Millisecond, 25*time.Millisecond)
			if s.Hasty && oneIn(t, 4) {
				made.Wait = idleTimeout * 3 / 2
			}
		case "stall":
			made.Size = oneOf(t, 100_000, 200_000, 30_000)
			made.Wait = oneOf(t, writeTimeout*3/2, writeTimeout*3/2, writeTimeout/4, writeTimeout*5/2)
		}
		return made
	})
}

func drawEnd(t *rapid.T) step {
	return step{Kind: oneOf(t, endSteps...), Count: rapid.IntRange(0, 4).Draw(t, "variant")}
}

func drawPlan(t *rapid.T, s *setup) (p plan) {
	if oneIn(t, 10) {
		p.Block = oneOf(t, time.Millisecond, 5*time.Millisecond)
	}
	if oneIn(t, 6) {
		p.OwnSends = rapid.IntRange(1, 3).Draw(t, "sends")
	}
	if oneIn(t, 8) {
		p.OwnNotes = rapid.IntRange(1, 3).Draw(t, "notes")
	}
	kinds := []string{
		"text", "text", "text", "binary", "ping", "pong", "active off", "active on",
		"deflate off", "deflate on", "set options", "hibernate", "hibernate", "shutdown reason",
	}
	p.Commands = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) command {
		return command{Kind: oneOf(t, kinds...), Size: drawSize(t)}
	}), 0, 3).Draw(t, "commands")
	return p
}

func drawSize(t *rapid.T) int { return oneOf(t, 0, 0, 20, 130, 130, 3000, 9000, 70_000) }

func oneOf[T any](t *rapid.T, choices ...T) T { return rapid.SampledFrom(choices).Draw(t, "choice") }

func oneIn(t *rapid.T, n int) bool { return rapid.IntRange(0, n-1).Draw(t, "one in") == n-1 }

// GoString is how rapid prints a case.
func (s *script) GoString() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n  setup %+v\n  init  %v", s.Setup, s.Init)
	for _, step := range s.Steps {
		fmt.Fprintf(&b, "\n  step  %v", step)
	}
	fmt.Fprintf(&b, "\n  end   %v", s.End)
	return b.String()
}

func (s step) String() string {
	if isEnd(s.Kind) {
		return fmt.Sprintf("%s %d", s.Kind, s.Count)
	}
	return fmt.Sprintf("%s: binary %v, compressed %v, size %d, count %d, wait %v, plan %v", s.Kind, s.Binary, s.Compressed, s.Size, s.Count, s.Wait, s.Plan)
}

func (p plan) String() string {
	return fmt.Sprintf("{block %v, own sends %d, own notes %d, %v}", p.Block, p.OwnSends, p.OwnNotes, p.Commands)
}

func isEnd(kind string) bool {
	for _, end := range endSteps {
		if end == kind {
			return true
		}
	}
	return false
}
