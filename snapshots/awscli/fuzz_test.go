package awscli_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/awscli"
)

// FuzzImport checks that no file makes the import panic, and that what it makes of a folder can be written and read.
func FuzzImport(f *testing.F) {
	f.Add("111122223333/us-east-1/cloudtrail-describe-trails.json", []byte(`{"trailList": [{"TrailARN": "`+trail+`", "HomeRegion": "us-east-1"}]}`))
	f.Add("status.json", []byte(`{"IsLogging": true}`))
	f.Add("sns-list-subscriptions-by-topic.x.json", []byte(`{"Subscriptions": [{"TopicArn": "`+topic+`"}], "NextToken": "x"}`))
	f.Add("alarms.txt", []byte(denied))
	f.Add("a/logs-describe-metric-filters.2.json", []byte(`{"metricFilters": [{"logGroupName": "g"}], "nextToken": ""}`))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if !fs.ValidPath(name) || name == "." || len(name) > 100 {
			return
		}
		folder := fstest.MapFS{
			name:               {Data: data},
			"sts-me.json":      {Data: []byte(`{"Account": "111122223333", "Arn": "arn:aws:iam::111122223333:root"}`)},
			"topics.json":      {Data: []byte(`{"Topics": [{"TopicArn": "` + topic + `"}]}`)},
			"collected-at.txt": {Data: []byte(when)},
		}
		r, err := awscli.Import(folder, awscli.Options{Region: "us-east-1"})
		if err != nil {
			return
		}
		for _, s := range r.Snapshots {
			data, err := s.Canonical()
			if err != nil {
				t.Fatalf("canonical: %v", err)
			}
			if _, err := snapshots.Read(strings.NewReader(string(data))); err != nil {
				t.Fatalf("read it back: %v", err)
			}
		}
	})
}
