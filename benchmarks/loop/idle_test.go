package loop

import (
	"syscall"
	"testing"
	"time"

	"github.com/cowhand/cowhand/websocket"
)

// BenchmarkIdle is a second of 100,000 connections on which nothing happens,
// with and without timeouts to watch over; it reports the process's CPU time.
// They are pipes, which need no file descriptors.
//
//	go test -run '^$' -bench Idle -benchtime 20x ./loop
func BenchmarkIdle(b *testing.B) {
	const connections = 100_000
	for _, idle := range []struct {
		name    string
		options websocket.Options
	}{
		{"timeouts=none", websocket.Options{IdleTimeout: -1, HibernateAfter: -1}},
		{"timeouts=60s", websocket.Options{IdleTimeout: time.Minute, HibernateAfter: -1}},
	} {
		b.Run(idle.name, func(b *testing.B) {
			s := startServer(b, "pipe", serving(echo{}, idle.options), false)
			for range connections {
				connect(b, s, "")
			}
			time.Sleep(time.Second)
			began := cpuTime(b)
			for b.Loop() {
				time.Sleep(time.Second)
			}
			b.ReportMetric(float64((cpuTime(b)-began).Microseconds())/1000/float64(b.N), "CPU-ms/s")
		})
	}
}

// cpuTime is what the process used so far.
func cpuTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
