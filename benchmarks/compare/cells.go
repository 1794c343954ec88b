package main

import (
	"cmp"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cowhand/cowhand/benchmarks/internal/client"
	"github.com/cowhand/cowhand/benchmarks/internal/process"
)

// cell is a kind of load.
type cell struct {
	name        string
	path        string
	size, depth int // of each message, in bytes, and of a batch
	connections int // of idle and broadcast cells; 0: as the flag -n says
	deflate     string
	text        bool // the messages are text
	tls, unix   bool
	hibernate   time.Duration // of Cowhand; 0: its default
	columns     []string
	run         func(*process.Server, cell) (result, error)
	servers     []string
}

// result has a value for each column.
type result []float64

// plain reports whether it is HTTP without an upgrade.
func (c cell) plain() bool { return c.path != "/echo" && c.path != "/broadcast" }

// options are the server's for this cell.
func (c cell) options(name string) process.Options {
	return process.Options{Name: name, Deflate: c.deflate, TLS: c.tls, Unix: c.unix, Hibernate: c.hibernate}
}

func (c cell) has(server string) bool { return slices.Contains(c.servers, server) }

var (
	all        = []string{"cowhand", "cowhand-keep", "tcp", "gobwas", "gws", "gorilla", "coder"}
	overTLS    = []string{"cowhand", "cowhand-keep", "gws", "gorilla", "coder"}
	deflating  = []string{"cowhand", "cowhand-keep", "gws", "gorilla", "coder"}
	takingOver = []string{"cowhand", "cowhand-keep", "gws", "coder"}
	upgrading  = []string{"cowhand", "gobwas", "gws", "gorilla", "coder"}
	publishing = []string{"cowhand", "gobwas", "gws", "gorilla", "coder"}
	crowded    = []string{"cowhand", "tcp", "gobwas", "gws", "gorilla"}
	crowdedTLS = []string{"cowhand", "tcp", "gobwas", "gws", "gorilla", "coder"}
	sleeping   = []string{"cowhand"}
	routing    = []string{"cowhand", "httprouter"}
)

var (
	perMessage = []string{"CPU s/M", "messages/s"}
	perReply   = []string{"CPU s/M", "messages/s", "bytes/reply"}
	perUpgrade = []string{"CPU s/M", "upgrades/s", "bytes allocated"}
	perIdle    = []string{"bytes/connection"}
	perSent    = []string{"CPU s/M", "deliveries/s"}
)

var cells = []cell{
	{name: "echo-64-p1", path: "/echo", size: 64, depth: 1, columns: perMessage, run: drive, servers: all},
	{name: "echo-64-p32", path: "/echo", size: 64, depth: 32, columns: perMessage, run: drive, servers: all},
	{name: "echo-64-p32-text", path: "/echo", size: 64, depth: 32, text: true, columns: perMessage, run: drive, servers: all},
	{name: "echo-4k-p8", path: "/echo", size: 4 << 10, depth: 8, columns: perMessage, run: drive, servers: all},
	{name: "echo-1m-p2", path: "/echo", size: 1 << 20, depth: 2, columns: perMessage, run: drive, servers: all},
	{name: "unix-64-p1", path: "/echo", size: 64, depth: 1, unix: true, columns: perMessage, run: drive, servers: all},
	{name: "unix-64-p32", path: "/echo", size: 64, depth: 32, unix: true, columns: perMessage, run: drive, servers: all},
	{name: "unix-1m-p2", path: "/echo", size: 1 << 20, depth: 2, unix: true, columns: perMessage, run: drive, servers: all},
	{name: "tls-64-p1", path: "/echo", size: 64, depth: 1, tls: true, columns: perMessage, run: drive, servers: overTLS},
	{name: "tls-64-p32", path: "/echo", size: 64, depth: 32, tls: true, columns: perMessage, run: drive, servers: overTLS},
	{name: "tls-4k-p8", path: "/echo", size: 4 << 10, depth: 8, tls: true, columns: perMessage, run: drive, servers: overTLS},
	{name: "tls-1m-p2", path: "/echo", size: 1 << 20, depth: 2, tls: true, columns: perMessage, run: drive, servers: overTLS},
	{name: "tls-deflate", path: "/echo", size: 1 << 10, depth: 1, deflate: "notakeover", tls: true, columns: perReply, run: drive, servers: overTLS},
	{name: "deflate-takeover", path: "/echo", size: 1 << 10, depth: 1, deflate: "takeover", columns: perReply, run: drive, servers: takingOver},
	{name: "deflate-notakeover", path: "/echo", size: 1 << 10, depth: 1, deflate: "notakeover", columns: perReply, run: drive, servers: deflating},
	{name: "broadcast-500", path: "/broadcast", size: 64, depth: 1, connections: 500, columns: perSent, run: broadcast, servers: publishing},
	{name: "broadcast-500-p8", path: "/broadcast", size: 64, depth: 8, connections: 500, columns: perSent, run: broadcast, servers: publishing},
	{name: "tls-broadcast-2000", path: "/broadcast", size: 64, depth: 1, connections: 2000, tls: true, columns: perSent, run: broadcast, servers: publishing},
	{name: "upgrade", path: "/echo", depth: 1, columns: perUpgrade, run: upgrades, servers: upgrading},
	{name: "idle", path: "/echo", size: 64, depth: 1, columns: perIdle, run: idle, servers: all},
	{name: "idle-19000", path: "/echo", size: 64, depth: 1, connections: 19000, columns: perIdle, run: idle, servers: crowded},
	{name: "idle-19000-hibernating", path: "/echo", size: 64, depth: 1, connections: 19000, hibernate: 20 * time.Millisecond, columns: perIdle, run: idle, servers: sleeping},
	{name: "idle-tls", path: "/echo", size: 64, depth: 1, tls: true, columns: perIdle, run: idle, servers: overTLS},
	{name: "tls-idle-10000", path: "/echo", size: 64, depth: 1, connections: 10000, tls: true, columns: perIdle, run: idle, servers: crowdedTLS},
	{name: "idle-deflate", path: "/echo", size: 64 << 10, depth: 1, deflate: "takeover", columns: perIdle, run: idle, servers: takingOver},
	{name: "http-hello", path: "/hello", depth: 1, columns: perMessage, run: drive, servers: routing},
	{name: "http-users", path: "/users/42", depth: 1, columns: perMessage, run: drive, servers: routing},
}

// load counts what clients do until it is stopped.
type load struct {
	done    atomic.Int64
	stopped atomic.Bool
	running sync.WaitGroup
	mu      sync.Mutex
	failed  error
}

// repeat does something again and again, in a goroutine. It counts for so
// many each time.
func (l *load) repeat(each int, once func() error) {
	l.running.Go(func() {
		for !l.stopped.Load() {
			if err := once(); err != nil {
				l.mu.Lock()
				defer l.mu.Unlock()
				l.failed = errors.Join(l.failed, err)
				return
			}
			l.done.Add(int64(each))
		}
	})
}

// measure returns the CPU time in seconds for each million done, and how many
// were done in a second, leaving out a quarter of the time at the beginning.
func (l *load) measure(s *process.Server) (result, error) {
	defer l.running.Wait()
	defer l.stopped.Store(true)
	time.Sleep(*duration / 4)
	cpu, err := s.CPU()
	if err != nil {
		return nil, err
	}
	began, before := time.Now(), l.done.Load()
	time.Sleep(*duration)
	for l.done.Load() == before && l.err() == nil && time.Since(began) < patience {
		time.Sleep(time.Millisecond) // one at least, however slow
	}
	done, took := float64(l.done.Load()-before), time.Since(began)
	after, err := s.CPU()
	if err != nil {
		return nil, err
	}
	if done == 0 {
		return nil, errors.Join(errors.New("nothing was done"), l.err())
	}
	return result{(after - cpu) / done * 1e6, done / took.Seconds()}, l.err()
}

// err is what clients failed with so far.
func (l *load) err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed
}

// connect opens so many connections; release closes them.
func connect(s *process.Server, c cell, n int) (opened []*peer, release func(), err error) {
	release = func() {
		for _, one := range opened {
			_ = client.Abort(one.Conn)
		}
	}
	for range n {
		one, err := dial(s, c)
		if err != nil {
			release()
			return nil, nil, err
		}
		opened = append(opened, one)
	}
	return opened, release, nil
}

// drive has all clients exchange batches.
func drive(s *process.Server, c cell) (result, error) {
	n := *clients
	if c.size >= 1<<20 {
		n = min(n, 4)
	}
	opened, release, err := connect(s, c, n)
	if err != nil {
		return nil, err
	}
	defer release()
	var l load
	for _, one := range opened {
		l.repeat(c.depth, one.exchange)
	}
	r, err := l.measure(s)
	if err != nil || c.deflate == "" {
		return r, err
	}
	l.running.Wait()
	var bytes int64
	for _, one := range opened {
		bytes += one.received
	}
	return append(r, float64(bytes)/float64(l.done.Load())), nil
}

// upgrades has clients connect, make the handshake and go.
func upgrades(s *process.Server, c cell) (result, error) {
	before, err := s.Allocated()
	if err != nil {
		return nil, err
	}
	var l load
	for range min(*clients, 16) {
		l.repeat(1, func() error { return upgradeOnce(s, c) })
	}
	r, err := l.measure(s)
	if err != nil {
		return nil, err
	}
	l.running.Wait()
	after, err := s.Allocated()
	return append(r, (after-before)/float64(l.done.Load())), err
}

func upgradeOnce(s *process.Server, c cell) error {
	one, err := dial(s, c)
	if err != nil {
		return err
	}
	return client.Abort(one.Conn)
}

// idle has connections send one message each, and then nothing.
func idle(s *process.Server, c cell) (result, error) {
	before, err := s.Memory()
	if err != nil {
		return nil, err
	}
	opened, release, err := connect(s, c, cmp.Or(c.connections, *idlers))
	if err != nil {
		return nil, err
	}
	defer release()
	for _, one := range opened {
		if err := one.exchange(); err != nil {
			return nil, err
		}
	}
	time.Sleep(*settle)
	after, err := s.Memory()
	return result{(after - before) / float64(len(opened))}, err
}
