package rest

import (
	"slices"
	"strings"

	"github.com/cowhand/cowhand/handler"
)

// prioritize returns the items in the order in which to try them. before says
// that a goes before b; of two that neither goes before the other, the later
// one goes first, as in Cowboy.
func prioritize[T any](items []T, before func(a, b T) bool) []T {
	var sorted []T
	for _, item := range items {
		at := 0
		for at < len(sorted) && before(sorted[at], item) {
			at++
		}
		sorted = slices.Insert(sorted, at, item)
	}
	return sorted
}

// prioritizeTypes orders an Accept header: by weight, and the more specific
// range of one type before the less specific one.
func prioritizeTypes(accept []handler.MediaRange) []handler.MediaRange {
	return prioritize(accept, func(a, b handler.MediaRange) bool {
		if a.Quality != b.Quality {
			return a.Quality > b.Quality
		}
		switch {
		case a.Type != b.Type:
			return b.Type == "*"
		case a.Subtype != b.Subtype:
			return b.Subtype == "*"
		}
		return len(a.Params) > len(b.Params)
	})
}

// prioritizeWeighted orders another Accept-* header, by weight.
func prioritizeWeighted(accept []handler.Weighted) []handler.Weighted {
	return prioritize(accept, func(a, b handler.Weighted) bool { return a.Quality > b.Quality })
}

// chooseWeighted returns the first of the offers that the client likes best,
// and whether there is one. matches says that an item of the header, which is
// not "*", is about an offer. What the client weighs with 0 it does not want,
// not by way of "*" either (RFC 9110, section 12.4.2).
func chooseWeighted(accept []handler.Weighted, offers []string, matches func(item, offer string) bool) (string, bool) {
	for _, item := range prioritizeWeighted(accept) {
		if item.Quality == 0 {
			break
		}
		for _, offer := range offers {
			if item.Value == "*" && !refuses(accept, offer, matches) || item.Value != "*" && matches(item.Value, offer) {
				return offer, true
			}
		}
	}
	return "", false
}

// refuses reports whether an item other than "*" weighs an offer with 0.
func refuses(accept []handler.Weighted, offer string, matches func(item, offer string) bool) bool {
	return slices.ContainsFunc(accept, func(item handler.Weighted) bool {
		return item.Quality == 0 && item.Value != "*" && matches(item.Value, offer)
	})
}

// matchLanguage is basic filtering: the range is the tag, or the tag's
// beginning up to a "-" (RFC 4647, section 3.3.1).
func matchLanguage(item, offer string) bool {
	if len(offer) > len(item) && offer[len(item)] != '-' {
		return false
	}
	return len(offer) >= len(item) && strings.EqualFold(offer[:len(item)], item)
}

func matchCharset(item, offer string) bool { return strings.EqualFold(item, offer) }

// matchType reports whether a range is about a type, parameters aside.
func matchType(r, t handler.MediaType) bool {
	return r.Type == "*" && r.Subtype == "*" || r.Type == t.Type && (r.Subtype == "*" || r.Subtype == t.Subtype)
}

// refusesType reports whether the client weighs a type with 0 by a range that
// is more specific than r.
func refusesType(accept []handler.MediaRange, r handler.MediaRange, p provided) bool {
	return slices.ContainsFunc(accept, func(other handler.MediaRange) bool {
		return other.Quality == 0 && specificity(other) > specificity(r) &&
			matchType(other.MediaType, p.MediaType) && p.takes(other.Params)
	})
}

func specificity(r handler.MediaRange) int {
	switch {
	case r.Type == "*":
		return 0
	case r.Subtype == "*":
		return 1
	}
	return 2 + len(r.Params)
}

// sameParams reports whether two lists have the same parameters, in whatever
// order.
func sameParams(a, b []handler.Param) bool {
	if len(a) != len(b) {
		return false
	}
	for _, p := range a {
		if !slices.Contains(b, p) {
			return false
		}
	}
	return true
}
