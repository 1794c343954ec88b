package main

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"text/tabwriter"
	"time"

	"github.com/cowhand/cowhand/benchmarks/internal/client"
	"github.com/cowhand/cowhand/benchmarks/internal/process"
	"github.com/cowhand/cowhand/websocket/frame"
)

var (
	name      = flag.String("server", "cowhand", "cowhand, cowhand-keep, gws, gorilla, coder or gobwas")
	number    = flag.Int("n", 5000, "connections; both sides need a file descriptor for each")
	overTLS   = flag.Bool("tls", false, "over TLS")
	deflating = flag.String("deflate", "", "permessage-deflate: takeover or notakeover; empty: none")
	hibernate = flag.Duration("hibernate", 0, "hibernate after so long (0: Cowhand's default, negative: never)")
	settle    = flag.Duration("settle", 5*time.Second, "time that the connections have before they are measured")
	top       = flag.Int("top", 20, "places to print")
	structs   = flag.Bool("structs", true, "print the sizes of structs that connections are made of")
)

func main() {
	flag.Parse()
	log.SetFlags(0)
	if err := run(); err != nil {
		log.Fatal("heap: ", err)
	}
}

func run() error {
	dir, err := os.MkdirTemp("", "heap")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := process.Build(dir); err != nil {
		return err
	}
	plain, err := measure(dir)
	if err != nil {
		return err
	}
	traced, err := measure(dir, "GODEBUG=memprofilerate=1")
	if err != nil {
		return err
	}
	plain.printTotals()
	traced.printGoroutines()
	traced.printPlaces()
	if *structs {
		return printStructs(traced.program)
	}
	return nil
}

// growth is what a server's memory was before there were connections, and
// with them.
type growth struct {
	program       string
	before, after state
}

type state struct {
	resident   float64 // bytes
	heap       *profile
	goroutines []group
}

func measure(dir string, env ...string) (*growth, error) {
	s, err := process.Start(dir, process.Options{
		Name: *name, TLS: *overTLS, Deflate: *deflating, Hibernate: *hibernate, Env: env,
	})
	if err != nil {
		return nil, err
	}
	defer s.Stop()
	g := &growth{program: s.Program}
	if err := once(s); err != nil { // what the first connection of all makes
		return nil, err
	}
	if g.before, err = look(s); err != nil {
		return nil, err
	}
	var conns []net.Conn
	defer func() {
		for _, conn := range conns {
			_ = client.Abort(conn)
		}
	}()
	for range *number {
		conn, err := connect(s)
		if err != nil {
			return nil, err
		}
		conns = append(conns, conn)
	}
	time.Sleep(*settle)
	g.after, err = look(s)
	return g, err
}

// look reads the server's memory, after a collection.
func look(s *process.Server) (at state, err error) {
	if at.resident, err = s.Memory(); err != nil {
		return at, err
	}
	b, err := s.Get("/debug/pprof/heap?debug=1")
	if err != nil {
		return at, err
	}
	if at.heap, err = parseHeap(b); err != nil {
		return at, err
	}
	if b, err = s.Get("/debug/pprof/goroutine?debug=1"); err != nil {
		return at, err
	}
	at.goroutines, err = parseGoroutines(b)
	return at, err
}

func once(s *process.Server) error {
	conn, err := connect(s)
	if err != nil {
		return err
	}
	return client.Abort(conn)
}

// connect opens a connection, and exchanges one message on it.
func connect(s *process.Server) (net.Conn, error) {
	conn, err := s.Dial()
	if err != nil {
		return nil, err
	}
	if err := exchange(conn); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

func exchange(conn net.Conn) error {
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return err
	}
	in := bufio.NewReaderSize(conn, 512)
	if err := client.Upgrade(conn, in, "/echo", *deflating); err != nil {
		return err
	}
	payload := bytes.Repeat([]byte("cow "), 16)
	if _, err := conn.Write(client.AppendFrame(nil, true, 0, frame.Binary, payload)); err != nil {
		return err
	}
	head := make([]byte, 2)
	if _, err := io.ReadFull(in, head); err != nil {
		return err
	}
	_, err := in.Discard(int(head[1]))
	return err
}

// each is a growth divided by the number of connections.
func each(before, after float64) float64 { return (after - before) / float64(*number) }

func (g *growth) printTotals() {
	fmt.Printf("%s, %d connections, TLS %t\n\nbytes for each connection\n", *name, *number, *overTLS)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	defer w.Flush()
	fmt.Fprintf(w, "resident\t%.0f\n", each(g.before.resident, g.after.resident))
	for _, name := range statistics {
		fmt.Fprintf(w, "%s\t%.0f\n", name, each(g.before.heap.stats[name], g.after.heap.stats[name]))
	}
}

func (g *growth) printGoroutines() {
	fmt.Println("\ngoroutines for each connection")
	for _, group := range g.after.goroutines {
		if share := float64(group.count) / float64(*number); share >= 0.01 {
			fmt.Printf("%.2f  %s\n", share, group.chain())
		}
	}
}

func (g *growth) printPlaces() {
	fmt.Println("\nwhat is in use, by where it was allocated, for each connection")
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	defer w.Flush()
	fmt.Fprintln(w, "bytes\tobjects\tsize\tplace, and its callers")
	places := g.after.heap.minus(g.before.heap)
	var sum float64
	for i, p := range places {
		sum += p.bytes
		if i < *top {
			n := float64(*number)
			fmt.Fprintf(w, "%.1f\t%.2f\t%.0f\t%s\n", p.bytes/n, p.objects/n, p.bytes/p.objects, p.chain())
		}
	}
	fmt.Fprintf(w, "%.1f\t\t\tin all, of %d places\n", sum/float64(*number), len(places))
}
