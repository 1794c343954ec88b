package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// folders are those of the packages that the pages name.
var folders = map[string]string{
	"deflate":       "../websocket/deflate",
	"frame":         "../websocket/frame",
	"group":         "../websocket/group",
	"handler":       "../handler",
	"handlertest":   "../handler/handlertest",
	"listener":      "../listener",
	"loop":          "../handler/loop",
	"protocol":      "../protocol",
	"rest":          "../handler/rest",
	"router":        "../router",
	"static":        "../handler/static",
	"websocket":     "../websocket",
	"websockettest": "../websocket/websockettest",
}

// receivers are the types that the pages have variables of.
var receivers = map[string][]string{
	"conn":   {"websocket.Conn"},
	"env":    {"handler.Env"},
	"l":      {"listener.Listener", "loop.Loop"},
	"part":   {"handler.Part"},
	"reason": {"websocket.Reason", "loop.Reason", "protocol.Reason"},
	"req":    {"handler.Request", "rest.Request"},
	"stream": {"handler.Stream"},
	"x":      {"protocol.Exchange"},
}

// goName is a qualified name: package.Name, package.Type.Member, variable.Member.
var goName = regexp.MustCompile(`\b([a-z]+)\.([A-Z]\w*)(?:\.([A-Z]\w*))?`)

// TestNamesExist holds the Go names in the prose to the code: each that is
// qualified by a package, or by a variable of a well-known type, is exported.
func TestNamesExist(t *testing.T) {
	exported := make(map[string]bool)
	for name, folder := range folders {
		maps.Copy(exported, exports(t, name, folder))
	}
	for _, p := range pages(t) {
		for _, l := range p.code() {
			for _, match := range goName.FindAllStringSubmatch(l.text, -1) {
				assert.True(t, exists(exported, match[1], match[2], match[3]),
					"%s:%d: there is no %s in `%s`", p.path, l.number, match[0], l.text)
			}
		}
	}
}

func exists(exported map[string]bool, qualifier, name, member string) bool {
	if types, ok := receivers[qualifier]; ok {
		for _, typ := range types {
			if exported[typ+"."+name] {
				return true
			}
		}
		return false
	}
	if _, ok := folders[qualifier]; !ok {
		return true // of another package, such as http
	}
	if member != "" && exported[qualifier+"."+name] {
		return exported[qualifier+"."+name+"."+member]
	}
	return exported[qualifier+"."+name]
}

// exports are the exported names of a package: name.Name, and name.Type.Member
// for the methods and the fields of its types.
func exports(t *testing.T, name, folder string) map[string]bool {
	t.Helper()
	found := make(map[string]bool)
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(folder, entry.Name()), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			for _, member := range declared(decl) {
				found[name+"."+member] = true
			}
		}
	}
	require.NotEmpty(t, found, folder)
	return found
}

func declared(decl ast.Decl) (names []string) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Recv == nil {
			return []string{decl.Name.Name}
		}
		return []string{typeName(decl.Recv.List[0].Type) + "." + decl.Name.Name}
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					names = append(names, name.Name)
				}
			case *ast.TypeSpec:
				names = append(names, spec.Name.Name)
				for _, member := range members(spec.Type) {
					names = append(names, spec.Name.Name+"."+member)
				}
			}
		}
	}
	return names
}

// members are the fields of a struct, or the methods of an interface.
func members(typ ast.Expr) (names []string) {
	var fields *ast.FieldList
	switch typ := typ.(type) {
	case *ast.StructType:
		fields = typ.Fields
	case *ast.InterfaceType:
		fields = typ.Methods
	default:
		return nil
	}
	for _, field := range fields.List {
		for _, name := range field.Names {
			names = append(names, name.Name)
		}
		if len(field.Names) == 0 {
			names = append(names, typeName(field.Type))
		}
	}
	return names
}

// typeName is the name of a type without its package, pointer and parameters.
func typeName(typ ast.Expr) string {
	switch typ := typ.(type) {
	case *ast.Ident:
		return typ.Name
	case *ast.StarExpr:
		return typeName(typ.X)
	case *ast.SelectorExpr:
		return typ.Sel.Name
	case *ast.IndexExpr:
		return typeName(typ.X)
	case *ast.IndexListExpr:
		return typeName(typ.X)
	}
	return ""
}
