package static

import (
	"errors"
	"io/fs"
	"slices"
	"syscall"
)

// nameErrors are the errors by which systems say that there can be no file of
// a name: it goes on below a file, is too long or is not one.
var nameErrors = append([]syscall.Errno{
	syscall.ENOTDIR, syscall.ENAMETOOLONG, syscall.ELOOP, syscall.EILSEQ, syscall.EINVAL,
}, ownNameErrors...)

// absent reports whether err, of looking for the file, says that there is
// none: 404. Any other says that the server cannot tell, as when it has no
// descriptor left.
func (r *resource) absent(err error) bool {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		return true
	}
	var number syscall.Errno
	if errors.As(err, &number) {
		return slices.Contains(nameErrors, number)
	}
	return r.dir != "" // os.Root's own error is of a link that leads out
}
