package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cowhand/cowhand/benchmarks/internal/client"
	"github.com/cowhand/cowhand/benchmarks/internal/process"
)

// broadcast has one client send to all of them, again and again, once each has
// what was sent before.
func broadcast(s *process.Server, c cell) (result, error) {
	members, release, err := subscribe(s, c, c.connections)
	if err != nil {
		return nil, err
	}
	var l load
	var reading sync.WaitGroup
	defer reading.Wait()
	defer release()
	d := delivery{done: make(chan struct{}, 1), failed: make(chan error, 1)}
	for _, one := range members {
		reading.Go(func() { d.count(one) })
	}
	l.repeat(c.depth*len(members), func() error { return d.publish(members[0], len(members)) })
	return l.measure(s)
}

// subscribe connects so many members. A member may have joined only some time
// after its handshake, so the first one sends probes, each of another length,
// until all get the same one.
func subscribe(s *process.Server, c cell, n int) (members []*peer, release func(), err error) {
	members, release, err = connect(s, c, n)
	if err != nil {
		return nil, nil, err
	}
	for length := 1; length <= probes; length++ {
		if err = probe(members, length); err == nil {
			err = patient(members)
			break
		}
	}
	if err == nil {
		return members, release, nil
	}
	release()
	return nil, nil, fmt.Errorf("not all became members: %w", err)
}

// probes is how many are sent, at most.
const probes = 20

// probe has the first member send a message of a length, which all read.
func probe(members []*peer, length int) error {
	sender := members[0]
	if err := sender.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := sender.Write(client.AppendFrame(nil, true, 0, sender.opcode, make([]byte, length))); err != nil {
		return err
	}
	end := time.Now().Add(2 * time.Second)
	for _, member := range members {
		if err := member.SetDeadline(end); err != nil {
			return err
		}
		for got := 0; got != length; {
			var err error
			if got, err = member.readFrame(); err != nil {
				return err
			}
		}
	}
	return nil
}

// patient takes the deadlines away, which would cost the client a timer for
// each member and batch.
func patient(members []*peer) error {
	for _, member := range members {
		if err := member.SetDeadline(time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// delivery tells when all members have a batch.
type delivery struct {
	missing atomic.Int64
	done    chan struct{}
	failed  chan error
}

// count reads batches until the connection fails.
func (d *delivery) count(member *peer) {
	for {
		if err := member.readFrames(); err != nil {
			select {
			case d.failed <- err:
			default:
			}
			return
		}
		if d.missing.Add(-1) == 0 {
			d.done <- struct{}{}
		}
	}
}

// publish has the sender send a batch, and waits until so many members have it.
func (d *delivery) publish(sender *peer, members int) error {
	d.missing.Store(int64(members))
	if _, err := sender.Write(sender.batch); err != nil {
		return err
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-d.done:
		return nil
	case err := <-d.failed:
		return err
	case <-late.C:
		return fmt.Errorf("%d of %d members got nothing", d.missing.Load(), members)
	}
}
