package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/cowhand/cowhand/benchmarks/internal/process"
)

var (
	servers    = flag.String("servers", "cowhand|gws|gorilla", "servers to flood: cowhand, cowhand-keep, gws, gorilla, coder (regular expression)")
	which      = flag.String("kinds", ".*", "kinds of flood (regular expression)")
	transports = flag.String("transports", ".*", "tcp, tls (regular expression)")
	floods     = flag.Int("floods", 50, "connections that flood")
	duration   = flag.Duration("d", 5*time.Second, "time to measure, after a quarter of it to warm up")
	rounds     = flag.Int("rounds", 1, "rounds; each prints its own lines")
	cpus       = flag.String("cpus", "", "SERVER:LOAD, such as 0:1, the CPUs of either, for taskset; empty: both share all")
	priority   = flag.Int("priority", -5, "nice value of the neighbour's process")

	neighbourOf = flag.String("neighbour", "", "be the neighbour, of the server at this address; for the program's own use")
	overTLS     = flag.Bool("tls", false, "with -neighbour")
)

func main() {
	flag.Parse()
	log.SetFlags(0)
	run := measureAll
	if *neighbourOf != "" {
		run = func() error { return beNeighbour(*neighbourOf, *overTLS) }
	}
	if err := run(); err != nil {
		log.Fatal("flood: ", err)
	}
}

func measureAll() error {
	chosen, err := choose([]string{"cowhand", "cowhand-keep", "gws", "gorilla", "coder"}, *servers, func(s string) string { return s })
	if err != nil {
		return err
	}
	over, err := choose([]string{"tcp", "tls"}, *transports, func(s string) string { return s })
	if err != nil {
		return err
	}
	all, err := kinds()
	if err != nil {
		return err
	}
	if all, err = choose(all, *which, func(k kind) string { return k.name }); err != nil {
		return err
	}
	serverCPUs, err := pin()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "flood")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := process.Build(dir); err != nil {
		return err
	}
	for range *rounds {
		for _, transport := range over {
			for _, k := range all {
				if err := compare(dir, serverCPUs, transport, &k, chosen); err != nil {
					return err
				}
			}
		}
	}
	return nil
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

// pin keeps this process, and those that it starts, to the load's CPUs. It
// returns those of the server.
func pin() (serverCPUs string, err error) {
	if *cpus == "" {
		return "", nil
	}
	serverCPUs, load, found := strings.Cut(*cpus, ":")
	if !found || serverCPUs == "" || load == "" {
		return "", fmt.Errorf("-cpus %q: it must be like 0:1", *cpus)
	}
	out, err := exec.Command("taskset", "-apc", load, strconv.Itoa(os.Getpid())).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("taskset: %w: %s", err, out)
	}
	return serverCPUs, nil
}

// figures are what a flood of one server gave.
type figures struct {
	service
	perSecond map[string]float64 // messages of flooders, by kind
	cpu       float64            // of the server, in CPUs
	cut       int                // flooders that the server has ended
}

// compare floods one server after another, and prints a table.
func compare(dir, serverCPUs, transport string, k *kind, servers []string) error {
	fmt.Printf("\n%s, %s, %d flooders\n", k.name, transport, *floods)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "server\tmedian ms\tp99 ms\tmax ms\techoes\tflood messages/s\tserver CPUs\tcut off\t")
	for _, name := range servers {
		f, err := measure(dir, serverCPUs, transport, k, name)
		if err != nil {
			_ = w.Flush()
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\t%.2f\t%d\t\n", name, ms(f.Median), ms(f.P99), ms(f.Max), f.Echoes, f.rates(), f.cpu, f.cut)
	}
	return w.Flush()
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f", d.Seconds()*1e3) }

// rates prints messages/s, of each kind in a mixed flood.
func (f *figures) rates() string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(f.perSecond)) {
		rate := fmt.Sprintf("%.0f", f.perSecond[name])
		if len(f.perSecond) > 1 {
			rate += " " + name
		}
		all = append(all, rate)
	}
	return strings.Join(all, ", ")
}

func measure(dir, serverCPUs, transport string, k *kind, name string) (f figures, err error) {
	s, err := process.Start(dir, process.Options{
		Name: name, Deflate: "notakeover", TLS: transport == "tls", MaxFrameSize: maxFrame, CPUs: serverCPUs,
	})
	if err != nil {
		return f, err
	}
	defer s.Stop()
	one, err := startNeighbour(s, *priority)
	if err != nil {
		return f, err
	}
	defer one.stop()
	n := *floods
	if k.name == "none" {
		n = 0
	}
	flooders, err := connect(s, k, n)
	if err != nil {
		return f, err
	}
	var running sync.WaitGroup
	defer running.Wait()
	defer closeAll(flooders)
	flood(flooders, &running)
	time.Sleep(*duration / 4)
	taken := takenBy(s)
	if f, err = observe(s, one, flooders); err == nil && k.sunk {
		f.perSecond[k.name], err = taken()
	}
	return f, err
}

// takenBy returns a function that returns how many messages/s the server has
// taken and not answered since.
func takenBy(s *process.Server) func() (float64, error) {
	read := func() (count, at float64, err error) {
		b, err := s.Get("/taken")
		if err == nil {
			_, err = fmt.Sscan(string(b), &count, &at)
		}
		return count, at, err
	}
	before, began, err := read()
	return func() (float64, error) {
		after, ended, err2 := read()
		return (after - before) / (ended - began) * 1e9, errors.Join(err, err2)
	}
}

// observe has the neighbour measure, and counts meanwhile.
func observe(s *process.Server, one *neighbour, flooders []*flooder) (f figures, err error) {
	cpu, err := s.CPU()
	if err != nil {
		return f, err
	}
	began, before := time.Now(), sent(flooders)
	if f.service, err = one.measure(); err != nil {
		return f, err
	}
	took := time.Since(began).Seconds()
	f.perSecond = sent(flooders)
	for name := range f.perSecond {
		f.perSecond[name] = (f.perSecond[name] - before[name]) / took
	}
	after, err := s.CPU()
	f.cpu, f.cut = (after-cpu)/took, cutOff(flooders)
	return f, err
}
