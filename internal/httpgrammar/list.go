package httpgrammar

import (
	"iter"
	"strings"
)

// MaxItems is the most items of a list that [List] and [NonEmptyList] return:
// packages compare lists item by item.
const MaxItems = 1000

// List reads the items of a comma-separated list and skips empty ones (RFC
// 9110, section 5.6.1.2). A list of more than MaxItems is malformed.
func List[T any](value string, item func(*Scanner) (T, bool)) ([]T, bool) {
	s := NewScanner(value)
	items := []T{}
	for {
		for s.SkipSpaced(',') {
		}
		if s.Done() {
			return items, true
		}
		one, ok := item(&s)
		if !ok || len(items) == MaxItems {
			return nil, false
		}
		items = append(items, one)
		if !s.End() && !s.Skip(',') {
			return nil, false
		}
	}
}

// NonEmptyList is List for a header that must have an item.
func NonEmptyList[T any](value string, item func(*Scanner) (T, bool)) ([]T, bool) {
	items, ok := List(value, item)
	return items, ok && len(items) > 0
}

// Elements returns the elements of a list without white space around them,
// empty ones included. Several lines are one list (RFC 9110, section 5.3). It is
// for lists that have no quoted strings, as it splits at each comma.
func Elements(lines []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, line := range lines {
			for more := true; more; {
				var element string
				element, line, more = strings.Cut(line, ",")
				if !yield(strings.Trim(element, space)) {
					return
				}
			}
		}
	}
}

// HasElement reports whether a list has an element, whatever the case.
func HasElement(lines []string, element string) bool {
	for one := range Elements(lines) {
		if strings.EqualFold(one, element) {
			return true
		}
	}
	return false
}
