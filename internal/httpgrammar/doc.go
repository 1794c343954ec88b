// Package httpgrammar has the grammar that the values of HTTP headers share:
//
//   - tokens, quoted strings and white space: RFC 9110, section 5.6;
//   - comma-separated lists: RFC 9110, section 5.6.1;
//   - weights: RFC 9110, section 12.4.2;
//   - lists of extensions: RFC 6455, section 9.1;
//   - which responses have content: RFC 9110, section 6.4.1.
//
// The grammar of a single header is in the package that uses the header. This
// package imports nothing of the module, and no net/http, so that codecs can
// use it. Nothing here allocates, except for lists that are returned and quoted
// strings that have escapes. All functions are safe for concurrent use; a
// [Scanner] isn't.
package httpgrammar
