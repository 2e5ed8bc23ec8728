package evaluator

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/types"
)

var (
	records     = types.NewArray(nil, types.A)
	listOfNames = types.NewArray(nil, types.S)

	placeType   = types.NewArray(nil, types.N)
	watchesType = types.NewArray(nil, object(field("n", types.N), field("i", types.N), field("alarm", anyObject), field("form", anyObject)))

	routeType = object(
		field("place", types.N), field("group", types.S), field("at", placeType), field("pattern", types.S), field("text", types.S), field("way", types.N),
		field("alarms", types.NewArray(nil, placeType)), field("finding", object(
			field("status", types.S), field("message", types.S), field("region", types.S), field("resource", types.S), field("evidence", anyObject),
			field("pointers", listOfNames))))

	routesType = types.NewFunction(
		types.Args(
			types.Named("accounts", types.NewArray(nil, object(
				field("id", types.S), field("filters", records), field("alarms", records), field("topics", records), field("subscriptions", records)))).
				Description("the accounts of the snapshots, this one first"),
			types.Named("groups", types.NewSet(types.NewObject(
				[]*types.StaticProperty{field("account", types.S), field("region", types.S), field("name", types.S), field("arn", types.S)},
				types.NewDynamicProperty(types.S, types.A)))).
				Description("log groups, with the trail that findings are about"),
			types.Named("how", object(field("form", listOfNames), field("deciding", listOfNames),
				field("apart", types.NewSet(types.NewArray([]types.Type{types.N, types.S, types.S}, nil))), field("message", types.S))).
				Description("the fields of an alarm that say when it rings, the others that decide how far it is heard, the alarms that are like no "+
					"other, as [account, region, name], and what to say of a route, with %s for log group, filter, alarm and topic")),
		types.Named("joined", object(
			field("routes", types.NewArray(nil, routeType)),
			field("by_text", types.NewObject(nil, types.NewDynamicProperty(types.S, types.NewObject(nil, types.NewDynamicProperty(types.S, types.NewArray(nil, routeType)))))),
			field("ways", types.NewArray(nil, object(
				field("group", types.S), field("on", listOfNames), field("watches", watchesType),
				field("feed", object(field("value", types.N), field("unit", types.S), field("defaults", types.NewSet(types.N)))),
				field("patterns", types.NewSet(types.S)), field("places", placeType)))),
			field("left", types.NewArray(nil, object(field("group", types.S), field("at", placeType)))))).
			Description("the plain metric filters on those groups, each with the alarms without dimensions on its metric, also by group and "+
				"text; one way for all of a group that are heard alike, with their patterns and places; and the filters that are not plain"))
)

// The names of fields that routes are made of, besides those of a finding.
var (
	kID            = ast.InternedTerm("id")
	kFilters       = ast.InternedTerm("filters")
	kAlarms        = ast.InternedTerm("alarms")
	kTopics        = ast.InternedTerm("topics")
	kSubscriptions = ast.InternedTerm("subscriptions")
	kApart         = ast.InternedTerm("apart")
	kForm          = ast.InternedTerm("form")
	kDeciding      = ast.InternedTerm("deciding")
	kFinding       = ast.InternedTerm("finding")
	kPass          = ast.InternedTerm("pass")
	kPatterns      = ast.InternedTerm("patterns")
	kPlace         = ast.InternedTerm("place")
	kPlaces        = ast.InternedTerm("places")
	kOn            = ast.InternedTerm("on")
	kWatches       = ast.InternedTerm("watches")
	kFeed          = ast.InternedTerm("feed")
	kName          = ast.InternedTerm("name")
	kARN           = ast.InternedTerm("arn")
	kFilterName    = ast.InternedTerm("filterName")
	kPattern       = ast.InternedTerm("filterPattern")
	kTransformed   = ast.InternedTerm("applyOnTransformedLogs")
	kSelection     = ast.InternedTerm("fieldSelectionCriteria")
	kSystemFields  = ast.InternedTerm("emitSystemFieldDimensions")
	kFilterDims    = ast.InternedTerm("dimensions")
	kMetricValue   = ast.InternedTerm("metricValue")
	kDefault       = ast.InternedTerm("defaultValue")
	kUnit          = ast.InternedTerm("unit")
	kDimensions    = ast.InternedTerm("Dimensions")
	kCanonical     = ast.InternedTerm("canonical")
	kTrail         = ast.InternedTerm("trail")
	kPointer       = ast.InternedTerm("pointer")
	kGroup         = ast.InternedTerm("group")
	kGroupARN      = ast.InternedTerm("log_group")
	kAt            = ast.InternedTerm("at")
	kText          = ast.InternedTerm("text")
	kPlainPattern  = ast.InternedTerm("pattern")
	kWay           = ast.InternedTerm("way")
	kActions       = ast.InternedTerm("actions")
	kNone          = ast.InternedTerm("None")
)

// mostPlaces is how many topics of an ARN, and subscriptions to it, a finding points at: there is one topic, unless a snapshot was edited.
const mostPlaces = 10

var errRoutes = errors.New("accounts, groups or how are not as declared")

// routing joins filters with alarms.
type routing struct {
	canonical      func(*ast.Term) *ast.Term
	accounts       []ast.Value
	ids            []string
	form, deciding []*ast.Term
	apart          ast.Set
	message        []string               // between the names
	filters        []map[place][]int      // of each account, by region and log group
	alarms         map[metric][]watching  // on a metric
	defaults       map[metric]ast.Set     // the values that a metric takes when nothing matches
	singles        map[ast.Number]ast.Set // of one such value
	known          map[string]*way        // by its likeness
	told           map[string][]*ast.Term // where a topic and its subscriptions stand
	alike          []byte                 // room for a likeness

	routes, left []*ast.Term
	byText       map[string]map[string][]*ast.Term // the routes, by group and text
	ways         []*way
}

// way is what those filters of a log group have in common that are heard alike.
type way struct {
	number           *ast.Term
	common           [][2]*ast.Term
	patterns, places []*ast.Term
}

// watching is an alarm on a metric.
type watching struct {
	alarm ast.Value
	n, i  int
}

// routes joins what names what: metric filters that count one for each match, whatever the event, the alarms on the metrics that they
// feed, and the topics that these tell. It judges nothing; what it leaves out needs a closer look.
func (b *builtins) routes(accounts, groups, how *ast.Term) (*ast.Term, error) {
	list, ok := accounts.Value.(*ast.Array)
	asked, also := groups.Value.(ast.Set)
	apart, too := at(how.Value, kApart).(ast.Set)
	form, deciding := listAt(how.Value, kForm), listAt(how.Value, kDeciding)
	if !ok || !also || !too || form == nil || deciding == nil {
		return nil, errRoutes
	}
	r := &routing{
		canonical: b.canonical, apart: apart, message: strings.Split(textAt(how.Value, vMessage), "%s"),
		alarms: map[metric][]watching{}, defaults: map[metric]ast.Set{}, singles: map[ast.Number]ast.Set{},
		known: map[string]*way{}, byText: map[string]map[string][]*ast.Term{},
	}
	form.Foreach(func(name *ast.Term) { r.form = append(r.form, name) })
	deciding.Foreach(func(name *ast.Term) { r.deciding = append(r.deciding, name) })
	list.Foreach(func(account *ast.Term) { r.add(account.Value) })
	if err := asked.Iter(func(group *ast.Term) error { return r.on(group.Value) }); err != nil {
		return nil, err
	}
	return r.joined(), nil
}

// joined is all that was found.
func (r *routing) joined() *ast.Term {
	ways := make([]*ast.Term, len(r.ways))
	for i, w := range r.ways {
		ways[i] = ast.ObjectTerm(append(w.common, [2]*ast.Term{kPatterns, ast.SetTerm(w.patterns...)}, [2]*ast.Term{kPlaces, ast.ArrayTerm(w.places...)})...)
	}
	groups := ast.NewObject()
	for group, texts := range r.byText {
		found := ast.NewObject()
		for text, routes := range texts {
			found.Insert(ast.StringTerm(text), ast.ArrayTerm(routes...))
		}
		groups.Insert(ast.StringTerm(group), ast.NewTerm(found))
	}
	return objectTerm("routes", ast.ArrayTerm(r.routes...), "by_text", ast.NewTerm(groups), "ways", ast.ArrayTerm(ways...), "left", ast.ArrayTerm(r.left...))
}

// canonical is a pattern without its author's spacing; an invalid one is only itself.
func (b *builtins) canonical(pattern *ast.Term) *ast.Term {
	text, _ := pattern.Value.(ast.String)
	if term, ok := b.known(string(text)).answer().Value.(ast.Object); ok {
		if found := term.Get(kCanonical); found != nil {
			return found
		}
	}
	return pattern
}

// add takes in an account.
func (r *routing) add(account ast.Value) {
	n, id := len(r.accounts), textAt(account, kID)
	filters := map[place][]int{}
	r.accounts, r.ids, r.filters = append(r.accounts, account), append(r.ids, id), append(r.filters, filters)
	eachAt(account, []*ast.Term{kFilters}, func(i int, filter ast.Value) {
		here := place{textAt(filter, kRegion), textAt(filter, kLogGroupName)}
		filters[here] = append(filters[here], i)
		eachAt(filter, []*ast.Term{kTransforms}, func(_ int, t ast.Value) {
			if value, ok := at(t, kDefault).(ast.Number); ok {
				on := metric{id, here.region, textAt(t, kMetricSpace), textAt(t, kMetricName)}
				r.defaults[on] = r.defaultsAnd(r.defaults[on], value)
			}
		})
	})
	eachAt(account, []*ast.Term{kAlarms}, func(i int, alarm ast.Value) {
		name := textAt(alarm, kMetricNameCW)
		if name == "" || size(at(alarm, kDimensions)) > 0 {
			return
		}
		on := metric{id, textAt(alarm, kRegion), textAt(alarm, kNamespaceCW), name}
		r.alarms[on] = append(r.alarms[on], watching{alarm: alarm, n: n, i: i})
	})
}

// on finds the routes that begin in a log group.
func (r *routing) on(group ast.Value) error {
	account, region, arn := textAt(group, kAccount), textAt(group, kRegion), termAt(group, kARN)
	if arn == nil || termAt(group, kRegion) == nil {
		return errRoutes
	}
	n := slices.Index(r.ids, account)
	if n < 0 {
		return nil
	}
	list := listAt(r.accounts[n], kFilters)
	for _, i := range r.filters[n][place{region, textAt(group, kName)}] {
		filter := list.Elem(i).Value
		t := plainTransformation(filter)
		if t == nil {
			r.left = append(r.left, objectTerm("group", arn, "at", ast.ArrayTerm(ast.InternedTerm(n), ast.InternedTerm(i))))
			continue
		}
		on := metric{account, region, textAt(t, kMetricSpace), textAt(t, kMetricName)}
		pattern := cmp.Or(termAt(filter, kPattern), ast.InternedEmptyString)
		text := r.canonical(pattern)
		w, place := r.way(arn, on, cmp.Or(termAt(t, kUnit), kNone)), ast.InternedTerm(len(r.routes))
		w.patterns, w.places = append(w.patterns, pattern), append(w.places, place)
		fields := append(make([][2]*ast.Term, 0, 8), [][2]*ast.Term{
			{kPlace, place}, {kGroup, arn}, {kAt, ast.ArrayTerm(ast.InternedTerm(n), ast.InternedTerm(i), ast.InternedTerm(0))}, {kText, text},
			{kPlainPattern, pattern}, {kWay, w.number}, {kAlarms, r.watches(on)},
		}...)
		if len(r.alarms[on]) == 1 {
			fields = r.show(fields, group, termAt(filter, kFilterName), r.pointer(n, "/logs/metric_filters/", i), r.alarms[on][0])
		}
		r.put(textAt(group, kARN), string(text.Value.(ast.String)), ast.ObjectTerm(fields...))
	}
	return nil
}

// put adds a route.
func (r *routing) put(group, text string, route *ast.Term) {
	if r.byText[group] == nil {
		r.byText[group] = map[string][]*ast.Term{}
	}
	r.routes, r.byText[group][text] = append(r.routes, route), append(r.byText[group][text], route)
}

// watches are the places of the alarms on a metric.
func (r *routing) watches(on metric) *ast.Term {
	all := make([]*ast.Term, len(r.alarms[on]))
	for k, w := range r.alarms[on] {
		all[k] = ast.ArrayTerm(ast.InternedTerm(w.n), ast.InternedTerm(w.i))
	}
	return ast.ArrayTerm(all...)
}

// likeness adds what some fields of a record hold to a text: another one for other values.
func likeness(text []byte, record ast.Value, names []*ast.Term) []byte {
	for _, name := range names {
		if value := at(record, name); value != nil {
			text = appendKey(text, value)
		}
		text = append(text, ',')
	}
	return text
}

// filtered is a record with some of its fields only.
func filtered(record ast.Value, names []*ast.Term) *ast.Term {
	o := ast.NewObject()
	for _, name := range names {
		if value := at(record, name); value != nil {
			o.Insert(name, ast.NewTerm(value))
		}
	}
	return ast.NewTerm(o)
}

// way is that of the filters of a group on a metric, and of all others that are heard alike.
func (r *routing) way(group *ast.Term, on metric, unit *ast.Term) *way {
	alike := appendKey(appendText(appendText(r.alike[:0], on.account), on.region), group.Value)
	alike = appendKey(alike, unit.Value)
	defaults := ast.InternedEmptySet
	if known := r.defaults[on]; known != nil {
		defaults = ast.NewTerm(known)
	}
	alike = appendKey(alike, defaults.Value)
	for _, w := range r.alarms[on] {
		alike = likeness(append(likeness(alike, w.alarm, r.form), '/'), w.alarm, r.deciding)
		if r.isApart(w) {
			alike = strconv.AppendInt(append(alike, '#'), int64(w.i), 10)
		}
	}
	r.alike = alike
	if known := r.known[string(alike)]; known != nil {
		return known
	}
	watches := make([]*ast.Term, len(r.alarms[on]))
	for k, w := range r.alarms[on] {
		watches[k] = objectTerm("n", ast.InternedTerm(w.n), "i", ast.InternedTerm(w.i), "alarm", ast.NewTerm(w.alarm), "form", filtered(w.alarm, r.form))
	}
	w := &way{number: ast.InternedTerm(len(r.ways)), common: append(make([][2]*ast.Term, 0, 6), [][2]*ast.Term{
		{kGroup, group}, {kOn, ast.ArrayTerm(ast.StringTerm(on.account), ast.StringTerm(on.region))}, {kWatches, ast.ArrayTerm(watches...)},
		{kFeed, objectTerm("value", ast.InternedTerm(1), "unit", unit, "defaults", defaults)},
	}...)}
	r.ways, r.known[string(alike)] = append(r.ways, w), w
	return w
}

// defaultsAnd adds a value to those that a metric takes when nothing matches: most metrics take the same one.
func (r *routing) defaultsAnd(known ast.Set, value ast.Number) ast.Set {
	single := r.singles[value]
	if single == nil {
		single = ast.NewSet(ast.NewTerm(value))
		r.singles[value] = single
	}
	if known == nil {
		return single
	}
	return known.Union(single)
}

// isApart tells whether other alarms decide what becomes of an alarm.
func (r *routing) isApart(w watching) bool {
	if r.apart.Len() == 0 {
		return false
	}
	region, name := termAt(w.alarm, kRegion), termAt(w.alarm, kAlarmName)
	return region != nil && name != nil && r.apart.Contains(ast.ArrayTerm(ast.InternedTerm(w.n), region, name))
}

// show adds what a finding says and points at, where there is one alarm and one action of it: in most accounts, on all routes.
func (r *routing) show(route [][2]*ast.Term, group ast.Value, filter, pointer *ast.Term, w watching) [][2]*ast.Term {
	trail, alarm, actions := at(group, kTrail), termAt(w.alarm, kAlarmName), termAt(w.alarm, kAlarmActions)
	arn, where := termAt(trail, kARN), termAt(trail, kPointer)
	if arn == nil || where == nil || textAt(w.alarm, kAlarmName) == "" || size(at(w.alarm, kAlarmActions)) != 1 {
		return route
	}
	action, ok := listAt(w.alarm, kAlarmActions).Elem(0).Value.(ast.String)
	if !ok {
		return route
	}
	pointers := append(make([]*ast.Term, 0, 8), where, pointer, r.pointer(w.n, "/cloudwatch/alarms/", w.i))
	pointers = append(pointers, r.topic(string(action))...)
	slices.SortFunc(pointers[1:], func(a, b *ast.Term) int { return a.Value.Compare(b.Value) })
	topic := string(action)[strings.LastIndexByte(string(action), ':')+1:]
	message := r.said(textAt(group, kName), string(filter.Value.(ast.String)), textAt(w.alarm, kAlarmName), topic)
	return append(route, [2]*ast.Term{kFinding, ast.ObjectTerm([][2]*ast.Term{
		{vStatus, kPass}, {vMessage, ast.StringTerm(message)}, {vRegion, termAt(group, kRegion)}, {vResource, arn}, {vPointers, ast.ArrayTerm(pointers...)},
		{vEvidence, ast.ObjectTerm([][2]*ast.Term{
			{kTrail, arn}, {kGroupARN, termAt(group, kARN)}, {kFilters, ast.ArrayTerm(filter)}, {kAlarms, ast.ArrayTerm(alarm)}, {kActions, actions},
		}...)},
	}...)})
}

// said is the message with names in it.
func (r *routing) said(names ...string) string {
	var text strings.Builder
	for i, part := range r.message {
		text.WriteString(part)
		if i < min(len(names), len(r.message)-1) {
			text.WriteString(names[i])
		}
	}
	return text.String()
}

// topic is where a topic and its subscriptions stand.
func (r *routing) topic(arn string) []*ast.Term {
	if r.told == nil {
		r.told = map[string][]*ast.Term{}
		for _, list := range []*ast.Term{kSubscriptions, kTopics} {
			number := map[string]int{}
			for n, account := range r.accounts {
				eachAt(account, []*ast.Term{list}, func(i int, record ast.Value) {
					topic := textAt(record, kTopicARN)
					if number[topic]++; number[topic] <= mostPlaces {
						r.told[topic] = append(r.told[topic], r.pointer(n, "/sns/"+string(list.Value.(ast.String))+"/", i))
					}
				})
			}
		}
	}
	return r.told[arn]
}

// plainTransformation is that of a filter which counts one for each match and does nothing else; nil for any other filter.
func plainTransformation(filter ast.Value) ast.Value {
	list := listAt(filter, kTransforms)
	if list == nil || list.Len() != 1 || at(filter, kSelection) != nil || at(filter, kSystemFields) != nil || textAt(filter, kFilterName) == "" {
		return nil
	}
	if on := at(filter, kTransformed); on != nil && on.Compare(ast.Boolean(false)) != 0 {
		return nil
	}
	t := list.Elem(0).Value
	if textAt(t, kMetricValue) != "1" || at(t, kFilterDims) != nil || textAt(t, kMetricName) == "" || textAt(t, kMetricSpace) == "" {
		return nil
	}
	return t
}

// pointer is a JSON pointer into the first snapshot, or into another, which it then names: as evidence.pointer has it.
func (r *routing) pointer(n int, list string, i int) *ast.Term {
	pointer := list + strconv.Itoa(i)
	if n > 0 {
		pointer = r.ids[n] + "#" + pointer
	}
	return ast.StringTerm(pointer)
}

// termAt is a field of a record; nil if it has none.
func termAt(record ast.Value, name *ast.Term) *ast.Term {
	if object, ok := record.(ast.Object); ok {
		return object.Get(name)
	}
	return nil
}

func size(value ast.Value) int {
	if list, ok := value.(*ast.Array); ok {
		return list.Len()
	}
	return 0
}
