// Package strictjson decodes JSON with encoding/json, says where a document is
// at fault, and refuses what encoding/json lets pass in silence.
//
// [Unmarshal] refuses, besides what encoding/json does:
//
//   - a key of a struct that is missing. A field may be missing if its tag has
//     omitempty or omitzero, if it is a pointer, or if it is promoted from an
//     embedded pointer.
//   - an unknown key, and a key in another case.
//   - a key that an object has twice, in maps and in values of type any, too.
//   - null, unless it is for a pointer or an interface. A type with the method
//     UnmarshalJSON decides by itself, but [time.Time], which ignores null.
//   - an array of another length than the Go array that it is for.
//   - text that is not UTF-8.
//
// Inside a value whose type has UnmarshalJSON or UnmarshalText, it looks for
// keys that stand twice only.
package strictjson
