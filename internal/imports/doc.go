// Package imports holds a test only: that the packages import each other in
// one direction, and that few of them import anything else.
package imports
