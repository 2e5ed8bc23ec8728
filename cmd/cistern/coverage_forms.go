package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"path"
	"slices"
	"strconv"

	"github.com/cistern-audit/cistern/evaluator"
)

// coverageForms are the ways to write coverage for other programs, by the ending of the file. None holds a time: the same tests give the
// same bytes.
var coverageForms = map[string]func([]evaluator.CoveredFile) ([]byte, error){
	".xml": cobertura, ".json": opaCoverage, ".info": lcov,
}

// What follows is the document type of Cobertura's coverage-04.dtd, in its order; lines are all that Rego has.

type coberturaReport struct {
	XMLName         xml.Name           `xml:"coverage"`
	LineRate        rate               `xml:"line-rate,attr"`
	BranchRate      rate               `xml:"branch-rate,attr"`
	LinesCovered    int                `xml:"lines-covered,attr"`
	LinesValid      int                `xml:"lines-valid,attr"`
	BranchesCovered int                `xml:"branches-covered,attr"`
	BranchesValid   int                `xml:"branches-valid,attr"`
	Complexity      int                `xml:"complexity,attr"`
	Version         string             `xml:"version,attr"`
	Timestamp       int                `xml:"timestamp,attr"`
	Sources         []string           `xml:"sources>source"`
	Packages        []coberturaPackage `xml:"packages>package"`
}

type coberturaPackage struct {
	Name       string           `xml:"name,attr"`
	LineRate   rate             `xml:"line-rate,attr"`
	BranchRate rate             `xml:"branch-rate,attr"`
	Complexity int              `xml:"complexity,attr"`
	Classes    []coberturaClass `xml:"classes>class"`
	count      lineCount
}

type coberturaClass struct {
	Name       string          `xml:"name,attr"`
	Filename   string          `xml:"filename,attr"`
	LineRate   rate            `xml:"line-rate,attr"`
	BranchRate rate            `xml:"branch-rate,attr"`
	Complexity int             `xml:"complexity,attr"`
	Methods    struct{}        `xml:"methods"`
	Lines      []coberturaLine `xml:"lines>line"`
}

type coberturaLine struct {
	Number int `xml:"number,attr"`
	Hits   int `xml:"hits,attr"`
}

// rate is a part of 1.
type rate float64

// MarshalText writes four digits, so that no program rounds otherwise.
func (r rate) MarshalText() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(r), 'f', 4, 64), nil
}

func rateOf(c lineCount) rate { return rate(c.percent() / 100) }

// cobertura has a package for each folder and a class for each file.
func cobertura(files []evaluator.CoveredFile) ([]byte, error) {
	total := totalOf(files)
	doc := coberturaReport{
		LineRate: rateOf(total), LinesCovered: total.covered, LinesValid: total.all, Version: "cistern " + version, Sources: []string{"."},
	}
	for i := range files {
		f := &files[i]
		folder := path.Dir(f.File)
		at := slices.IndexFunc(doc.Packages, func(p coberturaPackage) bool { return p.Name == folder })
		if at < 0 {
			at = len(doc.Packages)
			doc.Packages = append(doc.Packages, coberturaPackage{Name: folder})
		}
		p, count := &doc.Packages[at], linesOf(f)
		p.count.covered, p.count.all = p.count.covered+count.covered, p.count.all+count.all
		p.LineRate = rateOf(p.count)
		class := coberturaClass{Name: path.Base(f.File), Filename: f.File, LineRate: rateOf(count)}
		for line, hits := range hitsOf(f) {
			class.Lines = append(class.Lines, coberturaLine{line, hits})
		}
		p.Classes = append(p.Classes, class)
	}
	text, err := xml.MarshalIndent(doc, "", "  ")
	if err != nil {
		return nil, err
	}
	const head = xml.Header + `<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">` + "\n"
	return slices.Concat([]byte(head), text, []byte("\n")), nil
}

// hitsOf are the lines of a file in their order, with 1 if they were evaluated.
func hitsOf(f *evaluator.CoveredFile) func(yield func(line, hits int) bool) {
	all := slices.Concat(f.Covered, f.Missed)
	slices.Sort(all)
	return func(yield func(line, hits int) bool) {
		for _, line := range all {
			hits := 1
			if _, missed := slices.BinarySearch(f.Missed, line); missed {
				hits = 0
			}
			if !yield(line, hits) {
				return
			}
		}
	}
}

type opaFile struct {
	evaluator.CoverRanges
	CoveredLines    int     `json:"covered_lines"`
	NotCoveredLines int     `json:"not_covered_lines"`
	Coverage        float64 `json:"coverage"`
}

// opaCoverage is what `opa test --coverage` writes.
func opaCoverage(files []evaluator.CoveredFile) ([]byte, error) {
	total := totalOf(files)
	doc := struct {
		Files           map[string]opaFile `json:"files"`
		CoveredLines    int                `json:"covered_lines"`
		NotCoveredLines int                `json:"not_covered_lines"`
		Coverage        float64            `json:"coverage"`
	}{map[string]opaFile{}, total.covered, total.all - total.covered, total.percent()}
	for i := range files {
		f := &files[i]
		count := linesOf(f)
		doc.Files[f.File] = opaFile{f.Ranges, count.covered, count.all - count.covered, count.percent()}
	}
	return indented(doc)
}

func lcov(files []evaluator.CoveredFile) ([]byte, error) {
	var b bytes.Buffer
	for i := range files {
		f := &files[i]
		fmt.Fprintf(&b, "TN:\nSF:%s\n", f.File)
		for line, hits := range hitsOf(f) {
			fmt.Fprintf(&b, "DA:%d,%d\n", line, hits)
		}
		fmt.Fprintf(&b, "LF:%d\nLH:%d\nend_of_record\n", linesOf(f).all, linesOf(f).covered)
	}
	return b.Bytes(), nil
}
