// Package options has the rule for parameters such as options ...Options: there
// is one, or none, and a second one is an error rather than ignored.
package options

import "fmt"

// One returns the options given, or the zero value. The error of more than one
// begins with the caller, such as "websocket: Upgrade".
func One[T any](caller string, given []T) (one T, err error) {
	switch len(given) {
	case 0:
		return one, nil
	case 1:
		return given[0], nil
	}
	return one, fmt.Errorf("%s takes at most one %T; it was given %d", caller, one, len(given))
}
