// Package rawio reads and writes descriptors that do not block. The calls
// bypass the scheduler: package syscall first prepares it for a call that may
// take long. It is for Linux.
package rawio
