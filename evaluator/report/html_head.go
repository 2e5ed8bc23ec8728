package report

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
)

// HTMLHead is how a page begins that needs no network: its one style sheet and its one script, if it has any, stand in it, and it may load
// nothing else.
type HTMLHead struct {
	Title  string
	Tool   Tool
	Style  string
	Script string // for the page to show at its end
}

// String is the page up to its body.
func (h HTMLHead) String() string {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-` + hashOf(h.Style) + `'; `)
	if h.Script != "" {
		b.WriteString("script-src 'sha256-" + hashOf(h.Script) + "'; ")
	}
	fmt.Fprintf(&b, `base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="%s">
<title>%s</title>
<style>%s</style>
</head>
`, escape(h.Tool.Name+" "+h.Tool.Version), escape(h.Title), h.Style)
	return b.String()
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}
