// Package debugport lets a load generator look into a server.
package debugport

import (
	"fmt"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof" // profiles of what is measured
	"runtime"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"
)

// Taken counts the messages that were taken and not answered, for servers that
// say so.
var Taken atomic.Int64

var began = time.Now()

// Serve listens on the port after addr's. GET /gc collects garbage, gives free
// memory back and answers with the number of goroutines; GET /allocated
// answers with the bytes that were allocated so far; GET /taken answers with
// Taken and the nanoseconds at which it was read; /debug/pprof/ profiles.
func Serve(addr string) error {
	next, err := After(addr)
	if err != nil {
		return err
	}
	http.HandleFunc("GET /gc", func(w http.ResponseWriter, _ *http.Request) {
		debug.FreeOSMemory()
		debug.FreeOSMemory() // pools lose what they hold at the second collection
		fmt.Fprintln(w, runtime.NumGoroutine())
	})
	http.HandleFunc("GET /allocated", func(w http.ResponseWriter, _ *http.Request) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		fmt.Fprintln(w, m.TotalAlloc)
	})
	http.HandleFunc("GET /taken", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, Taken.Load(), time.Since(began).Nanoseconds())
	})
	l, err := net.Listen("tcp", next)
	if err != nil {
		return err
	}
	go func() { log.Print(http.Serve(l, nil)) }()
	return nil
}

// After returns addr with the port after its own.
func After(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	n, err := net.LookupPort("tcp", port)
	if err != nil {
		return "", err
	}
	return net.JoinHostPort(host, strconv.Itoa(n+1)), nil
}
