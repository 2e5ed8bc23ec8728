package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// row is what we read of a row of cistern's report.
type row struct{ Account, Control, ID, Section, Status string }

func readRows(r io.Reader) ([]row, error) {
	var rows []row
	lines := json.NewDecoder(r)
	for {
		var one row
		err := lines.Decode(&one)
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		if one.Control != "" {
			rows = append(rows, one)
		}
	}
}

func readCistern(out []byte, _ []string) (verdicts, error) {
	rows, err := readRows(bytes.NewReader(out))
	found := verdicts{}
	for _, r := range rows {
		found[[2]string{r.Account, strings.ReplaceAll(r.Control, "-", "_")}] = r.Status
	}
	return found, err
}

// judged is the document of data.peers.verdicts.
type judged map[string]struct{ Status string }

func (v verdicts) add(account string, all judged) {
	for subject, verdict := range all {
		v[[2]string{account, subject}] = verdict.Status
	}
}

func readExec(out []byte, _ []string) (verdicts, error) {
	var said struct {
		Result []struct {
			Path   string
			Result judged
		}
	}
	err := json.Unmarshal(out, &said)
	found := verdicts{}
	for _, r := range said.Result {
		found.add(accountOf(r.Path), r.Result)
	}
	return found, err
}

func readEval(out []byte, files []string) (verdicts, error) {
	var said struct {
		Result []struct{ Expressions []struct{ Value judged } }
	}
	if err := json.Unmarshal(out, &said); err != nil {
		return nil, err
	}
	found := verdicts{}
	for _, r := range said.Result {
		for _, e := range r.Expressions {
			found.add(accountOf(files[0]), e.Value)
		}
	}
	return found, nil
}

// readConftest reads what conftest denied; all else passed.
func (p *policies) readConftest(out []byte, files []string) (verdicts, error) {
	var said []struct {
		Filename string
		Failures []struct {
			Msg      string
			Metadata struct{ Status string }
		}
	}
	if err := json.Unmarshal(out, &said); err != nil {
		return nil, err
	}
	found := verdicts{}
	for _, file := range files {
		for _, subject := range p.subjects {
			found[[2]string{accountOf(file), subject}] = "pass"
		}
	}
	for _, s := range said {
		for _, f := range s.Failures {
			found[[2]string{accountOf(s.Filename), f.Msg}] = f.Metadata.Status
		}
	}
	return found, nil
}
