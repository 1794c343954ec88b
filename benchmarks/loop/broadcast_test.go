package loop

import (
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/frame"
	"github.com/cowhand/cowhand/websocket/group"
)

// subscriber joins a group, and publishes what it is sent.
type subscriber struct {
	websocket.Base
	groups *group.Groups
}

func (s subscriber) Init(conn *websocket.Conn) websocket.Commands {
	s.groups.Join("all", conn)
	return websocket.None
}

// subscribe connects members of a group, each of which is to get batches of
// so many messages.
func subscribe(tb testing.TB, groups *group.Groups, members, batch int) []*peer {
	tb.Helper()
	awake := websocket.Options{HibernateAfter: -1} // to fall asleep meanwhile allocates
	s := startServer(tb, "tcp", serving(subscriber{groups: groups}, awake), false)
	peers := make([]*peer, members)
	for i := range peers {
		peers[i] = connect(tb, s, "").echoes(frame.Text, batch, 64)
	}
	require.Eventually(tb, func() bool { return len(groups.Members("all")) == members }, patience, time.Millisecond)
	return peers
}

func (s subscriber) HandleFrame(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
	if f.IsData() {
		_ = s.groups.Publish("all", f)
	}
	return websocket.None
}

// BenchmarkBroadcast publishes batches to a group, whose members read them;
// the time is that of a batch, until the last member has it.
func BenchmarkBroadcast(b *testing.B) {
	for _, members := range []int{1, 100, 1000} {
		for _, batch := range []int{1, 8} {
			b.Run(fmt.Sprintf("members=%d/batch=%d", members, batch), func(b *testing.B) {
				benchmarkBroadcast(b, members, batch)
			})
		}
	}
}

func benchmarkBroadcast(b *testing.B, members, batch int) {
	peers := subscribe(b, group.New(group.Options{}), members, batch)
	var delivered sync.WaitGroup // to the members of a batch
	for _, p := range peers {
		go func() {
			for {
				if _, err := io.ReadFull(p.Conn, p.in); err != nil {
					return // the benchmark is over
				}
				delivered.Done()
			}
		}()
	}
	b.ReportAllocs()
	for b.Loop() {
		delivered.Add(members)
		if _, err := peers[0].Write(peers[0].out); err != nil {
			b.Fatal(err)
		}
		delivered.Wait()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*members*batch), "ns/delivery")
}
