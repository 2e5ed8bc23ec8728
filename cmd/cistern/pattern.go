package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator/filterpattern"
)

func newPatternCommand(std stdio) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pattern",
		Short: "Read, match, compare and simplify CloudWatch Logs filter patterns",
	}
	cmd.AddCommand(newPatternParse(std), newPatternMatch(std), newPatternCovers(std), newPatternSimplify(std))
	return cmd
}

func newPatternParse(std stdio) *cobra.Command {
	return &cobra.Command{
		Use:   "parse PATTERN",
		Short: "Print a filter pattern's canonical text, or where it is wrong",
		Example: `  cistern pattern parse '{ ($.eventName = "ConsoleLogin") }'
  cistern pattern parse -- -excluded`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := parsePattern("pattern", args[0])
			if err != nil {
				return err
			}
			for _, doubt := range p.Doubts() {
				fmt.Fprintf(std.err, "cistern: note: AWS does not document %s\n", doubt)
			}
			_, err = fmt.Fprintln(std.out, p)
			return err
		},
	}
}

// parsePattern reads a pattern given on the command line; name says which one in the error, which shows the place.
func parsePattern(name, text string) (*filterpattern.Pattern, error) {
	return parsePatternBy(filterpattern.Parse, name, text)
}

// parsePatternBy is parsePattern by filterpattern.Parse or ParseLong.
func parsePatternBy(parse func(string) (*filterpattern.Pattern, error), name, text string) (*filterpattern.Pattern, error) {
	if at := notUTF8(text); at >= 0 {
		return nil, usageError(fmt.Errorf("%s: offset %d: not UTF-8", name, at), "save it as UTF-8; another encoding would make it another pattern")
	}
	p, err := parse(text)
	var syntax *filterpattern.SyntaxError
	if errors.As(err, &syntax) {
		caret := "  " + strings.ReplaceAll(syntax.Caret(98), "\n", "\n  ")
		return nil, usageError(fmt.Errorf("%s: %w\n%s", name, err, caret), syntax.Hint)
	}
	return p, err
}

// notUTF8 is where a text stops being UTF-8, in bytes; -1 if it does not.
func notUTF8(text string) int {
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)) {
			return i
		}
	}
	return -1
}

func parsePatterns(name string, texts []string) ([]*filterpattern.Pattern, error) {
	var out []*filterpattern.Pattern
	for i, text := range texts {
		label := name
		if len(texts) > 1 {
			label = fmt.Sprintf("%s no. %d", name, i+1)
		}
		p, err := parsePattern(label, text)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

type matchOptions struct {
	count, invert, jsonl bool
}

func newPatternMatch(std stdio) *cobra.Command {
	var o matchOptions
	cmd := &cobra.Command{
		Use:   "match PATTERN [FILE...|-]",
		Short: "Print the CloudTrail events that a filter pattern matches",
		Long: `Print the CloudTrail events that a filter pattern matches, one JSON a line.

Reads JSON lines, a JSON array and {"Records": [...]} files as CloudTrail delivers them, also compressed with gzip;
standard input when no FILE is given. Ends with 0 when any event matched and 1 when none did.

With --jsonl, reads {"pattern": "...", "message": "..."} a line from standard input and answers {"matches": true|false} or
{"error": "..."} a line, in order.`,
		Example: `  cistern pattern match '{ $.eventName = "ConsoleLogin" }' 111122223333_CloudTrail_*.json.gz
  cistern pattern match --count '{ $.errorCode = "AccessDenied*" }' - < events.jsonl`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			if o.jsonl {
				if len(args) > 0 {
					return usageError(errors.New("pattern match --jsonl: takes no arguments"), "patterns and messages come line by line on standard input")
				}
				return answerLines(std, newMatchAnswerer())
			}
			if len(args) == 0 {
				return usageError(errors.New("pattern match: which pattern?"), "cistern pattern match PATTERN [FILE...]")
			}
			return matchEvents(std, o, args[0], args[1:])
		},
	}
	cmd.Flags().BoolVar(&o.count, "count", false, "print only how many events match")
	cmd.Flags().BoolVar(&o.invert, "invert", false, "print the events that do not match")
	cmd.Flags().BoolVar(&o.jsonl, "jsonl", false, "answer questions from standard input, one JSON a line")
	return cmd
}

func matchEvents(std stdio, o matchOptions, text string, files []string) error {
	p, err := parsePattern("pattern", text)
	if err != nil {
		return err
	}
	wanted := filterpattern.Yes
	if o.invert {
		wanted = filterpattern.No
	}
	found, undecided := 0, 0
	err = eachEvent(std.in, files, func(event []byte) error {
		answer := p.Match(event)
		if answer == filterpattern.Unknown {
			undecided++
		}
		if answer != wanted {
			return nil
		}
		found++
		if o.count {
			return nil
		}
		_, err := fmt.Fprintf(std.out, "%s\n", event)
		return err
	})
	if err != nil {
		return err
	}
	if o.count {
		if _, err := fmt.Fprintln(std.out, found); err != nil {
			return err
		}
	}
	if undecided > 0 {
		fmt.Fprintf(std.err, "cistern: note: %d events undecided: AWS does not document %s\n", undecided, strings.Join(p.Doubts(), "; "))
	}
	if found == 0 {
		return exitWith(exitFailed) // as grep does
	}
	return nil
}

// lineAnswerer makes the answer to one line of input.
type lineAnswerer func(line []byte) any

// lineError is the answer to a line that cannot be answered.
type lineError struct {
	Error string `json:"error"`
}

// answerLines answers every line of standard input with a line, in order; a bad line is answered by an error.
func answerLines(std stdio, answer lineAnswerer) error {
	in := newLineReader(std.in)
	enc := json.NewEncoder(std.out)
	enc.SetEscapeHTML(false)
	for {
		line, err := in.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var reply any
		switch {
		case errors.Is(err, errLineTooLong):
			reply = lineError{err.Error()}
		case err != nil:
			return fmt.Errorf("standard input: read: %w", err)
		case len(line) == 0:
			reply = lineError{"an empty line"}
		default:
			reply = answer(line)
		}
		if err := enc.Encode(reply); err != nil {
			return fmt.Errorf("standard output: write: %w", err)
		}
	}
}

// patternCache remembers the patterns of a stream, which are few.
type patternCache map[string]*filterpattern.Pattern

// maxCached bounds the cache; when it is full, it starts anew.
const maxCached = 4096

func (c patternCache) parse(text string) (*filterpattern.Pattern, error) {
	if p, ok := c[text]; ok {
		return p, nil
	}
	p, err := filterpattern.Parse(text)
	if err != nil {
		return nil, err
	}
	if len(c) >= maxCached {
		clear(c)
	}
	c[text] = p
	return p, nil
}

func (c patternCache) parseAll(name string, texts []string) ([]*filterpattern.Pattern, error) {
	var out []*filterpattern.Pattern
	for i, text := range texts {
		p, err := c.parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s[%d]: %w", name, i, err)
		}
		out = append(out, p)
	}
	return out, nil
}

func newMatchAnswerer() lineAnswerer {
	cache := patternCache{}
	return func(line []byte) any {
		var q struct {
			Pattern *string `json:"pattern"`
			Message *string `json:"message"`
		}
		if err := decodeStrict(line, &q); err != nil {
			return lineError{err.Error()}
		}
		if q.Pattern == nil || q.Message == nil {
			return lineError{`expected {"pattern": "...", "message": "..."}`}
		}
		p, err := cache.parse(*q.Pattern)
		if err != nil {
			return lineError{"pattern: " + err.Error()}
		}
		answer := p.Match([]byte(*q.Message))
		if answer == filterpattern.Unknown {
			return lineError{"undecided: AWS does not document " + strings.Join(p.Doubts(), "; ")}
		}
		return struct {
			Matches bool `json:"matches"`
		}{answer == filterpattern.Yes}
	}
}
