package snapshots

import (
	"crypto/sha256"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// ContentField says of one field whether the content digest counts it: of every field that holds a moment, or that
// changes by itself while nobody changes the account.
type ContentField struct {
	// Type and Field are the field, by its Go type and its name in the file.
	Type, Field string
	// Counted tells whether a change of it is a change of the account.
	Counted bool
	// Why is the reason.
	Why string
}

// ContentFields is every field about which it had to be decided whether the content digest counts it. All others are counted.
func ContentFields() []ContentField {
	const (
		record    = "who read the account, when and how, not what was found"
		delivery  = "moves with every delivery"
		logging   = "moves only when somebody starts or stops the trail"
		state     = "what the metric does, not how the alarm is set"
		edited    = "moves only when somebody changes the alarm"
		created   = "moves only when it is made again"
		mute      = "the rule as it is set"
		clockwise = "follows from the rule and the clock"
	)
	return []ContentField{
		{"Snapshot", "collected_at", false, record},
		{"Snapshot", "collection", true, "its regions alone, as the rows of Collection say"},
		{"Collection", "source", false, record},
		{"Collection", "tool_version", false, record},
		{"Collection", "caller", false, record},
		{"Collection", "endpoints", false, record},
		{"Collection", "calls", false, record},
		{"Collection", "redactions", false, record},
		{"Collection", "regions", true, "where nobody looked, nobody knows that nothing changed"},
		{"SkippedRegion", "why", false, "a text; that the region was left out is counted"},
		{"Call", "started_at", false, record},
		{"Gap", "message", false, "holds the caller's name and request ids; its code and kind are counted"},
		{"Trail", "Status", true, "field by field, as the rows of TrailStatus say"},
		{"TrailStatus", "LatestDeliveryTime", false, delivery},
		{"TrailStatus", "LatestNotificationTime", false, delivery},
		{"TrailStatus", "LatestCloudWatchLogsDeliveryTime", false, delivery},
		{"TrailStatus", "LatestDigestDeliveryTime", false, delivery},
		{"TrailStatus", "LatestDeliveryAttemptTime", false, delivery},
		{"TrailStatus", "LatestNotificationAttemptTime", false, delivery},
		{"TrailStatus", "LatestNotificationAttemptSucceeded", false, delivery + ": a time, whatever its name says"},
		{"TrailStatus", "LatestDeliveryAttemptSucceeded", false, delivery + ": a time, whatever its name says"},
		{"TrailStatus", "LatestDeliveryError", true, "a trail that begins to fail has changed"},
		{"TrailStatus", "LatestNotificationError", true, "a trail that begins to fail has changed"},
		{"TrailStatus", "LatestCloudWatchLogsDeliveryError", true, "a trail that begins to fail has changed"},
		{"TrailStatus", "LatestDigestDeliveryError", true, "a trail that begins to fail has changed"},
		{"TrailStatus", "StartLoggingTime", true, logging},
		{"TrailStatus", "StopLoggingTime", true, logging},
		{"TrailStatus", "TimeLoggingStarted", true, logging},
		{"TrailStatus", "TimeLoggingStopped", true, logging},
		{"Alarm", "StateValue", false, state},
		{"Alarm", "StateReason", false, state},
		{"Alarm", "StateReasonData", false, state},
		{"Alarm", "EvaluationState", false, state},
		{"Alarm", "StateUpdatedTimestamp", false, state},
		{"Alarm", "StateTransitionedTimestamp", false, state},
		{"Alarm", "AlarmConfigurationUpdatedTimestamp", true, edited},
		{"CompositeAlarm", "StateValue", false, state},
		{"CompositeAlarm", "StateReason", false, state},
		{"CompositeAlarm", "StateReasonData", false, state},
		{"CompositeAlarm", "ActionsSuppressedBy", false, state},
		{"CompositeAlarm", "ActionsSuppressedReason", false, state},
		{"CompositeAlarm", "StateUpdatedTimestamp", false, state},
		{"CompositeAlarm", "StateTransitionedTimestamp", false, state},
		{"CompositeAlarm", "AlarmConfigurationUpdatedTimestamp", true, edited},
		{"LogAlarm", "StateValue", false, state},
		{"LogAlarm", "StateReason", false, state},
		{"LogAlarm", "StateReasonData", false, state},
		{"LogAlarm", "EvaluationState", false, state},
		{"LogAlarm", "StateUpdatedTimestamp", false, state},
		{"LogAlarm", "StateTransitionedTimestamp", false, state},
		{"LogAlarm", "AlarmConfigurationUpdatedTimestamp", true, edited},
		{"QuerySchedule", "StartTimeOffset", true, "an offset, not a moment"},
		{"QuerySchedule", "EndTimeOffset", true, "an offset, not a moment"},
		{"MuteRule", "Status", false, clockwise},
		{"MuteRule", "StartDate", true, mute},
		{"MuteRule", "ExpireDate", true, mute},
		{"MuteRule", "LastUpdatedTimestamp", true, "moves only when somebody changes the rule"},
		{"LogGroup", "creationTime", true, created},
		{"LogGroup", "storedBytes", false, "grows with every event"},
		{"MetricFilter", "creationTime", true, created},
		{"Hub", "SubscribedAt", true, "moves only when Security Hub is switched on again"},
		{"TopicAttributes", "BeginningArchiveTime", false, "moves as archived messages expire"},
	}
}

// ContentDigest is the SHA-256 of the observed state in canonical form, without the times, the request ids and the record of
// the collection that [ContentFields] leaves out: sha256:<hexadecimal>. Two snapshots with the same content digest looked at the same
// regions, and show that nothing was changed in the account.
func (s *Snapshot) ContentDigest() (string, error) {
	content, err := s.clone()
	if err != nil {
		return "", err
	}
	left := map[string]bool{}
	for _, f := range ContentFields() {
		if !f.Counted {
			left[f.Type+"."+f.Field] = true
		}
	}
	leaveOut(snapshotShape, reflect.ValueOf(content).Elem(), left)
	content.Collection.Extra = nil
	dropEmpty(snapshotShape, reflect.ValueOf(content).Elem())
	data, err := content.Canonical()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256(data)), nil
}

// leaveOut empties the named fields of a value and of all that it holds.
func leaveOut(s *shape, v reflect.Value, left map[string]bool) {
	if s.pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	switch s.form {
	case list:
		for i := range v.Len() {
			leaveOut(s.elem, v.Index(i), left)
		}
	case object:
		for _, f := range s.fields {
			if left[v.Type().Name()+"."+f.name] {
				v.Field(f.index).SetZero()
				continue
			}
			leaveOut(f.shape, v.Field(f.index), left)
		}
	}
}

// dropEmpty makes no list of a list that is empty, where that is one thing: an alarm without actions. A list that was read and holds nothing
// stays another thing than one that was not read.
func dropEmpty(s *shape, v reflect.Value) {
	if s.pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	switch s.form {
	case list:
		for i := range v.Len() {
			dropEmpty(s.elem, v.Index(i))
		}
	case object:
		for _, f := range s.fields {
			if field := v.Field(f.index); f.shape.form == list && !f.shape.pointer && field.Len() == 0 && !emptyCounts(f.name) {
				field.SetZero()
				continue
			}
			dropEmpty(f.shape, v.Field(f.index))
		}
	}
}

// emptyCounts tells whether an empty list of this name says that it was read.
func emptyCounts(name string) bool {
	return name == "EventSelectors" || name == "AdvancedEventSelectors" ||
		slices.ContainsFunc(Lists(), func(l List) bool { return strings.HasSuffix(l.Pointer, "/"+name) })
}

// clone is a copy of the snapshot that shares nothing with it.
func (s *Snapshot) clone() (*Snapshot, error) {
	data, err := s.Canonical()
	if err != nil {
		return nil, err
	}
	copied := new(Snapshot)
	if d := decode(data, snapshotShape, reflect.ValueOf(copied).Elem()); d.broken != nil {
		return nil, d.broken
	}
	return copied, nil
}
