// Package check holds the files of deploy against what will read them: the chart is
// rendered by Helm's own engine and decoded strictly by Kubernetes' own types, alerts
// and the dashboard go through Prometheus' own parser, the configuration through the
// program's, and the image's binary runs with nothing around it but what the image has.
// There is nothing here but tests.
//
// It is a module of its own, so that what judges does not become a dependency of what is
// judged.
package check
