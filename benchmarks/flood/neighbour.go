package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"time"

	"github.com/cowhand/cowhand/benchmarks/internal/client"
	"github.com/cowhand/cowhand/benchmarks/internal/process"
)

// service is what the neighbour got.
type service struct {
	Median, P99, Max time.Duration
	Echoes           int
}

// neighbour is the process of the well-behaved connection.
type neighbour struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

// startNeighbour starts this program once more, and waits until its connection
// is open. Priority is a nice value; if it is not allowed, nice goes on without.
func startNeighbour(s *process.Server, priority int) (*neighbour, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	n := &neighbour{command: exec.Command("nice", "-n", strconv.Itoa(priority), self,
		"-neighbour", s.Addr, "-d", duration.String(), fmt.Sprintf("-tls=%t", s.TLS))}
	n.command.Stderr = os.Stderr
	if n.in, err = n.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := n.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	n.out = bufio.NewReader(out)
	if err := n.command.Start(); err != nil {
		return nil, err
	}
	if _, err := n.out.ReadString('\n'); err != nil {
		return nil, errors.Join(errors.New("the neighbour did not start"), n.stop())
	}
	return n, nil
}

// measure has it measure for the time of -d, from now on.
func (n *neighbour) measure() (got service, err error) {
	if _, err := io.WriteString(n.in, "go\n"); err != nil {
		return got, err
	}
	line, err := n.out.ReadBytes('\n')
	if err != nil {
		return got, fmt.Errorf("the neighbour failed: %w", err)
	}
	return got, json.Unmarshal(line, &got)
}

func (n *neighbour) stop() error {
	_ = n.command.Process.Kill()
	return n.command.Wait()
}

// beNeighbour is the other process: it connects, says so, waits for a line,
// measures, and prints a service as JSON.
func beNeighbour(addr string, overTLS bool) error {
	conn, err := dialNeighbour(addr, overTLS)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := exchange(conn); err != nil {
		return err
	}
	fmt.Println("connected")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	took, err := echo(conn)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(summary(took))
}

func dialNeighbour(addr string, overTLS bool) (conn net.Conn, err error) {
	if overTLS {
		conn, err = process.DialTLS(addr)
	} else {
		conn, err = net.Dial("tcp", addr)
	}
	if err != nil {
		return nil, err
	}
	return conn, client.Upgrade(conn, bufio.NewReader(conn), "/echo", "")
}

// echo measures one exchange after another.
func echo(conn net.Conn) (took []time.Duration, err error) {
	for end := time.Now().Add(*duration); time.Now().Before(end); time.Sleep(time.Millisecond) {
		began := time.Now()
		if err := exchange(conn); err != nil {
			return nil, err
		}
		took = append(took, time.Since(began))
	}
	return took, nil
}

var (
	question = echoed()
	answer   [smallEcho + 2]byte
)

func exchange(conn net.Conn) error {
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := conn.Write(question); err != nil {
		return err
	}
	_, err := io.ReadFull(conn, answer[:])
	return err
}

func summary(took []time.Duration) service {
	slices.Sort(took)
	last := len(took) - 1
	return service{Median: took[last/2], P99: took[last*99/100], Max: took[last], Echoes: len(took)}
}
