package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// outcome is what the index of a report says of one case.
type outcome struct {
	Behavior      string
	BehaviorClose string
	ReportFile    string

	detail detail
}

// detail is what the report of a case adds to its line in the index.
type detail struct {
	Description string
	Result      string
	ResultClose string
}

// readAll reads the indexes of one or more runs into one set of cases by id.
func readAll(indexes []string) (map[string]outcome, error) {
	all := make(map[string]outcome)
	for _, index := range indexes {
		cases, err := read(index)
		if err != nil {
			return nil, err
		}
		for id, o := range cases {
			if _, twice := all[id]; twice {
				return nil, fmt.Errorf("%s: case %s was in an earlier report", index, id)
			}
			all[id] = o
		}
	}
	return all, nil
}

// read reads the index of a run against one server, and of the cases that did not end
// well their own reports.
func read(index string) (map[string]outcome, error) {
	var servers map[string]map[string]outcome
	if err := readJSON(index, &servers); err != nil {
		return nil, err
	}
	if len(servers) == 0 {
		return nil, fmt.Errorf("%s: no case was run: did the server answer?", index)
	}
	if len(servers) != 1 {
		return nil, fmt.Errorf("%s: reports of %d servers, want 1", index, len(servers))
	}
	for _, cases := range servers {
		for id, o := range cases {
			if o.ReportFile == "" || o.passed(id) {
				continue
			}
			if err := readJSON(filepath.Join(filepath.Dir(index), o.ReportFile), &o.detail); err != nil {
				return nil, err
			}
			cases[id] = o
		}
		return cases, nil
	}
	panic("unreachable")
}

func readJSON(path string, v any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
