package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/cowhand/cowhand/handler"
)

// Options are those of one upgrade.
type Options struct {
	// Trace is told how the request was answered, after it was. Without one,
	// the trace goes to the listener's logger, at level debug.
	Trace func(Trace)
}

// Upgrade hands a request to resource: Cowboy's {cowboy_rest, Req, State}. The
// resource is a value made for this request, usually a pointer to a struct
// with the request's state, that has those of this package's callbacks that
// it needs. A method that has a callback's name and another signature is an
// error, 500, that names it, and so is one of the pointer if resource is a
// value, or more than one Options. [Handle] finds such errors at start.
func Upgrade(resource any, options ...Options) *handler.Upgrade {
	p := newProtocol("rest: Upgrade", options)
	p.resource = resource
	return p.upgrade()
}

// Request is the request as the callbacks see it: with what was negotiated so
// far. The fields are there once the flow has passed the decision in
// question.
type Request struct {
	*handler.Request

	MediaType handler.MediaType // of the reply's body: req.media_type
	Language  string            // of the reply's body, or "": req.language
	Charset   string            // of the reply's body, or "": req.charset
	Range     handler.Range     // that the client wants, of a unit that is provided: req.range
}

// Stop, returned as the error of a callback, ends the flow: the callback has
// replied, or 204 is sent. It is Cowboy's {stop, Req, State}. Joined with the
// error of the reply, as errors.Join(req.ReplyText(402, "pay"), rest.Stop), it
// ends the flow in any case, and what went wrong is not lost. GenerateETag,
// LastModified, Expires and Variances may not stop.
var Stop error = stop{}

type stop struct{}

func (stop) Error() string { return "rest: stop" }

// besidesStop returns what a callback that stopped failed with: of
// errors.Join(err, Stop) it is err, such as that of the reply.
func besidesStop(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	var others []error
	for _, err := range joined.Unwrap() {
		if errors.Is(err, Stop) {
			err = besidesStop(err)
		}
		others = append(others, err)
	}
	return errors.Join(others...)
}

// Switch returns an error that, returned from a callback, hands the request
// to another sub-protocol: Cowboy's {{switch_handler, Module, Opts}, Req,
// State}. GenerateETag, LastModified, Expires and Variances may not switch.
// Terminate is then not called.
func Switch(to *handler.Upgrade) error { return &switchTo{to} }

type switchTo struct{ *handler.Upgrade }

func (*switchTo) Error() string { return "rest: switch to another handler" }

// switched returns where err switches to, or nil.
func switched(err error) *switchTo {
	if err == nil {
		return nil
	}
	var to *switchTo
	errors.As(err, &to)
	return to
}

// protocol is the sub-protocol of one request, together with the Upgrade that
// carries it: cowboy_rest:upgrade/4.
type protocol struct {
	carrier  handler.Upgrade
	resource any
	options  Options
	checked  bool  // the type of the resource has no misfit
	err      error // of the options
}

// newProtocol takes the options of caller, such as "rest: Upgrade".
func newProtocol(caller string, options []Options) (p protocol) {
	switch len(options) {
	case 0:
	case 1:
		p.options = options[0]
	default:
		p.err = fmt.Errorf("%s takes at most one rest.Options; it was given %d", caller, len(options))
	}
	return p
}

func (p protocol) upgrade() *handler.Upgrade {
	p.carrier.Protocol = &p
	return &p.carrier
}

// check returns why no flow can run.
func (p *protocol) check() error {
	if p.err != nil || p.checked {
		return p.err
	}
	return checkCallbacks(p.resource)
}

// Upgrade runs the flow.
func (p *protocol) Upgrade(req *handler.Request, env *handler.Env) error {
	f := &flow{protocol: p, resource: p.resource, request: Request{Request: req}, env: env, method: req.Method()}
	f.req = &f.request
	f.trace = p.options.Trace
	if f.trace == nil && env.Logger.Enabled(req.Context(), slog.LevelDebug) {
		f.trace = func(t Trace) { logTrace(req.Context(), env.Logger, t) }
	}
	to, err := f.answer()
	if to != nil {
		return to.Protocol.Upgrade(req, env)
	}
	if aborted(err) {
		panic(http.ErrAbortHandler)
	}
	return err
}

// aborted reports whether a callback panicked to abort the reply.
func aborted(err error) bool {
	if err == nil {
		return false
	}
	var crash *handler.PanicError
	return errors.As(err, &crash) && crash.Value == http.ErrAbortHandler
}

var errGoexit = errors.New("rest: a callback ended its goroutine by runtime.Goexit")

// answer runs the flow to its end, whatever ends it. It returns where the
// flow switched to, or what the protocol is to reply.
func (f *flow) answer() (to *handler.Upgrade, err error) {
	err = errGoexit
	defer func() { to, err = f.end(err) }()
	err = f.protect()
	return nil, err
}

// protect runs the flow and makes a panic of a callback an error.
func (f *flow) protect() (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &handler.PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	if err := f.protocol.check(); err != nil {
		return err
	}
	return f.run()
}

// end tells of the flow's end, and with it of the request's unless the flow
// switched.
func (f *flow) end(err error) (*handler.Upgrade, error) {
	if f.trace != nil {
		trace := Trace{f.method, f.req.Path(), f.path, f.status, err}
		f.guard("Trace", func() { f.trace(trace) })
	}
	if to := switched(err); to != nil {
		if to.Upgrade != nil && to.Protocol != nil {
			return to.Upgrade, nil
		}
		err = fmt.Errorf("rest: %T switched to an Upgrade that leads nowhere", f.resource)
	}
	if errors.Is(err, Stop) {
		err = besidesStop(err)
	}
	if !f.req.Replied() {
		f.dropBody()
	}
	if t, ok := f.resource.(Terminate); ok {
		reason := err // a copy, so that err stays on the stack without a Terminate
		f.guard("Terminate", func() { t.Terminate(f.req, reason) })
	}
	return nil, err
}

// guard calls what comes after the answer. It logs a panic, so that the
// request is answered as if there had been none.
func (f *flow) guard(name string, call func()) {
	defer func() {
		if value := recover(); value != nil {
			crash := &handler.PanicError{Value: value, Stack: debug.Stack()}
			f.env.Logger.Error("rest: "+name+" crashed", slog.String("path", f.req.Path()),
				slog.Any("error", crash), slog.String("stack", string(crash.Stack)))
		}
	}()
	call()
}

func logTrace(ctx context.Context, logger *slog.Logger, t Trace) {
	logger.DebugContext(ctx, "rest", "trace", t.String())
}
