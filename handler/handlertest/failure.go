package handlertest

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"

	"github.com/cowhand/cowhand/handler"
)

// String returns the request and its route, for failures.
func (s *Stream) String() string {
	route := ""
	s.exchange.update(func() { route = s.exchange.route })
	if route == "" {
		return s.request.String() + " (no route)"
	}
	return s.request.String() + " (route " + route + ")"
}

// routeOf names a route by its handler and bindings.
func routeOf(req *handler.Request, env *handler.Env) string {
	h := env.Handler
	if h == nil {
		return ""
	}
	name := fmt.Sprintf("%T", h)
	if v := reflect.ValueOf(h); v.Kind() == reflect.Func {
		if f := runtime.FuncForPC(v.Pointer()); f != nil {
			name = f.Name()[strings.LastIndexByte(f.Name(), '/')+1:]
		}
	}
	for _, b := range req.Bindings() {
		name += fmt.Sprintf(" %s=%q", b.Name, b.Text)
	}
	return name
}

// failed says why the test fails, or returns "".
func (s *Stream) failed() (failure string) {
	s.exchange.update(func() {
		var panicked *handler.PanicError
		switch x := s.exchange; {
		case errors.As(x.err, &panicked) && !isAbort(x.err):
			failure = fmt.Sprintf("panic: %v\n\n%s", panicked.Value, panicked.Stack)
		case errors.Is(x.err, handler.ErrReplied), x.twice:
			failure = "the handler replied twice"
		case s.cancelled:
		case s.failure != nil:
			failure = fmt.Sprintf("the reply broke off after %d bytes: %v", len(s.body), s.result.Err)
		case x.silent:
			failure = "the handler sent no reply, so Cowhand sent 204; if you mean 204, reply with it"
		}
	})
	return failure
}

// hanging tells where the handlers of the test are.
func (s *Stream) hanging(what string) string {
	text := s.String() + ": " + what
	for _, stack := range handlerStacks() {
		text += "\n\n" + stack
	}
	return text
}

// handlerStacks returns the stacks of all goroutines that run a handler of a
// Client, without the callers of the handler.
func handlerStacks() (stacks []string) {
	all := make([]byte, 1<<20)
	all = all[:runtime.Stack(all, true)]
	for stack := range strings.SplitSeq(string(all), "\n\n") {
		for _, caller := range callers {
			if end := strings.Index(stack, caller); end >= 0 {
				stacks = append(stacks, strings.TrimSuffix(stack[:end], "\n"))
				break
			}
		}
	}
	return stacks
}

// callers are the frames below the test's: of a middleware or its handler, or
// of something around them.
var callers = [...]string{
	reflect.TypeFor[watched]().PkgPath() + ".watched.execute(",
	reflect.TypeFor[serving]().PkgPath() + ".serving.ServeHTTP(",
}
