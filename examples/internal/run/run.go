// Package run is what the examples' main functions end with.
package run

import (
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/cowhand/cowhand/listener"
)

// UntilInterrupted serves until the process gets SIGINT or SIGTERM, and then
// stops the listener, for which it has five seconds.
func UntilInterrupted(l *listener.Listener) {
	log.Printf("listening on %v", l.Addr())
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	<-interrupted
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := l.Stop(ctx); err != nil {
		log.Print(err)
	}
}
