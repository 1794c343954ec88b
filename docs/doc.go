// Package docs is the guide, a chapter per page; its test compiles the
// snippets.
package docs
