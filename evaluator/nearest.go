package evaluator

// Nearest is the one of names that the name was meant to be, as every hint of this package would say it; "" if it is like none.
func Nearest(name string, names []string) string { return nearest(name, names) }
