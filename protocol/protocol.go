package protocol

import (
	"context"
	"net/http"

	"github.com/cowhand/cowhand/handler"
)

// Protocol answers HTTP requests by its [Options]. It is an [http.Handler],
// safe for concurrent use; [New] makes it.
type Protocol struct {
	options Options
	env     handler.Env
	serve   http.Handler    // the middlewares, in what Options.Wrap puts around them
	streams []StreamHandler // Options.StreamHandlers, and Compress where it is on
}

// New returns a Protocol with a copy of options, or the error of
// [Options.Validate].
func New(options Options) (*Protocol, error) {
	if err := options.Validate(); err != nil {
		return nil, err
	}
	p := &Protocol{options: options.withDefaults()}
	p.env = handler.Env{
		Listener: p.options.Listener,
		Dispatch: p.options.Dispatch,
		Compress: p.options.Compress,
		Logger:   p.options.Logger,
		Sessions: p.options.Sessions,
		Values:   p.options.Env,
	}
	p.serve = wrap(chain{p}, p.options.Wrap)
	p.streams = p.options.chain()
	return p, nil
}

// Options returns the options in force, with the defaults filled in.
func (p *Protocol) Options() Options { return p.options }

// Shutdown closes the sessions that outlive their requests, such as
// WebSockets, and waits for them. When ctx is done, it cuts the rest and
// returns ctx's error within one more second; it leaves behind callbacks that
// still run then. See [handler.Sessions.Shutdown].
//
// If you mount the Protocol in your own [http.Server], call it after that
// server's Shutdown. A listener's Stop does this for you.
func (p *Protocol) Shutdown(ctx context.Context) error {
	return p.options.Sessions.Shutdown(ctx)
}

// ServeHTTP answers one request.
func (p *Protocol) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if conn := connectionOf(r); conn != nil {
		conn.serve(p, w, r)
		return
	}
	p.answer(w, r)
}

func (p *Protocol) answer(w http.ResponseWriter, r *http.Request) {
	if early := p.check(r); early != nil {
		p.refuse(w, r, early)
		return
	}
	if len(p.streams) > 0 {
		p.serveChain(w, r)
		return
	}
	p.serve.ServeHTTP(w, r)
}

// chain runs the middlewares of its Protocol.
type chain struct{ *Protocol }

func (c chain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	req := handler.NewRequest(w, r, c.env)
	var x *exchange
	if len(c.streams) > 0 {
		if x = exchangeOf(w); x != nil {
			x.request = req
		}
	}
	defer recoverRequest(req, x)
	if err := c.execute(req); err != nil {
		fail(req, x, err)
	} else if !req.Replied() {
		replyNoContent(req)
	}
}

func (c chain) execute(req *handler.Request) error {
	env := req.Env()
	for _, m := range c.options.Middlewares {
		next, err := m.Execute(req, env)
		if err != nil || next == Stop {
			return err
		}
	}
	return nil
}

func wrap(h http.Handler, wraps []func(http.Handler) http.Handler) http.Handler {
	for i := len(wraps) - 1; i >= 0; i-- {
		h = wraps[i](h)
	}
	return h
}
