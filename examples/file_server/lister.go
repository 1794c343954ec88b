package main

import (
	"io/fs"
	"strings"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

// directoryLister is the middleware between the router and the handler: where
// the path is a directory's, it puts another handler in the place of the one
// for files.
type directoryLister struct{ files fs.FS }

func (m directoryLister) Execute(req *handler.Request, env *handler.Env) (protocol.Next, error) {
	if name, ok := directoryName(req.PathInfo()); ok && isDirectory(m.files, name) {
		env.Handler = directory{m.files, name}
	}
	return protocol.Continue, nil
}

// directoryName is the name for fs.FS of what [...] matched. A segment with a
// slash in it, written %2F, is no name.
func directoryName(segments []string) (name string, ok bool) {
	for _, segment := range segments {
		if strings.Contains(segment, "/") {
			return "", false
		}
	}
	if name = strings.Join(segments, "/"); name == "" {
		return ".", true
	}
	return name, fs.ValidPath(name)
}

func isDirectory(files fs.FS, name string) bool {
	info, err := fs.Stat(files, name)
	return err == nil && info.IsDir()
}
