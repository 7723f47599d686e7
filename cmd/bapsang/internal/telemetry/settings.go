package telemetry

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// settings say where spans go.
type settings struct {
	endpoint  string // whole
	header    http.Header
	timeout   time.Duration // of one attempt
	plain     bool          // no compression
	tls       *tls.Config   // nil for the system's
	content   bool
	transport http.RoundTripper // nil makes one
}

// The variables of OpenTelemetry's specification ("OpenTelemetry Protocol Exporter",
// "Environment Variable Specification"): those of traces go before the general ones.
const (
	general  = "OTEL_EXPORTER_OTLP_"
	ofTraces = "OTEL_EXPORTER_OTLP_TRACES_"

	// captureContent is the switch that OpenTelemetry's own instrumentations of models have.
	captureContent = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
)

// environment reads variables as the specification has it: an empty one is not set.
type environment func(name string) (string, bool)

func (env environment) get(name string) string {
	v, _ := env(name)
	return strings.TrimSpace(v)
}

// otlp is a variable of the exporter, and its whole name.
func (env environment) otlp(name string) (value, from string) {
	if v := env.get(ofTraces + name); v != "" {
		return v, ofTraces + name
	}
	return env.get(general + name), general + name
}

// readSettings returns nil where spans go nowhere.
func readSettings(env environment) (*settings, error) {
	if strings.EqualFold(env.get("OTEL_SDK_DISABLED"), "true") {
		return nil, nil
	}
	switch exporter := env.get("OTEL_TRACES_EXPORTER"); exporter {
	case "", "otlp":
	case "none":
		return nil, nil
	default:
		return nil, fmt.Errorf("OTEL_TRACES_EXPORTER=%s: there are otlp and none", exporter)
	}
	s := &settings{header: http.Header{}, timeout: 10 * time.Second}
	var err error
	if s.endpoint, err = readEndpoint(env); err != nil || s.endpoint == "" {
		return nil, err
	}
	if protocol, from := env.otlp("PROTOCOL"); protocol != "" && protocol != "http/protobuf" {
		return nil, fmt.Errorf("%s=%s: there is http/protobuf, which collectors take on port 4318", from, protocol)
	}
	if v, from := env.otlp("TIMEOUT"); v != "" {
		ms, err := strconv.Atoi(v)
		if err != nil || ms <= 0 {
			return nil, fmt.Errorf("%s=%s: write milliseconds, such as 10000", from, v)
		}
		s.timeout = time.Duration(ms) * time.Millisecond
	}
	switch v, from := env.otlp("COMPRESSION"); v {
	case "", "gzip":
	case "none":
		s.plain = true
	default:
		return nil, fmt.Errorf("%s=%s: there are gzip and none", from, v)
	}
	if err := s.readHeaders(env); err != nil {
		return nil, err
	}
	switch v := strings.ToLower(env.get(captureContent)); v {
	case "true", "span_only", "span_and_event":
		s.content = true
	}
	s.tls, err = readTLS(env)
	return s, err
}

// readEndpoint is the address of traces: as it is given for traces, or below the one
// given for all.
func readEndpoint(env environment) (string, error) {
	v, from := env.otlp("ENDPOINT")
	if v == "" {
		return "", nil
	}
	u, err := url.Parse(v)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("%s must be like http://collector:4318", from) // it may hold a password
	}
	if from == general+"ENDPOINT" {
		u = u.JoinPath("v1", "traces")
	}
	return u.String(), nil
}

// readHeaders reads "name=value,name=value", values percent-encoded. They are keys more
// often than not, so no error quotes them.
func (s *settings) readHeaders(env environment) error {
	v, from := env.otlp("HEADERS")
	if v == "" {
		return nil
	}
	for i, pair := range strings.Split(v, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, value, ok := strings.Cut(pair, "=")
		value, err := url.PathUnescape(strings.TrimSpace(value))
		name = strings.TrimSpace(name)
		if !ok || err != nil || name == "" || strings.ContainsAny(name, " \t:\r\n") || strings.ContainsAny(value, "\r\n\x00") {
			return fmt.Errorf("%s: entry %d is not name=value", from, i+1)
		}
		s.header.Set(name, value)
	}
	return nil
}

// readTLS returns nil where the system's trust is enough.
func readTLS(env environment) (*tls.Config, error) {
	ca, caFrom := env.otlp("CERTIFICATE")
	cert, certFrom := env.otlp("CLIENT_CERTIFICATE")
	key, _ := env.otlp("CLIENT_KEY")
	if ca == "" && cert == "" {
		return nil, nil
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca != "" {
		pem, err := os.ReadFile(ca)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", caFrom, err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s: %s has no PEM certificate", caFrom, ca)
		}
	}
	if cert != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", certFrom, err)
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	return cfg, nil
}
