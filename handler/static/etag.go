package static

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"strconv"
	"sync"

	"github.com/cowhand/cowhand/handler"
)

// tagCache keeps the tags that were made of a file's content.
type tagCache struct {
	tags sync.Map // of cacheKey to string
}

// cacheKey is what of a file makes its tag good for.
type cacheKey struct {
	name string
	size int64
}

// of returns a strong tag: of the size and the modification time, to the
// nanosecond where the system has it, or of the content. Different forms of a
// file, such as a compressed one, get different tags (RFC 9110, section
// 8.8.3.3).
func (c *tagCache) of(fsys fs.FS, name, encoding string, info fs.FileInfo) (handler.ETag, error) {
	tag := strconv.FormatInt(info.Size(), 16) + "-"
	if modified := info.ModTime(); !modified.IsZero() {
		tag += strconv.FormatInt(modified.UnixNano(), 16)
	} else {
		sum, err := c.sum(fsys, cacheKey{name, info.Size()})
		if err != nil {
			return handler.ETag{}, err
		}
		tag += sum
	}
	if encoding != "" {
		tag += "-" + encoding
	}
	return handler.ETag{Tag: tag}, nil
}

// sum returns the beginning of the SHA-256 of a file without a modification
// time: one that does not change while the program runs.
func (c *tagCache) sum(fsys fs.FS, key cacheKey) (string, error) {
	if known, ok := c.tags.Load(key); ok {
		return known.(string), nil
	}
	file, err := fsys.Open(key.name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	sum := hex.EncodeToString(hash.Sum(nil)[:16])
	c.tags.Store(key, sum)
	return sum, nil
}
