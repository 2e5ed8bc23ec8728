package fakeaws

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// paged is the items of the page that a call asks for, and the token of the next one.
func paged[T any](r *request, items []T) ([]T, string, error) {
	size := r.operation.page
	if r.server.options.PageSize > 0 {
		size = r.server.options.PageSize
	}
	if asked := r.params.number(r.operation.size); asked > 0 {
		size = min(size, asked)
	}
	if r.offset > len(items) {
		return nil, "", &refusal{400, r.service.badToken, "The token is of a longer list"}
	}
	if r.Operation == "list-accounts" && r.server.options.EmptyPages && r.Page%2 == 0 {
		return items[:0], r.token(r.offset), nil
	}
	rest := items[r.offset:]
	if len(rest) <= size {
		return rest, "", nil
	}
	return rest[:size], r.token(r.offset + size), nil
}

// token is the token of the page after r's, which begins at an offset. It is good for this call alone.
func (r *request) token(offset int) string {
	return base64.URLEncoding.EncodeToString(fmt.Appendf(nil, "%s %d %d", r.place(), r.Page+1, offset))
}

func (r *request) untoken(token string) (page, offset int, ok bool) {
	data, err := base64.URLEncoding.DecodeString(token)
	if err != nil {
		return 0, 0, false
	}
	rest, ok := strings.CutPrefix(string(data), r.place()+" ")
	if !ok {
		return 0, 0, false
	}
	n, err := fmt.Sscanf(rest, "%d %d", &page, &offset)
	return page, offset, n == 2 && err == nil && page > 0 && offset >= 0
}

func (r *request) place() string {
	return r.Account + " " + r.Region + " " + r.Operation + " " + r.Params
}
