package rest_test

import (
	"errors"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/rest"
	"github.com/cowhand/cowhand/internal/servetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write testdata/decisions.txt anew")

// waysOut tells of each decision where it led, and which cases took it there.
type waysOut map[rest.Decision]*ways

type ways struct {
	names []string // in the order in which they were first taken
	cases map[string][]string
}

func (w *ways) add(way, test string) {
	if w.cases[way] == nil {
		w.names = append(w.names, way)
	}
	w.cases[way] = append(w.cases[way], test)
}

// note takes the way of one case.
func (all waysOut) note(test string, trace rest.Trace) {
	for i, d := range trace.Decisions {
		if all[d] == nil {
			all[d] = &ways{cases: map[string][]string{}}
		}
		way := ended(trace)
		if i+1 < len(trace.Decisions) {
			way = trace.Decisions[i+1].String()
		}
		all[d].add(way, test)
	}
}

// ended is how the last decision of a trace ended the flow.
func ended(trace rest.Trace) string {
	text := trace.String()
	how := text[strings.Index(text, ": ")+len(": ") : strings.LastIndex(text, " by "+trace.By().String())]
	how, _, _ = strings.Cut(how, " (")
	return how
}

// String lists the decisions in the order of the flow. Where very many cases
// go one way, a few of them will do.
func (all waysOut) String() string {
	var b strings.Builder
	for _, d := range rest.Decisions() {
		fmt.Fprintln(&b, d)
		if all[d] == nil {
			continue
		}
		for _, way := range all[d].names {
			cases := all[d].cases[way]
			if len(cases) > 8 {
				cases = append(cases[:3:3], "and more") // without their number, which each new case would change
			}
			fmt.Fprintf(&b, "\t-> %s: %s\n", way, strings.Join(cases, "; "))
		}
	}
	return b.String()
}

// TestDecisions holds which cases of the tables lead through which decision,
// and where it leads them, to the list in testdata: none may be left out. To
// see the list, run it with -v; to write it anew, with -update. It runs all of
// the cases, whatever others are chosen.
func TestDecisions(t *testing.T) {
	all := waysOut{}
	for _, group := range flowCases {
		for _, test := range group {
			all.note(test.name, traceOf(t, test.resource, test.request, test.body, test.headers))
		}
	}
	elsewhere := handler.Upgrade{Protocol: protocolFunc(func(*handler.Request, *handler.Env) error { return nil })}
	for _, test := range failing {
		for _, end := range []struct {
			name string
			err  error
		}{{"stop", rest.Stop}, {"switch", rest.Switch(&elsewhere)}, {"error", errors.New("out of order")}} {
			all.note(test.name+" "+end.name, traceOf(t, test.resource(end.err), test.request, "", test.headers))
		}
	}
	t.Logf("\n%v", all)
	for _, d := range rest.Decisions() {
		assert.Contains(t, all, d, "no case reaches %v", d)
	}
	if *update {
		require.NoError(t, os.WriteFile("testdata/decisions.txt", []byte(all.String()), 0o644))
	}
	want, err := os.ReadFile("testdata/decisions.txt")
	require.NoError(t, err)
	assert.Equal(t, string(want), all.String(), "go test ./handler/rest -run TestDecisions -update writes it anew")
}

// traceOf returns the way of a request through the flow.
func traceOf(t *testing.T, resource any, method, body string, headers []string) (trace rest.Trace) {
	t.Helper()
	r := httptest.NewRequest(method, "/", strings.NewReader(body))
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	h := upgrade(resource, rest.Options{Trace: func(t rest.Trace) { trace = t }})
	servetest.Serve(h).ServeHTTP(httptest.NewRecorder(), r)
	require.NotEmpty(t, trace.Decisions)
	return trace
}
