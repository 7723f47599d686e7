package telemetry

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// of is an environment of names and values.
func of(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

func TestWhereSpansGo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		env  []string
		want string // "" for nowhere
	}{
		{nil, ""},
		{[]string{general + "ENDPOINT", ""}, ""},
		{[]string{general + "ENDPOINT", "http://collector:4318"}, "http://collector:4318/v1/traces"},
		{[]string{general + "ENDPOINT", "https://host/otlp/"}, "https://host/otlp/v1/traces"},
		{[]string{ofTraces + "ENDPOINT", "http://host:9/as/given"}, "http://host:9/as/given"},
		{[]string{ofTraces + "ENDPOINT", "http://a/t", general + "ENDPOINT", "http://b"}, "http://a/t"},
		{[]string{general + "ENDPOINT", "http://b", "OTEL_SDK_DISABLED", "TRUE"}, ""},
		{[]string{general + "ENDPOINT", "http://b", "OTEL_TRACES_EXPORTER", "none"}, ""},
		{[]string{general + "ENDPOINT", "http://b", "OTEL_TRACES_EXPORTER", "otlp"}, "http://b/v1/traces"},
		{[]string{general + "HEADERS", "nonsense", general + "PROTOCOL", "grpc"}, ""}, // of another program's making
	} {
		s, err := readSettings(of(c.env...))
		got := ""
		if s != nil {
			got = s.endpoint
		}
		if err != nil || got != c.want {
			t.Errorf("%v: %q, %v", c.env, got, err)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	s, err := readSettings(of(general+"ENDPOINT", "http://b", general+"HEADERS", " api-key = a%3Db , x-team=sales,", ofTraces+"TIMEOUT", "2500",
		general+"TIMEOUT", "9", general+"COMPRESSION", "none", general+"PROTOCOL", "http/protobuf", captureContent, "true"))
	if err != nil {
		t.Fatal(err)
	}
	if s.header.Get("api-key") != "a=b" || s.header.Get("x-team") != "sales" || s.timeout != 2500*time.Millisecond || !s.plain || !s.content {
		t.Errorf("%+v", s)
	}
	for _, v := range []string{"", "false", "no_content", "event_only"} {
		if s, err := readSettings(of(general+"ENDPOINT", "http://b", captureContent, v)); err != nil || s.content {
			t.Errorf("%s=%s: content is in the spans, %v", captureContent, v, err)
		}
	}
}

func TestWhatMakesNoSenseIsSaid(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{general + "ENDPOINT", "collector:4318"}, {general + "ENDPOINT", "ftp://x"}, {ofTraces + "ENDPOINT", "http://user:secret@ho st"},
		{general + "PROTOCOL", "grpc"}, {ofTraces + "PROTOCOL", "http/json"}, {general + "TIMEOUT", "10s"}, {general + "TIMEOUT", "0"},
		{general + "COMPRESSION", "zstd"}, {general + "HEADERS", "secret"}, {general + "HEADERS", "a=secret%zz"}, {general + "HEADERS", "a=secret%0d%0ab:c"},
		{"OTEL_TRACES_EXPORTER", "zipkin"}, {general + "CERTIFICATE", "settings_test.go"}, {general + "CERTIFICATE", "not there"},
		{general + "CLIENT_CERTIFICATE", "settings_test.go"},
	} {
		traces, err := Open(t.Context(), of(pair[0], pair[1], general+"ENDPOINT", "http://b"), slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), pair[0]) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s=%s: %v", pair[0], pair[1], err)
		}
		if traces != nil {
			t.Errorf("%s=%s: opened", pair[0], pair[1])
		}
	}
}

func TestNowhere(t *testing.T) {
	t.Parallel()
	traces, err := Open(t.Context(), of(), slog.New(slog.DiscardHandler))
	if err != nil || traces != nil {
		t.Fatalf("%v, %v", traces, err)
	}
	if traces.Tracer() != nil || traces.Content() {
		t.Error("spans go somewhere")
	}
	traces.Close()
}

func TestMetricsAreOnThePage(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	meter, err := Meter(registry)
	if err != nil {
		t.Fatal(err)
	}
	h, err := meter.Meter("t").Float64Histogram("gen_ai.client.operation.duration")
	if err != nil {
		t.Fatal(err)
	}
	h.Record(t.Context(), 1.5)
	families, err := registry.Gather()
	if err != nil || len(families) != 1 || families[0].GetName() != "gen_ai_client_operation_duration" || families[0].GetMetric()[0].GetHistogram().GetSampleSum() != 1.5 {
		t.Errorf("%v, %v", families, err)
	}
}
