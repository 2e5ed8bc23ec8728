# METADATA
# title: Patterns of CloudTrail events
# description: Most controls mean a list of API calls. These are their patterns, in the way the benchmark writes them.
package policies.lib.events

# named is the pattern of events of these names.
named(names) := $"\{ {any_name(names)} }"

# of is the pattern of events of these names from one service.
of(service, names) := $"\{ ($.eventSource = {service}.amazonaws.com) && ({any_name(names)}) }"

# from is the pattern of all events of one service: the scope of a control that is about that service.
from(service) := $"\{ $.eventSource = \"{service}.amazonaws.com\" }"

any_name(names) := concat(" || ", [$"($.eventName = {name})" | some name in names])
