//go:build e2e

package e2e

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// front is a server before the emulator that puts right what the emulator answers wrongly: which regions the account can use (it
// names those of every partition of AWS), and that there are no mute rules (it knows none, and fails). Who may ask is the
// emulator's to say. The front keeps the credentials that the emulator hands out.
type front struct {
	url     string
	regions []string
	mu      sync.Mutex
	secrets []string
}

func (e *emulator) front(t *testing.T, regions ...string) *front {
	t.Helper()
	target, err := url.Parse(e.url)
	if err != nil {
		t.Fatal(err)
	}
	f := &front{regions: regions}
	behind := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // which is signed
		r.Out.Header.Del("Accept-Encoding")
	}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		if form, err := url.ParseQuery(string(body)); err == nil && form.Has("Action") {
			action = form.Get("Action")
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		said := httptest.NewRecorder()
		behind.ServeHTTP(said, r)
		f.correct(action, said)
		maps.Copy(w.Header(), said.Header())
		w.WriteHeader(said.Code)
		w.Write(said.Body.Bytes())
	}))
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

// correct replaces what the emulator said where it is wrong, and keeps the credentials in it.
func (f *front) correct(action string, said *httptest.ResponseRecorder) {
	switch {
	case action == "DescribeRegions" && said.Code == http.StatusOK:
		said.Body = bytes.NewBufferString(describedRegions(f.regions))
	case action == "ListAlarmMuteRules" && said.Code == http.StatusInternalServerError:
		said.Code, said.Body = http.StatusOK, bytes.NewBufferString(`{"AlarmMuteRuleSummaries":[]}`)
		said.Header().Set("Content-Type", "application/x-amz-json-1.0")
		said.Header().Set("X-Amzn-Requestid", "11111111-2222-3333-4444-555555555555")
	}
	said.Header().Del("Content-Length")
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range []string{"AccessKeyId", "SecretAccessKey", "SessionToken"} {
		for part := range strings.SplitSeq(said.Body.String(), "<"+name+">") {
			if secret, _, found := strings.Cut(part, "</"+name+">"); found {
				f.secrets = append(f.secrets, secret)
			}
		}
	}
}

// issued are the credentials that the emulator has handed out so far.
func (f *front) issued() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.secrets)
}

func describedRegions(regions []string) string {
	items := ""
	for _, region := range regions {
		items += "<item><regionName>" + region + "</regionName><regionEndpoint>ec2." + region + ".amazonaws.com</regionEndpoint>" +
			"<optInStatus>opt-in-not-required</optInStatus></item>"
	}
	return `<?xml version="1.0" encoding="UTF-8"?><DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">` +
		"<requestId>1</requestId><regionInfo>" + items + "</regionInfo></DescribeRegionsResponse>"
}
