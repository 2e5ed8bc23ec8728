package evaluator

import (
	"errors"
	"strconv"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/types"
)

var (
	records = types.NewArray(nil, types.A)

	routesType = types.NewFunction(
		types.Args(
			types.Named("accounts", types.NewArray(nil, object(field("id", types.S), field("filters", records), field("alarms", records)))).
				Description("the accounts of the snapshots, this one first"),
			types.Named("groups", types.NewSet(object(
				field("account", types.S), field("region", types.S), field("name", types.S), field("arn", types.S)))).Description("log groups"),
			types.Named("form", types.NewArray(nil, types.S)).Description("the fields of an alarm that say when it rings")),
		types.Named("routes", types.NewArray(nil, object(
			field("group", types.S), field("n", types.N), field("i", types.N), field("j", types.N), field("name", types.S),
			field("pointer", types.S), field("pattern", types.S), field("metric", types.NewArray(nil, types.S)), field("dimensions", anyObject),
			field("feed", object(field("value", types.N), field("unit", types.S), field("defaults", types.NewSet(types.N)))),
			field("watches", types.NewArray(nil, object(
				field("n", types.N), field("i", types.N), field("pointer", types.S), field("alarm", anyObject), field("form", anyObject),
				field("dimensions", types.NewArray(nil, types.A)))))))).
			Description("the plain metric filters on those groups, each with the alarms without dimensions on its metric"))
)

// The names of fields that routes are made of.
var (
	kID           = ast.InternedTerm("id")
	kFilters      = ast.InternedTerm("filters")
	kAlarms       = ast.InternedTerm("alarms")
	kName         = ast.InternedTerm("name")
	kARN          = ast.InternedTerm("arn")
	kFilterName   = ast.InternedTerm("filterName")
	kPattern      = ast.InternedTerm("filterPattern")
	kTransformed  = ast.InternedTerm("applyOnTransformedLogs")
	kSelection    = ast.InternedTerm("fieldSelectionCriteria")
	kSystemFields = ast.InternedTerm("emitSystemFieldDimensions")
	kFilterDims   = ast.InternedTerm("dimensions")
	kMetricValue  = ast.InternedTerm("metricValue")
	kDefault      = ast.InternedTerm("defaultValue")
	kUnit         = ast.InternedTerm("unit")
	kDimensions   = ast.InternedTerm("Dimensions")
)

var errRoutes = errors.New("accounts, groups or form are not as declared")

// routing joins filters with alarms.
type routing struct {
	accounts []ast.Value
	ids      []string
	form     []*ast.Term
	filters  []map[place][]int      // of each account, by region and log group
	alarms   map[metric][]*ast.Term // the watches on a metric
	defaults map[metric][]*ast.Term // the values that a metric takes when nothing matches
}

// routes joins what names what: metric filters that count one for each match, whatever the event, and the alarms on the metrics that
// they feed. It judges nothing; what it leaves out needs a closer look.
func routes(accounts, groups, form *ast.Term) (*ast.Term, error) {
	list, ok := accounts.Value.(*ast.Array)
	asked, also := groups.Value.(ast.Set)
	fields, too := form.Value.(*ast.Array)
	if !ok || !also || !too {
		return nil, errRoutes
	}
	r := &routing{alarms: map[metric][]*ast.Term{}, defaults: map[metric][]*ast.Term{}}
	fields.Foreach(func(name *ast.Term) { r.form = append(r.form, name) })
	list.Foreach(func(account *ast.Term) { r.add(account.Value) })
	var all []*ast.Term
	asked.Foreach(func(group *ast.Term) { all = append(all, r.on(group.Value)...) })
	return ast.ArrayTerm(all...), nil
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
				r.defaults[on] = append(r.defaults[on], ast.NewTerm(value))
			}
		})
	})
	eachAt(account, []*ast.Term{kAlarms}, func(i int, alarm ast.Value) {
		name := textAt(alarm, kMetricNameCW)
		if name == "" || size(at(alarm, kDimensions)) > 0 {
			return
		}
		on := metric{id, textAt(alarm, kRegion), textAt(alarm, kNamespaceCW), name}
		r.alarms[on] = append(r.alarms[on], objectTerm(
			"n", ast.InternedTerm(n), "i", ast.InternedTerm(i), "pointer", r.pointer(n, "/cloudwatch/alarms/", i),
			"alarm", ast.NewTerm(alarm), "form", r.formOf(alarm), "dimensions", ast.InternedEmptyArray))
	})
}

// formOf is an alarm's fields that say when it rings.
func (r *routing) formOf(alarm ast.Value) *ast.Term {
	form := ast.NewObject()
	for _, name := range r.form {
		if value := at(alarm, name); value != nil {
			form.Insert(name, ast.NewTerm(value))
		}
	}
	return ast.NewTerm(form)
}

// on is the routes that begin in a log group.
func (r *routing) on(group ast.Value) []*ast.Term {
	var all []*ast.Term
	account, region := textAt(group, kAccount), textAt(group, kRegion)
	for n, id := range r.ids {
		if id != account {
			continue
		}
		list := listAt(r.accounts[n], kFilters)
		for _, i := range r.filters[n][place{region, textAt(group, kName)}] {
			filter := list.Elem(i).Value
			t := plainTransformation(filter)
			if t == nil {
				continue
			}
			on := metric{id, region, textAt(t, kMetricSpace), textAt(t, kMetricName)}
			all = append(all, objectTerm(
				"group", ast.NewTerm(at(group, kARN)), "n", ast.InternedTerm(n), "i", ast.InternedTerm(i), "j", ast.InternedTerm(0),
				"name", ast.NewTerm(at(filter, kFilterName)), "pointer", r.pointer(n, "/logs/metric_filters/", i),
				"pattern", textOr(at(filter, kPattern), ""), "dimensions", ast.InternedEmptyObject,
				"metric", ast.ArrayTerm(ast.StringTerm(on.account), ast.StringTerm(on.region), ast.StringTerm(on.namespace), ast.StringTerm(on.name)),
				"feed", objectTerm("value", ast.InternedTerm(1), "unit", textOr(at(t, kUnit), "None"), "defaults", ast.SetTerm(r.defaults[on]...)),
				"watches", ast.ArrayTerm(r.alarms[on]...)))
		}
		break
	}
	return all
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

func textOr(value ast.Value, otherwise string) *ast.Term {
	if value == nil {
		return ast.StringTerm(otherwise)
	}
	return ast.NewTerm(value)
}

func size(value ast.Value) int {
	if list, ok := value.(*ast.Array); ok {
		return list.Len()
	}
	return 0
}
