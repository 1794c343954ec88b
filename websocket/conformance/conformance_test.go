package conformance

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// allCases is the suite.
func allCases() []testCase {
	return slices.Concat(
		framingCases(), pingCases(), reservedBitCases(), opcodeCases(), fragmentCases(),
		utf8Cases(), closeCases(), limitCases(), autoFragmentCases(), compressionCases(),
	)
}

// passed counts the cases that were played to the end, for TestCount.
var passed atomic.Int64

// TestConformance plays every case on a connection of its own.
func TestConformance(t *testing.T) {
	for _, c := range allCases() {
		t.Run(c.id, func(t *testing.T) {
			t.Parallel()
			client := connect(t, c.offers)
			for _, step := range c.script {
				step(client)
			}
			passed.Add(1)
		})
	}
}

// TestCount holds the tables to the suite: every family, every id once, 517 in all.
func TestCount(t *testing.T) {
	families := map[string]int{}
	ids := map[string]bool{}
	for _, c := range allCases() {
		family, _, _ := strings.Cut(c.id, ".")
		families[family]++
		ids[c.id] = true
	}
	total := 0
	byNumber := func(a, b string) int { return cmp.Or(len(a)-len(b), cmp.Compare(a, b)) }
	for _, family := range slices.SortedFunc(maps.Keys(families), byNumber) {
		t.Logf("family %2s: %3d cases", family, families[family])
		total += families[family]
	}
	t.Logf("in all    %4d cases, of which %d passed in this run", total, passed.Load())
	assert.Equal(t, map[string]int{
		"1": 16, "2": 11, "3": 7, "4": 10, "5": 20, "6": 145, "7": 37, "9": 54, "10": 1, "12": 90, "13": 126,
	}, families)
	assert.Len(t, ids, total, "an id occurs twice")
	require.Equal(t, 517, total)
}
