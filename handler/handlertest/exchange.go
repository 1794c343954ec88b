package handlertest

import (
	"context"
	"net/http"
	"slices"
	"sync"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

// exchange is what the server knows of a request. Each request has a
// connection of its own, which leads to its exchange.
type exchange struct {
	request  *Request
	initOnly bool          // see Client.Init
	entered  chan struct{} // closed when the server has the request
	ended    chan struct{} // closed when it has done with it

	mu      sync.Mutex
	changed chan struct{} // closed and replaced with each piece
	route   string        // of the handler; "" before
	err     error         // what the request failed with
	silent  bool          // nobody replied, and the protocol has to
	twice   bool          // a second response was begun
	unsent  []byte        // written and not flushed
	pieces  [][]byte
	whole   bool             // pieces has all
	upgrade *handler.Upgrade // and req: of Client.Init
	req     *handler.Request
}

type exchangeKey struct{}

func newExchange(r *Request) *exchange {
	return &exchange{request: r, entered: make(chan struct{}), ended: make(chan struct{}), changed: make(chan struct{})}
}

// exchangeOf returns nil for requests of [Client.HTTP] and DialContext.
func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// update changes the exchange, unless it is nil.
func (x *exchange) update(change func()) {
	if x == nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	change()
}

// flush makes what was written since the last flush a piece.
func (x *exchange) flush() {
	x.update(func() {
		if len(x.unsent) == 0 {
			return
		}
		x.pieces = append(x.pieces, x.unsent)
		x.unsent = nil
		close(x.changed)
		x.changed = make(chan struct{})
	})
}

// piece returns a piece of the body, or what to wait for.
func (x *exchange) piece(i int) (piece []byte, last bool, changed <-chan struct{}) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if i < len(x.pieces) {
		return x.pieces[i], x.whole && i == len(x.pieces)-1, nil
	}
	return nil, false, x.changed
}

// observe adds the observers of an exchange to the options.
func observe(o *protocol.Options) {
	o.StreamHandlers = append([]protocol.StreamHandler{observer{}}, o.StreamHandlers...)
	o.Wrap = append(slices.Clone(o.Wrap), countReplies)
	if o.Middlewares == nil && o.Dispatch != nil {
		o.Middlewares = []protocol.Middleware{protocol.RouterMiddleware, protocol.HandlerMiddleware}
	}
	o.Middlewares = slices.Clone(o.Middlewares)
	for i, m := range o.Middlewares {
		if m != nil {
			o.Middlewares[i] = watched{m, i == len(o.Middlewares)-1}
		}
	}
}

// serving notes the begin and the end of each request.
type serving struct{ *protocol.Protocol }

func (s serving) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if x := exchangeOf(r.Context()); x != nil {
		close(x.entered)
		defer close(x.ended)
		if x.request.TLS != nil {
			r = r.WithContext(r.Context()) // net/http's own stays as it is
			r.TLS = x.request.TLS
		}
	}
	s.Protocol.ServeHTTP(w, r)
}

// watched is a middleware that notes the route, and whether anybody replied.
type watched struct {
	protocol.Middleware
	last bool
}

func (m watched) Execute(req *handler.Request, env *handler.Env) (protocol.Next, error) {
	x := exchangeOf(req.Context())
	x.update(func() { x.route = routeOf(req, env) })
	next, err := m.execute(x, req, env)
	x.update(func() {
		x.route = routeOf(req, env)
		x.silent = err == nil && (m.last || next == protocol.Stop) && !req.Replied()
	})
	return next, err
}

func (m watched) execute(x *exchange, req *handler.Request, env *handler.Env) (protocol.Next, error) {
	if x != nil && x.initOnly && m.Middleware == protocol.HandlerMiddleware && env.Handler != nil {
		return x.capture(m.Middleware, req, env)
	}
	return m.Middleware.Execute(req, env)
}

// observer is the stream handler next to the client. It sees what goes out.
type observer struct{}

func (observer) Init(e *protocol.Exchange, next protocol.Stream) protocol.Stream {
	x := exchangeOf(e.HTTP().Context())
	if x == nil {
		return next
	}
	return &link{next, e, x}
}

func (observer) EarlyError(e *protocol.EarlyError) {
	x := exchangeOf(e.Exchange.HTTP().Context())
	x.update(func() { x.err = e.Reason })
}

type link struct {
	protocol.Stream
	server   *protocol.Exchange
	exchange *exchange
}

func (l *link) Write(p []byte) (int, error) {
	n, err := l.Stream.Write(p)
	l.exchange.update(func() { l.exchange.unsent = append(l.exchange.unsent, p[:n]...) })
	return n, err
}

func (l *link) Flush() error {
	err := l.Stream.Flush()
	l.exchange.flush()
	return err
}

func (l *link) End(trailers http.Header) {
	l.Stream.End(trailers)
	l.exchange.update(func() { l.exchange.whole = true })
	l.exchange.flush()
}

func (l *link) Terminate(reason protocol.Reason) {
	l.exchange.update(func() {
		if l.exchange.err = l.server.Err(); l.exchange.err == nil {
			l.exchange.err = reason.Err
		}
	})
	l.Stream.Terminate(reason)
}
