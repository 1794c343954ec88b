package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
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

// build makes the servers' programs and a certificate.
func build(dir string) error {
	const module = "github.com/cowhand/cowhand/benchmarks/"
	if out, err := exec.Command("go", "build", "-o", dir, module+"server", module+"peers").CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(24 * time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := writePEM(filepath.Join(dir, "cert.pem"), "CERTIFICATE", certificate); err != nil {
		return err
	}
	return writePEM(filepath.Join(dir, "key.pem"), "PRIVATE KEY", private)
}

func writePEM(file, kind string, b []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), 0o600)
}

// server is a process that was started for one cell.
type server struct {
	addr    string // whose next port is the debug port
	socket  string // a Unix socket instead
	process *exec.Cmd
	tls     bool
	raw     bool // it echoes bytes, and knows no WebSocket
}

func start(dir, name string, c cell) (*server, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	program, args := filepath.Join(dir, "peers"), []string{"-library", name}
	if variant, ok := strings.CutPrefix(name, "cowhand"); ok {
		program, args = filepath.Join(dir, "server"), nil
		if variant == "-keep" {
			args = []string{"-keep"}
		}
	}
	args = append(args, "-addr", addr)
	if c.deflate != "" {
		args = append(args, "-deflate", c.deflate)
	}
	socket := ""
	if c.unix {
		socket = filepath.Join(dir, "socket"+addr[strings.LastIndexByte(addr, ':')+1:])
		args = append(args, "-unix", socket)
	}
	if c.tls {
		args = append(args, "-cert", filepath.Join(dir, "cert.pem"), "-key", filepath.Join(dir, "key.pem"))
	}
	var said bytes.Buffer
	s := &server{addr: addr, socket: socket, process: exec.Command(program, args...), tls: c.tls, raw: name == "tcp"}
	s.process.Stderr = &said
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	for range 1000 {
		if conn, err := s.dialPlain(); err == nil {
			return s, conn.Close()
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.stop()
	return nil, fmt.Errorf("the server did not start: %s", said.String())
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

func (s *server) stop() {
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
	if s.socket != "" {
		_ = os.Remove(s.socket) // another server may get the same ports
	}
}

func (s *server) dial() (net.Conn, error) {
	if s.tls {
		return tls.Dial("tcp", s.addr, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}})
	}
	return s.dialPlain()
}

func (s *server) dialPlain() (net.Conn, error) {
	if s.socket != "" {
		return net.Dial("unix", s.socket)
	}
	return net.Dial("tcp", s.addr)
}

// ticks is how many the kernel counts in a second of CPU time.
const ticks = 100

// cpu returns the CPU time that the process had, in seconds.
func (s *server) cpu() (float64, error) {
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

// memory returns the process's resident memory in bytes, after a collection.
func (s *server) memory() (float64, error) {
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

// allocated returns how many bytes the process allocated so far.
func (s *server) allocated() (float64, error) { return s.ask("/allocated") }

func (s *server) ask(path string) (float64, error) {
	addr, err := debugport.After(s.addr)
	if err != nil {
		return 0, err
	}
	response, err := http.Get("http://" + addr + path)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(strings.TrimSpace(string(body)), 64)
}
