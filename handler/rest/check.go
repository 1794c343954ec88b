package rest

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// callbackTypes are the interfaces of the callbacks; each has one method.
var callbackTypes = []reflect.Type{
	reflect.TypeFor[ServiceAvailable](), reflect.TypeFor[KnownMethods](), reflect.TypeFor[URITooLong](),
	reflect.TypeFor[AllowedMethods](), reflect.TypeFor[MalformedRequest](), reflect.TypeFor[IsAuthorized](),
	reflect.TypeFor[Forbidden](), reflect.TypeFor[RateLimited](), reflect.TypeFor[ValidContentHeaders](),
	reflect.TypeFor[ValidEntityLength](), reflect.TypeFor[AnswerOptions](), reflect.TypeFor[ContentTypesProvided](),
	reflect.TypeFor[ToHTML](), reflect.TypeFor[LanguagesProvided](), reflect.TypeFor[CharsetsProvided](),
	reflect.TypeFor[RangesProvided](), reflect.TypeFor[Variances](), reflect.TypeFor[ResourceExists](),
	reflect.TypeFor[GenerateETag](), reflect.TypeFor[LastModified](), reflect.TypeFor[Expires](),
	reflect.TypeFor[MovedPermanently](), reflect.TypeFor[PreviouslyExisted](), reflect.TypeFor[MovedTemporarily](),
	reflect.TypeFor[AllowMissingPost](), reflect.TypeFor[DeleteResource](), reflect.TypeFor[DeleteCompleted](),
	reflect.TypeFor[IsConflict](), reflect.TypeFor[ContentTypesAccepted](), reflect.TypeFor[RangeSatisfiable](),
	reflect.TypeFor[MultipleChoices](), reflect.TypeFor[Terminate](),
}

// checked remembers what checkCallbacks found of a type.
var checked sync.Map // of reflect.Type to error, or to nil

// checkCallbacks returns an error if resource has a method that would never be
// called: it has a callback's name but not its signature, it is one of the
// pointer only, or its name differs from a callback's by case.
func checkCallbacks(resource any) error {
	t := reflect.TypeOf(resource)
	if known, ok := checked.Load(t); ok {
		err, _ := known.(error)
		return err
	}
	err := findMisfit(t)
	checked.Store(t, err)
	return err
}

func findMisfit(t reflect.Type) error {
	if t == nil {
		return fmt.Errorf("rest: the resource is nil")
	}
	for _, callback := range callbackTypes {
		want := callback.Method(0)
		if other := misspelt(t, want.Name); other != "" {
			return fmt.Errorf("rest: the method %s of %v is not a callback: it is spelt %s", other, t, want.Name)
		}
		method, has := t.MethodByName(want.Name)
		if has && !t.Implements(callback) {
			return fmt.Errorf("rest: the callback %s of %v is a %v, not a %v", want.Name, t, withoutReceiver(method.Type), want.Type)
		}
		if _, pointed := reflect.PointerTo(t).MethodByName(want.Name); pointed && !has {
			return fmt.Errorf("rest: the callback %s is one of *%v: use a pointer as the resource, not a value", want.Name, t)
		}
		if fields := embeddedWith(t, want.Name); !has && len(fields) > 1 {
			return fmt.Errorf("rest: %v embeds the callback %s several times, in %s, so it has none: give it a method of its own",
				t, want.Name, strings.Join(fields, " and "))
		}
	}
	return nil
}

// embeddedWith returns the embedded fields of t, or of what t points to, that
// have a method.
func embeddedWith(t reflect.Type, method string) (fields []string) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	for i := range t.NumField() {
		field := t.Field(i)
		methods := field.Type
		if methods.Kind() != reflect.Pointer && methods.Kind() != reflect.Interface {
			methods = reflect.PointerTo(methods)
		}
		if _, has := methods.MethodByName(method); has && field.Anonymous {
			fields = append(fields, field.Name)
		}
	}
	return fields
}

// misspelt returns the method of t that differs from a callback's name by case
// only, such as GenerateEtag.
func misspelt(t reflect.Type, name string) string {
	for i := range t.NumMethod() {
		if other := t.Method(i).Name; other != name && strings.EqualFold(other, name) {
			return other
		}
	}
	return ""
}

// withoutReceiver returns the type of a method as an interface has it.
func withoutReceiver(method reflect.Type) reflect.Type {
	var in, out []reflect.Type
	for i := 1; i < method.NumIn(); i++ {
		in = append(in, method.In(i))
	}
	for i := range method.NumOut() {
		out = append(out, method.Out(i))
	}
	return reflect.FuncOf(in, out, method.IsVariadic())
}
