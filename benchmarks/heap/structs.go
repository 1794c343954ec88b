package main

import (
	"cmp"
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// watched are the structs that a connection is made of, or may be.
var watched = []string{
	"net.TCPConn", "net.netFD", "net.TCPAddr", "internal/poll.FD", "runtime.pollDesc", "runtime.g",
	"crypto/tls.Conn", "crypto/tls.halfConn", "crypto/tls.Config", "crypto/internal/fips140/aes/gcm.GCM",
	"crypto/internal/fips140/aes.Block", "crypto/x509.Certificate", "bufio.Reader", "bufio.Writer", "net/http.conn", "net/http.Request",
}

// printStructs prints the sizes of the watched structs, and of those of
// Cowhand's packages for connections, as the program's debug information has
// them.
func printStructs(program string) error {
	sizes, err := sizesIn(program)
	if err != nil {
		return err
	}
	fmt.Println("\nsizes of structs in bytes, without what they point to")
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	defer w.Flush()
	names := make([]string, 0, len(sizes))
	for name := range sizes {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(sizes[b], sizes[a]), cmp.Compare(a, b))
	})
	for _, name := range names {
		fmt.Fprintf(w, "%d\t%s\n", sizes[name], name)
	}
	return nil
}

func sizesIn(program string) (map[string]int64, error) {
	file, err := elf.Open(program)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.DWARF()
	if err != nil {
		return nil, err
	}
	return structSizes(info.Reader())
}

func structSizes(r *dwarf.Reader) (map[string]int64, error) {
	sizes := make(map[string]int64)
	for {
		entry, err := r.Next()
		if err != nil || entry == nil {
			return sizes, err
		}
		if entry.Tag != dwarf.TagStructType {
			continue
		}
		name, _ := entry.Val(dwarf.AttrName).(string)
		if size, ok := entry.Val(dwarf.AttrByteSize).(int64); ok && isWatched(name) {
			sizes[name] = size
		}
	}
}

func isWatched(name string) bool {
	own := strings.HasPrefix(name, "github.com/cowhand/cowhand/websocket.") ||
		strings.HasPrefix(name, "github.com/cowhand/cowhand/internal/mailbox.") ||
		name == "github.com/cowhand/cowhand/websocket/frame.Parser"
	return own && !strings.ContainsAny(name, "[*") || slices.Contains(watched, name)
}
