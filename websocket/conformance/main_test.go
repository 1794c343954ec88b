package conformance

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
	"github.com/cowhand/cowhand/websocket"
)

// target is the echo server under test, HOST:PORT/PATH.
var target = os.Getenv("COWHAND_CONFORMANCE_ADDR")

// TestMain starts the echo server, unless there is one already, and afterwards
// looks for what it left behind.
func TestMain(m *testing.M) {
	if target != "" {
		os.Exit(m.Run())
	}
	os.Exit(serve(m))
}

func serve(m *testing.M) int {
	routes := router.MustCompile(router.Host("_", router.Path("/echo", echoRoute{})))
	l, err := listener.StartClear("conformance", listener.Options{Addr: "127.0.0.1:0"},
		protocol.Options{Dispatch: routes, Compress: true})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	target = l.Addr().String() + "/echo"
	code := m.Run()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := l.Stop(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "stopping the listener:", err)
		return 1
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// echoRoute takes messages of up to 64 MiB, as the suite's testees do.
type echoRoute struct{}

func (echoRoute) Init(*handler.Request) (*handler.Upgrade, error) {
	return websocket.Upgrade(echo{}, websocket.Options{MaxFrameSize: 64 << 20}), nil
}

type echo struct{ websocket.Base }

func (echo) HandleFrame(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
	if f.IsData() {
		return websocket.Reply(f)
	}
	return websocket.None
}
