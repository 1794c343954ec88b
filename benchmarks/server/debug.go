package main

import (
	"fmt"
	"log"
	"net/http"
	_ "net/http/pprof" // profiles of what is measured
	"runtime"
	"runtime/debug"
	"strconv"
)

func itoa(n int) string { return strconv.Itoa(n) }

// serveDebug listens on the port after addr's: /gc collects garbage, gives
// free memory back and answers with the number of goroutines, and
// /debug/pprof/ profiles.
func serveDebug(addr string) error {
	next, err := debugAddr(addr)
	if err != nil {
		return err
	}
	http.HandleFunc("GET /gc", func(w http.ResponseWriter, _ *http.Request) {
		debug.FreeOSMemory()
		debug.FreeOSMemory() // pools lose what they hold at the second collection
		fmt.Fprintln(w, runtime.NumGoroutine())
	})
	go func() { log.Print(http.ListenAndServe(next, nil)) }()
	return nil
}
