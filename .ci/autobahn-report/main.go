// Autobahn-report judges what the Autobahn|Testsuite's fuzzing client wrote: it prints
// a table of the families, each case that is not as it should be, and a closing line,
// and exits with 1 if there is any such case or if cases are missing.
//
//	go run ./.ci/autobahn-report "1 2 3" reports/autobahn/1-10/index.json ...
package main

import (
	"fmt"
	"os"
	"strings"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: autobahn-report FAMILIES INDEX.json...")
		os.Exit(2)
	}
	cases, err := readAll(os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "autobahn-report:", err)
		os.Exit(1)
	}
	verdict := judge(strings.Fields(os.Args[1]), cases)
	verdict.print(os.Stdout)
	if verdict.failed() > 0 {
		os.Exit(1)
	}
}
