package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// family is a chapter of the suite, and how many cases it has: 517 in all.
type family struct {
	id    string
	name  string
	cases int
}

var families = []family{
	{"1", "framing", 16},
	{"2", "pings and pongs", 11},
	{"3", "reserved bits", 7},
	{"4", "opcodes", 10},
	{"5", "fragmentation", 20},
	{"6", "UTF-8", 145},
	{"7", "close", 37},
	{"9", "limits", 54},
	{"10", "auto-fragmentation", 1},
	{"12", "compression, payloads", 90},
	{"13", "compression, parameters", 126},
}

// informational are the cases where the suite judges nobody: it only tells what came.
var informational = []string{"7.1.6", "7.13.1", "7.13.2"}

// passed tells whether a case ended as it must, its closing handshake too.
func (o outcome) passed(id string) bool {
	may := func(behavior string) bool {
		return behavior == "OK" || behavior == "INFORMATIONAL" && slices.Contains(informational, id)
	}
	return may(o.Behavior) && may(o.BehaviorClose)
}

// verdict is the judgement on a run, family by family.
type verdict struct {
	rows    []row
	strange []string // cases that were not asked for
	cases   map[string]outcome
}

// row counts the cases of one family by how they ended.
type row struct {
	family
	ok, informational int
	bad               []string
	missing           int
}

// judge compares the cases with what the families must have.
func judge(ids []string, cases map[string]outcome) verdict {
	v := verdict{cases: cases}
	for _, f := range families {
		if slices.Contains(ids, f.id) {
			v.rows = append(v.rows, f.judge(cases))
		}
	}
	for id := range cases {
		if !slices.Contains(ids, familyOf(id)) {
			v.strange = append(v.strange, id)
		}
	}
	slices.SortFunc(v.strange, compareIDs)
	return v
}

func (f family) judge(cases map[string]outcome) row {
	r := row{family: f, missing: f.cases}
	for _, id := range slices.SortedFunc(maps.Keys(cases), compareIDs) {
		if familyOf(id) != f.id {
			continue
		}
		r.missing--
		switch o := cases[id]; {
		case !o.passed(id):
			r.bad = append(r.bad, id)
		case o.Behavior == "OK":
			r.ok++
		default:
			r.informational++
		}
	}
	return r
}

// failed counts the cases that did not pass, those that never ran among them.
func (v verdict) failed() int {
	n := len(v.strange)
	for _, r := range v.rows {
		n += len(r.bad) + max(r.missing, -r.missing)
	}
	return n
}

func (v verdict) passed() int {
	n := 0
	for _, r := range v.rows {
		n += r.ok + r.informational
	}
	return n
}

func (v verdict) print(w io.Writer) {
	v.printTable(w)
	for _, r := range v.rows {
		for _, id := range r.bad {
			v.printCase(w, id)
		}
		if r.missing != 0 {
			fmt.Fprintf(w, "\nfamily %s: %d cases, want %d\n", r.id, r.cases-r.missing, r.cases)
		}
	}
	if len(v.strange) > 0 {
		fmt.Fprintf(w, "\nnot asked for: %s\n", strings.Join(v.strange, " "))
	}
	fmt.Fprintf(w, "\nautobahn: %d passed, %d failed\n", v.passed(), v.failed())
}

func (v verdict) printTable(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "family\t\tcases\tOK\tinformational\tfailed\tmissing")
	for _, r := range v.rows {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%d\t%d\n",
			r.id, r.name, r.cases, r.ok, r.informational, len(r.bad), r.missing)
	}
	t.Flush()
}

func (v verdict) printCase(w io.Writer, id string) {
	o := v.cases[id]
	fmt.Fprintf(w, "\n%s: %s, closing %s\n", id, o.Behavior, o.BehaviorClose)
	for _, line := range []string{o.detail.Description, o.detail.Result, o.detail.ResultClose} {
		if line, _, _ = strings.Cut(line, "<br>"); line != "" {
			fmt.Fprintf(w, "    %s\n", strings.Join(strings.Fields(line), " "))
		}
	}
}

func familyOf(id string) string {
	f, _, _ := strings.Cut(id, ".")
	return f
}

// compareIDs orders case ids by their numbers: 1.2.10 comes after 1.2.9.
func compareIDs(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(a, b string) int {
		m, _ := strconv.Atoi(a)
		n, _ := strconv.Atoi(b)
		return cmp.Compare(m, n)
	})
}
