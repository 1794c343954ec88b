module github.com/cowhand/cowhand/benchmarks

go 1.26.0

require github.com/cowhand/cowhand v0.0.0

require (
	github.com/julienschmidt/httprouter v1.3.0 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/cowhand/cowhand => ../
