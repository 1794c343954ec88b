package main

import (
	"cmp"
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/cowhand/cowhand/benchmarks/internal/process"
)

var (
	servers  = flag.String("servers", ".*", "servers to measure (regular expression)")
	which    = flag.String("cells", ".*", "cells to measure (regular expression)")
	rounds   = flag.Int("rounds", 3, "rounds")
	duration = flag.Duration("d", 2*time.Second, "time to measure in each cell, besides idle ones")
	clients  = flag.Int("c", 64, "connections that send")
	idlers   = flag.Int("n", 5000, "connections of idle cells whose names do not say; both sides need a file descriptor for each")
	settle   = flag.Duration("settle", 5*time.Second, "time that idle connections have before they are measured")
)

// names are the servers, in the order of the tables.
var names = []string{"cowhand", "cowhand-keep", "tcp", "gobwas", "gws", "gorilla", "coder", "httprouter"}

func main() {
	flag.Parse()
	log.SetFlags(0)
	if err := compare(); err != nil {
		log.Fatal("compare: ", err)
	}
}

func compare() error {
	chosen, err := choose(names, *servers, func(name string) string { return name })
	if err != nil {
		return err
	}
	cells, err := choose(cells, *which, func(c cell) string { return c.name })
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "compare")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := process.Build(dir); err != nil {
		return err
	}
	for _, c := range cells {
		if most := descriptors() - 100; c.connections > most {
			fmt.Printf("\n%s is left out: it needs a limit of open files of %d (ulimit -n)\n", c.name, c.connections+100)
			continue
		}
		results := make(map[string][]result)
		for round := range *rounds {
			for i := range chosen {
				name := chosen[(i+round)%len(chosen)]
				if !c.has(name) {
					continue
				}
				r, err := measure(dir, name, c)
				if err != nil {
					return fmt.Errorf("%s of %s: %w", c.name, name, err)
				}
				results[name] = append(results[name], r)
			}
		}
		print(c, chosen, results)
	}
	return nil
}

// descriptors returns how many files a process may have open, of which some
// are none of the connections'.
func descriptors() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	return int(min(limit.Cur, math.MaxInt32))
}

func choose[T any](all []T, pattern string, name func(T) string) (chosen []T, err error) {
	p, err := regexp.Compile("^(?:" + pattern + ")$")
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		if p.MatchString(name(one)) {
			chosen = append(chosen, one)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("nothing is named %q", pattern)
	}
	return chosen, nil
}

func measure(dir, name string, c cell) (result, error) {
	s, err := process.Start(dir, c.options(name))
	if err != nil {
		return nil, err
	}
	defer s.Stop()
	return c.run(s, c)
}

// print writes a cell's table of medians.
func print(c cell, servers []string, results map[string][]result) {
	fmt.Printf("\n%s\n", c.name)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer w.Flush()
	fmt.Fprintf(w, "server\t%s\t\n", strings.Join(c.columns, "\t"))
	for _, name := range servers {
		if len(results[name]) == 0 {
			continue
		}
		fmt.Fprintf(w, "%s\t", name)
		for i := range c.columns {
			fmt.Fprintf(w, "%s\t", short(median(results[name], i)))
		}
		fmt.Fprintln(w)
	}
}

func median(results []result, column int) float64 {
	slices.SortFunc(results, func(a, b result) int { return cmp.Compare(a[column], b[column]) })
	return results[len(results)/2][column]
}

// short is v with three digits that matter.
func short(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
