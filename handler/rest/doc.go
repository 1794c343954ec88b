// Package rest is the sub-protocol for REST handlers.
package rest
