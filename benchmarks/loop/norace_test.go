//go:build !race

package loop

const racing = false
