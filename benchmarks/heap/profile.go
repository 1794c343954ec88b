package main

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// profile is a heap profile of the runtime's, in its form for people.
type profile struct {
	places map[string]*place // by their stack
	stats  map[string]float64
}

// place is one stack that allocated.
type place struct {
	objects, bytes float64 // in use
	stack          []string
}

// statistics are those of runtime.MemStats that are printed.
var statistics = []string{"HeapAlloc", "HeapInuse", "Stack", "MSpan", "GCSys", "OtherSys"}

// parseHeap reads blocks such as
//
//	2: 96 [3: 144] @ 0x1 0x2
//	#	0x1	pkg.function+0x2	/folder/file.go:3
//
// and the statistics behind them, such as "# HeapAlloc = 4".
func parseHeap(b []byte) (*profile, error) {
	p := &profile{places: make(map[string]*place), stats: make(map[string]float64)}
	var at *place
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "#\t"):
			if at != nil {
				at.stack = append(at.stack, position(line))
			}
		case strings.HasPrefix(line, "# "):
			var name string
			var value float64
			if n, _ := fmt.Sscanf(line, "# %s = %f", &name, &value); n == 2 {
				p.stats[name] = value
			}
		case strings.Contains(line, " @ 0x"):
			at = new(place)
			if _, err := fmt.Sscanf(line, "%f: %f [", &at.objects, &at.bytes); err != nil {
				return nil, fmt.Errorf("heap profile: %q: %w", line, err)
			}
			p.places[line[strings.Index(line, " @ "):]] = at
		}
	}
	return p, nil
}

// position takes function and line out of "#	0x1	pkg.f+0x2	/folder/file.go:3".
func position(line string) string {
	fields := strings.Fields(line)
	if len(fields) < 4 {
		return line
	}
	function, _, _ := strings.Cut(path.Base(fields[2]), "+0x")
	return function + " " + path.Base(fields[3])
}

// minus returns how much each place has grown, with the largest first. Stacks
// with the same innermost functions are one place.
func (p *profile) minus(before *profile) []*place {
	sums := make(map[string]*place)
	add := func(all map[string]*place, sign float64) {
		for _, one := range all {
			sum := sums[one.chain()]
			if sum == nil {
				sum = &place{stack: one.stack}
				sums[one.chain()] = sum
			}
			sum.objects += sign * one.objects
			sum.bytes += sign * one.bytes
		}
	}
	add(p.places, 1)
	add(before.places, -1)
	var all []*place
	for _, sum := range sums {
		if sum.bytes != 0 {
			all = append(all, sum)
		}
	}
	slices.SortFunc(all, func(a, b *place) int { return cmp.Compare(b.bytes, a.bytes) })
	return all
}

// depth is how many functions of a stack tell places apart.
const depth = 5

// chain is the innermost part of the stack, without the runtime's.
func (p *place) chain() string { return chain(p.stack) }

func chain(stack []string) string {
	for len(stack) > 1 && (strings.HasPrefix(stack[0], "runtime.") || strings.HasPrefix(stack[0], "maps.")) {
		stack = stack[1:]
	}
	return strings.Join(stack[:min(len(stack), depth)], " < ")
}

// group is a number of goroutines that are at the same place.
type group struct {
	count int
	stack []string
}

func (g *group) chain() string { return chain(g.stack) }

// parseGoroutines reads blocks such as those of parseHeap, which begin with
// "2 @ 0x1".
func parseGoroutines(b []byte) (groups []group, err error) {
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "#\t") && len(groups) > 0:
			last := &groups[len(groups)-1]
			last.stack = append(last.stack, position(line))
		case strings.Contains(line, " @ 0x"):
			var g group
			if _, err := fmt.Sscanf(line, "%d @", &g.count); err != nil {
				return nil, fmt.Errorf("goroutine profile: %q: %w", line, err)
			}
			groups = append(groups, g)
		}
	}
	return groups, nil
}
