package handlertest

import (
	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

// Init sends a request as far as the Init of its handler, and returns the
// Upgrade that Init returned, with the request as it was then. The Upgrade is
// not carried out. If the handler replies, fails or is not reached, the test
// fails. Use it with websockettest.Accept.
func (c *Client) Init(request Request) (*handler.Upgrade, *handler.Request) {
	c.t.Helper()
	s := c.start(request, true)
	response := s.Wait()
	var upgrade *handler.Upgrade
	var req *handler.Request
	s.exchange.update(func() { upgrade, req = s.exchange.upgrade, s.exchange.req })
	if upgrade == nil {
		c.t.Fatalf("handlertest: %s: there was no Upgrade, but a reply of status %d: %s", s, response.Status, response.Body)
	}
	return upgrade, req
}

// captor is a handler that keeps the Upgrade of another one.
type captor struct {
	handler.Handler
	exchange *exchange
}

func (c captor) Init(req *handler.Request) (*handler.Upgrade, error) {
	upgrade, err := c.Handler.Init(req)
	if upgrade == nil || upgrade.Protocol == nil || err != nil {
		return upgrade, err
	}
	c.exchange.update(func() { c.exchange.upgrade, c.exchange.req = upgrade, req })
	return &handler.Upgrade{Protocol: notCarriedOut{}}, nil
}

// Terminate is for a request that was not upgraded.
func (c captor) Terminate(req *handler.Request, err error) {
	if t, ok := c.Handler.(handler.Terminator); ok {
		t.Terminate(req, err)
	}
}

type notCarriedOut struct{}

func (notCarriedOut) Upgrade(req *handler.Request, _ *handler.Env) error { return req.ReplyStatus(204) }

// capture runs the handler middleware with a captor.
func (x *exchange) capture(m protocol.Middleware, req *handler.Request, env *handler.Env) (protocol.Next, error) {
	h := env.Handler
	env.Handler = captor{h, x}
	defer func() { env.Handler = h }()
	return m.Execute(req, env)
}
