package protocol

import (
	"context"
	"log/slog"
)

// AccessLog is the [StreamHandler] that logs each request as it ends: method,
// path, status, sizes, duration and peer; if there are any, the pattern of the
// route, the pattern of its host, other than "_", and the name of the
// listener; and the reason if it isn't the normal one. It sees what [Metrics]
// would see at its place.
type AccessLog struct {
	// Logger takes the lines. Default Options.Logger.
	Logger *slog.Logger

	// Level is that of the lines. Default [slog.LevelInfo].
	Level slog.Level
}

// Init begins an exchange.
func (a AccessLog) Init(x *Exchange, next Stream) Stream {
	if logger := a.logger(x); logger.Enabled(x.HTTP().Context(), a.Level) {
		return Metrics{func(r *Record) { a.log(logger, r) }}.Init(x, next)
	}
	return next
}

// EarlyError logs a request that was refused.
func (a AccessLog) EarlyError(e *EarlyError) {
	Metrics{func(r *Record) { a.log(a.logger(r.Exchange), r) }}.EarlyError(e)
}

func (a AccessLog) logger(x *Exchange) *slog.Logger {
	if a.Logger != nil {
		return a.Logger
	}
	return x.Logger()
}

func (a AccessLog) log(logger *slog.Logger, r *Record) {
	request := r.Exchange.HTTP()
	attrs := append(make([]slog.Attr, 0, 11),
		slog.String("method", request.Method),
		slog.String("path", request.URL.EscapedPath()), // without the query, which may hold secrets
		slog.String("proto", request.Proto),
		slog.Int("status", r.Status),
		slog.Int64("in", r.RequestBytes),
		slog.Int64("out", r.ResponseBytes),
		slog.Duration("took", r.End.Sub(r.Start)),
		slog.String("peer", request.RemoteAddr))
	if r.Pattern != "" {
		attrs = append(attrs, slog.String("route", r.Pattern))
	}
	if r.HostPattern != "" && r.HostPattern != "_" {
		attrs = append(attrs, slog.String("route_host", r.HostPattern))
	}
	if name := r.Exchange.Listener(); name != "" {
		attrs = append(attrs, slog.String("listener", name))
	}
	if r.Reason.Kind != ReasonNormal {
		attrs = append(attrs, slog.String("reason", r.Reason.String()))
	} else if err := r.Exchange.Err(); err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	logger.LogAttrs(context.WithoutCancel(request.Context()), a.Level, "request", attrs...)
}
