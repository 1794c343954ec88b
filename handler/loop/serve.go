package loop

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/internal/mailbox"
)

// Upgrade runs the loop, in the request's goroutine, to its end.
func (u *upgrade) Upgrade(req *handler.Request, env *handler.Env) error {
	switch {
	case u.config.err != nil:
		return u.config.err
	case u.handler == nil:
		return errors.New("loop: Upgrade was called with a nil Handler")
	}
	o := &u.config.Options
	l := &Loop{handler: u.handler, req: req, env: env, timeout: o.Timeout, wake: make(chan struct{}, 1)}
	l.infos.Limit = int32(min(o.MailboxSize, math.MaxInt32))
	l.infos.Policy = mailbox.Policy(o.MailboxPolicy)
	return l.serve()
}

// serve runs the loop with a context that Cut can end.
func (l *Loop) serve() error {
	outer := l.req.Context()
	ctx, cancel := context.WithCancelCause(outer)
	l.cancel = cancel
	if !l.env.Sessions.Add(l) {
		cancel(nil)
		return handler.Errorf(http.StatusServiceUnavailable, "loop: the listener is stopping")
	}
	defer l.env.Sessions.Remove(l)
	l.req.SetContext(ctx)
	l.req.SendAtOnce()
	defer func() {
		l.req.SetContext(outer)
		cancel(nil)
	}()
	return l.answer(l.runAndEnd())
}

var errGoexit = errors.New("loop: a callback ended its goroutine by runtime.Goexit")

// runAndEnd runs the loop and then Terminate, whatever ended the loop.
func (l *Loop) runAndEnd() (reason Reason) {
	reason = Reason{ReasonCrash, errGoexit}
	defer func() { l.end(reason) }()
	reason = l.run()
	return reason
}

// run calls the callbacks until there is a reason to end.
func (l *Loop) run() (reason Reason) {
	defer func() {
		if value := recover(); value != nil {
			reason = Reason{ReasonCrash, &handler.PanicError{Value: value, Stack: debug.Stack()}}
		}
	}()
	result, err := l.handler.Init(l, l.req)
	for {
		if reason := l.returned(result, err); reason.Kind != 0 {
			return reason
		}
		info, reason := l.next()
		if reason.Kind != 0 {
			return reason
		}
		result, err = l.handler.Info(l, l.req, info)
	}
}

// returned carries out what a callback returned. Where it failed because the
// client is gone, that is the reason.
func (l *Loop) returned(result Result, err error) Reason {
	switch {
	case err != nil:
		if reason := l.interrupted(); reason.Kind != 0 {
			return reason
		}
		return Reason{ReasonError, err}
	case result.kind == resultStop:
		return Reason{Kind: ReasonStop}
	case result.kind == resultWait:
		l.timeout = result.timeout
	case result.kind == resultHibernate:
		l.timeout = Infinity
	}
	return Reason{}
}

// next waits for the next info, or for a reason to end.
func (l *Loop) next() (info any, reason Reason) {
	var expired <-chan time.Time
	timedOut := false
	for {
		if reason := l.interrupted(); reason.Kind != 0 {
			return nil, reason
		}
		if info, ok := l.infos.Take(); ok {
			return info, Reason{}
		}
		if timedOut {
			return Timeout{}, Reason{}
		}
		if expired == nil {
			expired = l.startTimer()
		}
		select {
		case <-l.wake:
		case <-l.req.Context().Done():
		case <-expired:
			timedOut = true
		}
	}
}

// startTimer returns what tells that the timeout is over: nothing ever, where
// there is none.
func (l *Loop) startTimer() <-chan time.Time {
	switch {
	case l.timeout == Infinity:
		return nil
	case l.timer == nil:
		l.timer = time.NewTimer(l.timeout)
	default:
		l.timer.Reset(l.timeout)
	}
	return l.timer.C
}

// interrupted returns why the loop is to end without a callback having said
// so.
func (l *Loop) interrupted() Reason {
	signals := signal(l.signals.Load())
	switch ctx := l.req.Context(); {
	case signals&signalShutdown != 0:
		return Reason{Kind: ReasonShutdown}
	case ctx.Err() != nil:
		return Reason{ReasonClosed, context.Cause(ctx)}
	case signals&signalOverflow != 0:
		return Reason{ReasonError, &handler.StatusError{Status: http.StatusServiceUnavailable, Err: ErrMailboxFull}}
	}
	return Reason{}
}

// end lets nothing reach the loop any more and calls Terminate.
func (l *Loop) end(reason Reason) {
	l.infos.Close()
	l.stopTimers()
	if l.timer != nil {
		l.timer.Stop()
	}
	defer func() {
		if value := recover(); value != nil {
			l.logCrash(&handler.PanicError{Value: value, Stack: debug.Stack()})
		}
	}()
	l.handler.Terminate(l, l.req, reason)
}

// logCrash is for a panic of Terminate, after which the request is answered
// as if there had been none.
func (l *Loop) logCrash(err *handler.PanicError) {
	l.env.Logger.Error("loop: Terminate crashed", slog.String("path", l.req.Path()),
		slog.Any("error", err), slog.String("stack", string(err.Stack)))
}

// answer replies where the handler did not, or returns what the protocol is
// to reply.
func (l *Loop) answer(reason Reason) error {
	switch {
	case reason.Kind == ReasonStop, reason.Kind == ReasonClosed:
		return nil
	case reason.Kind != ReasonShutdown:
		return reason.Err
	case l.req.Replied():
		return nil
	}
	for _, name := range [...]string{"Content-Type", "Content-Length", "Content-Encoding", "Etag", "Last-Modified", "Cache-Control"} {
		l.req.DeleteRespHeader(name) // it was for another body
	}
	return l.req.ReplyText(http.StatusServiceUnavailable, http.StatusText(http.StatusServiceUnavailable))
}
