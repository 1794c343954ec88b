package handler

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
)

// File is a region of a file, to be sent as a body: Cowboy's {sendfile,
// Offset, Length, Path}. Over TCP without TLS or compression, the system
// sends files of the operating system by itself.
type File struct {
	// FS holds the file; nil is the operating system's file system.
	FS fs.FS

	// Path is the file's name; in an FS, as [fs.ValidPath] has it.
	Path string

	// Offset is the first byte of the region.
	Offset int64

	// Length is the number of bytes of the region; 0 is for all that follow
	// Offset.
	Length int64

	// Empty is for a region of no bytes: Cowboy's Length 0. The file has to be
	// there all the same.
	Empty bool
}

// Size returns the number of bytes of the region; where Length does not say
// it, it asks the file.
func (f File) Size() (int64, error) {
	if f.Length > 0 && !f.Empty {
		return f.Length, nil
	}
	file, err := f.open()
	if err != nil {
		return 0, err
	}
	return f.Length, file.Close()
}

// open opens the file at its region and sets the region's length.
func (f *File) open() (fs.File, error) {
	switch {
	case f.Offset < 0 || f.Length < 0:
		return nil, fmt.Errorf("handler: file %s: the offset %d or the length %d is negative", f.Path, f.Offset, f.Length)
	case f.Empty && f.Length > 0:
		return nil, fmt.Errorf("handler: file %s: a region that is Empty has the length %d", f.Path, f.Length)
	}
	file, err := f.openPath()
	if err != nil {
		return nil, err
	}
	if err := f.seek(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func (f *File) openPath() (fs.File, error) {
	if f.FS != nil {
		return f.FS.Open(f.Path)
	}
	return os.Open(f.Path)
}

// seek checks the region against the file and moves to its first byte.
func (f *File) seek(file fs.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.IsDir() {
		return fmt.Errorf("handler: file %s is a directory", f.Path)
	}
	left := info.Size() - f.Offset
	if f.Length == 0 && !f.Empty {
		f.Length = left
	}
	if left < 0 || f.Length > left {
		return fmt.Errorf("handler: file %s has %d bytes, not the %d from %d on", f.Path, info.Size(), f.Length, f.Offset)
	}
	if f.Offset == 0 {
		return nil
	}
	if seeker, ok := file.(io.Seeker); ok {
		_, err = seeker.Seek(f.Offset, io.SeekStart)
		return err
	}
	_, err = io.CopyN(io.Discard, file, f.Offset)
	return err
}

// sendTo copies the region of an open file.
func (f *File) sendTo(w io.Writer, file fs.File) error {
	n, err := io.CopyN(w, file, f.Length)
	if err == io.EOF {
		return fmt.Errorf("handler: file %s ended %d bytes early", f.Path, f.Length-n)
	}
	return err
}

// ReplyFile sends a reply whose body is a region of a file (cowboy_req:reply/4
// with a sendfile tuple). A file that cannot be opened, or does not have the
// region, is an error before anything was sent. The protocol's Compress leaves
// the file as it is, but not that of [Stream.File]. Otherwise it is as
// [Request.Reply].
func (r *Request) ReplyFile(status int, headers Headers, file File) error {
	if r.replied {
		return ErrReplied
	}
	opened, err := file.open()
	if err != nil {
		return err
	}
	defer opened.Close()
	if err := r.beginReply(status, headers, !file.Empty); err != nil {
		return err
	}
	r.setWithoutValue("Content-Type")
	r.setWithoutValue("Content-Encoding") // keeps Compress from it, whatever is between
	r.writeHeader(status, file.Length)
	if r.r.Method != http.MethodHead {
		err = file.sendTo(r.w, opened)
	}
	return r.sent(err)
}
