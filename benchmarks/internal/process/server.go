package process

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/cowhand/cowhand/benchmarks/internal/debugport"
)

// Options says which server to start, and how.
type Options struct {
	Name         string        // cowhand, cowhand-keep, or a library of package peers
	Deflate      string        // takeover, notakeover, or empty
	TLS          bool          // with the certificate that Build made
	Unix         bool          // listen at a Unix socket
	Hibernate    time.Duration // of Cowhand; 0: its default
	MaxFrameSize int           // in bytes; 0: the program's default
	CPUs         string        // the CPUs that it may use, for taskset; empty: all
	Env          []string      // added to the environment
}

// Server is a process that was started.
type Server struct {
	Addr    string // its debug port is the next one
	TLS     bool
	Raw     bool // it echoes bytes, and knows no WebSocket
	Program string
	socket  string // a Unix socket instead
	process *exec.Cmd
}

// Start starts one of the programs that Build put into a folder, and waits
// until it accepts connections.
func Start(dir string, o Options) (*Server, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	program, args := arguments(dir, o)
	args = append(args, "-addr", addr)
	s := &Server{Addr: addr, TLS: o.TLS, Raw: o.Name == "tcp", Program: program}
	if o.Unix {
		s.socket = filepath.Join(dir, "socket"+addr[strings.LastIndexByte(addr, ':')+1:])
		args = append(args, "-unix", s.socket)
	}
	s.process = exec.Command(program, args...)
	if o.CPUs != "" {
		s.process = exec.Command("taskset", append([]string{"-c", o.CPUs, program}, args...)...)
	}
	var said bytes.Buffer
	s.process.Stderr = &said
	s.process.Env = append(os.Environ(), o.Env...)
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	for range 1000 {
		if conn, err := s.dialPlain(); err == nil {
			return s, conn.Close()
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.Stop()
	return nil, fmt.Errorf("the server did not start: %s", said.String())
}

// arguments are the program and its flags, but for where to listen.
func arguments(dir string, o Options) (program string, args []string) {
	program, args = filepath.Join(dir, "peers"), []string{"-library", o.Name}
	if variant, ok := strings.CutPrefix(o.Name, "cowhand"); ok {
		program, args = filepath.Join(dir, "server"), nil
		if variant == "-keep" {
			args = append(args, "-keep")
		}
		if o.Hibernate != 0 {
			args = append(args, "-hibernate", o.Hibernate.String())
		}
	}
	if o.Deflate != "" {
		args = append(args, "-deflate", o.Deflate)
	}
	if o.MaxFrameSize != 0 {
		args = append(args, "-limit", strconv.Itoa(o.MaxFrameSize))
	}
	if o.TLS {
		args = append(args, "-cert", filepath.Join(dir, "cert.pem"), "-key", filepath.Join(dir, "key.pem"))
	}
	return program, args
}

// freeAddr returns an address whose port, and the next one, are free.
func freeAddr() (string, error) {
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		addr := l.Addr().String()
		next, err := debugport.After(addr)
		if err == nil {
			var second net.Listener
			if second, err = net.Listen("tcp", next); err == nil {
				_ = second.Close()
			}
		}
		_ = l.Close()
		if err == nil {
			return addr, nil
		}
	}
	return "", fmt.Errorf("no two free ports")
}

// Stop ends the process.
func (s *Server) Stop() {
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
	if s.socket != "" {
		_ = os.Remove(s.socket) // another server may get the same ports
	}
}

// Dial opens a connection, with TLS if the server speaks it.
func (s *Server) Dial() (net.Conn, error) {
	if s.TLS {
		return DialTLS(s.Addr)
	}
	return s.dialPlain()
}

// DialTLS opens a TLS connection to a server whose certificate Build made.
func DialTLS(addr string) (*tls.Conn, error) {
	return tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}})
}

func (s *Server) dialPlain() (net.Conn, error) {
	if s.socket != "" {
		return net.Dial("unix", s.socket)
	}
	return net.Dial("tcp", s.Addr)
}

// ticks is how many the kernel counts in a second of CPU time.
const ticks = 100

// CPU returns the CPU time that the process had, in seconds.
func (s *Server) CPU() (float64, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.process.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')'):]))
	user, err := strconv.Atoi(fields[12])
	if err != nil {
		return 0, err
	}
	system, err := strconv.Atoi(fields[13])
	return float64(user+system) / ticks, err
}

// Memory returns the process's resident memory in bytes, after a collection.
func (s *Server) Memory() (float64, error) {
	if _, err := s.ask("/gc"); err != nil {
		return 0, err
	}
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.process.Process.Pid))
	if err != nil {
		return 0, err
	}
	pages, err := strconv.Atoi(strings.Fields(string(statm))[1])
	return float64(pages * os.Getpagesize()), err
}

// Allocated returns how many bytes the process allocated so far.
func (s *Server) Allocated() (float64, error) { return s.ask("/allocated") }

func (s *Server) ask(path string) (float64, error) {
	body, err := s.Get(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(strings.TrimSpace(string(body)), 64)
}

// Get asks the server's debug port.
func (s *Server) Get(path string) ([]byte, error) {
	addr, err := debugport.After(s.Addr)
	if err != nil {
		return nil, err
	}
	response, err := http.Get("http://" + addr + path)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}
