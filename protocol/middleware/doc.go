// Package middleware has middlewares that many programs need: [CORS] and
// [BasicAuth]. They go into protocol.Options.Middlewares:
//
//	Middlewares: []protocol.Middleware{
//		middleware.CORS{Origins: []string{"https://app.example.org"}},
//		protocol.RouterMiddleware,
//		protocol.HandlerMiddleware,
//	}
//
// Their zero values allow nothing. Options that can't work are reported when
// the listener starts.
package middleware
