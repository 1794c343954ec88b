package httpgrammar

// BodyAllowed reports whether a final response with this status may have a body
// (RFC 9110, section 6.4.1). One to HEAD has none whatever its status.
func BodyAllowed(status int) bool {
	const noContent, notModified = 204, 304
	return status >= 200 && status != noContent && status != notModified
}
