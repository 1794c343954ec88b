package strictjson

import (
	"reflect"
	"strings"
	"sync"
)

// fields are those of a struct, by their keys.
type fields struct {
	byKey    map[string]field
	required []string
}

// field is the field of a key.
type field struct {
	typ      reflect.Type
	required bool

	named bool // by a tag
}

// fieldCache has the fields of each struct type that was decoded.
var fieldCache sync.Map // reflect.Type to *fields

func fieldsOf(t reflect.Type) *fields {
	if known, ok := fieldCache.Load(t); ok {
		return known.(*fields)
	}
	known, _ := fieldCache.LoadOrStore(t, collect(t))
	return known.(*fields)
}

// embedded is a struct whose fields are promoted.
type embedded struct {
	typ      reflect.Type
	optional bool // a pointer leads to it
}

// collect finds the fields level by level: as in encoding/json, a shallower
// field hides a deeper one of the same key.
func collect(t reflect.Type) *fields {
	f := &fields{byKey: make(map[string]field)}
	hidden := make(map[string]bool) // of several fields of a level none counts
	seen := make(map[reflect.Type]bool)
	for level := []embedded{{typ: t}}; len(level) > 0; {
		found := make(map[string][]field)
		var next []embedded
		for _, e := range level {
			next = append(next, e.collect(found)...)
		}
		for key, candidates := range found {
			if _, taken := f.byKey[key]; taken || hidden[key] {
				continue
			}
			if one, ok := dominant(candidates); ok {
				f.byKey[key] = one
			} else {
				hidden[key] = true
			}
		}
		for _, e := range level {
			seen[e.typ] = true
		}
		level = level[:0]
		for _, e := range next {
			if !seen[e.typ] {
				level = append(level, e)
			}
		}
	}
	for key, one := range f.byKey {
		if one.required {
			f.required = append(f.required, key)
		}
	}
	return f
}

// collect adds the fields of one struct and returns those embedded in it.
func (e embedded) collect(found map[string][]field) (next []embedded) {
	for i := range e.typ.NumField() {
		sf := e.typ.Field(i)
		tag := sf.Tag.Get("json")
		target := sf.Type
		if target.Name() == "" && target.Kind() == reflect.Pointer {
			target = target.Elem()
		}
		isStruct := target.Kind() == reflect.Struct
		if tag == "-" || !sf.IsExported() && !(sf.Anonymous && isStruct) {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if sf.Anonymous && isStruct && name == "" {
			next = append(next, embedded{target, e.optional || sf.Type.Kind() == reflect.Pointer})
			continue
		}
		one := field{typ: sf.Type, named: name != ""}
		one.required = !e.optional && sf.Type.Kind() != reflect.Pointer && !mayBeMissing(options)
		if name == "" {
			name = sf.Name
		}
		found[name] = append(found[name], one)
	}
	return next
}

func mayBeMissing(options string) bool {
	for option := range strings.SplitSeq(options, ",") {
		if option == "omitempty" || option == "omitzero" {
			return true
		}
	}
	return false
}

// dominant returns the one field, or the one that a tag names.
func dominant(candidates []field) (one field, ok bool) {
	if len(candidates) == 1 {
		return candidates[0], true
	}
	named := 0
	for _, f := range candidates {
		if f.named {
			one, named = f, named+1
		}
	}
	return one, named == 1
}
