package report

import "io"

// What follows lets other packages write what a report does not hold, as safely as a report is written.

// Markdown is a text of an account as Markdown that shows it as it is: no mark-up, no HTML, nobody mentioned, nothing linked.
func Markdown(text string) string { return markdown(text) }

// MarkdownCode is a text of an account in a code span.
func MarkdownCode(text string) string { return markdownCode(text) }

// HTML is a text of an account as the content of an element, or an attribute in double quotes.
func HTML(text string) string { return escape(text) }

// HTMLStyle is the style sheet of the HTML report, for light, dark and paper.
func HTMLStyle() string { return htmlStyle }

// HTMLAnchor is a fragment that names a thing, of characters that need no escaping anywhere.
func HTMLAnchor(parts ...string) string { return anchor(parts...) }

// Cell is a text of an account that a spreadsheet takes for no formula, and that fits in a cell of CSV.
func Cell(text string) string { return csvCell(text) }

// EncodeJSON writes indented JSON that is safe for a terminal, too.
func EncodeJSON(w io.Writer, value any) error { return encode(w, value, "  ") }

// Line is a text of an account in one line of at most that many characters, safe for a terminal.
func Line(text string, most int) string { return cut(plain(text), most) }

// Wrap breaks a text into lines of at most width characters, at spaces.
func Wrap(text string, width int) []string { return wrap(text, width) }

// Glyph is the sign of a status.
func Glyph(status Status) string { return looks[status].glyph }

// LinkName is a link of the chain as a person reads it.
func LinkName(link string) string { return linkName(link) }

// Deciding are the findings that made the result what it is.
func Deciding(r *Result) []Finding { return deciding(r) }

// String says who lives with a failure, and until when.
func (w *Waiver) String() string { return waivedText(w) }

// String says who answers for a control and where the evidence is.
func (a *Attestation) String() string { return attestedText(a) }

// String says which events were left out of the question, and by whom.
func (e *Exception) String() string { return exceptedText(e) }
