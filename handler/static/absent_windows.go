package static

import "syscall"

// ownNameErrors are ERROR_INVALID_NAME, ERROR_BAD_PATHNAME,
// ERROR_FILENAME_EXCED_RANGE, ERROR_DIRECTORY and
// ERROR_CANT_RESOLVE_FILENAME.
var ownNameErrors = []syscall.Errno{123, 161, 206, 267, 1921}
