package loop

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/group"
)

// BenchmarkPublish publishes batches of 64 bytes to a group of 2,000 members
// and waits until all have them. It reports the CPU time of a delivery without
// the clients' part, which one thread does: it reads bytes and deciphers none.
//
//	go test -run '^$' -bench Publish -benchtime 100x ./loop
func BenchmarkPublish(b *testing.B) {
	for _, transport := range []string{"tcp", "tls"} {
		for _, batch := range []int{1, 8} {
			b.Run(fmt.Sprintf("%s/members=2000/batch=%d", transport, batch), func(b *testing.B) {
				benchmarkPublish(b, transport, 2000, batch)
			})
		}
	}
}

func benchmarkPublish(b *testing.B, transport string, members, batch int) {
	groups := group.New(group.Options{})
	s := startServer(b, transport, serving(subscriber{groups: groups}, websocket.Options{}), false)
	d := newDrain(b)
	for range members {
		d.add(b, connect(b, s, "").Conn)
	}
	require.Eventually(b, func() bool { return len(groups.Members("all")) == members }, patience, time.Millisecond)
	message := websocket.Text(bytes.Repeat([]byte("cow "), 16))
	publish := func() {
		d.expect(members * batch * (2 + len(message.Payload)))
		for range batch {
			if err := groups.Publish("all", message); err != nil {
				b.Fatal(err)
			}
		}
		if err := d.wait(); err != nil {
			b.Fatal(err)
		}
	}
	publish()
	b.ReportAllocs()
	began, clients := cpuTime(b), d.cpu
	for b.Loop() {
		publish()
	}
	server := cpuTime(b) - began - (d.cpu - clients)
	deliveries := float64(b.N * members * batch)
	b.ReportMetric(float64(server.Nanoseconds())/deliveries, "server-CPU-ns/delivery")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/deliveries, "ns/delivery")
}
