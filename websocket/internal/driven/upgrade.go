package driven

// Upgraded returns the websocket.Handler, the websocket.Options and the
// websocket.RequestInfo of a *handler.Upgrade and its *handler.Request. Its
// error says why the Upgrade leads to no WebSocket.
var Upgraded func(upgrade, req any) (h, options, info any, err error)
