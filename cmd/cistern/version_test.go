package main

import (
	"runtime/debug"
	"testing"
)

func TestBuildOf(t *testing.T) {
	build := func(version string, settings ...string) *debug.BuildInfo {
		info := &debug.BuildInfo{Main: debug.Module{Version: version}}
		for i := 0; i < len(settings); i += 2 {
			info.Settings = append(info.Settings, debug.BuildSetting{Key: settings[i], Value: settings[i+1]})
		}
		return info
	}
	tests := []struct {
		name string
		info *debug.BuildInfo
		want string
	}{
		{"go install of a version", build("v1.2.3"), "v1.2.3"},
		{"go build in a checkout", build("v0.0.0-1", "vcs.revision", "abc", "vcs.modified", "false"), "abc"},
		{"with changes", build("v0.0.0-1+dirty", "vcs.revision", "abc", "vcs.modified", "true"), "abc+dirty"},
		{"without a checkout", build("(devel)"), ""},
		{"a test", build(""), ""},
	}
	for _, test := range tests {
		if got := buildOf(test.info, true); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
	if got := buildOf(nil, false); got != "" {
		t.Errorf("got %q of no build information, want nothing", got)
	}
}
