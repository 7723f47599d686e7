package openai

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// loadRoots trusts the certificates of a PEM file beside the system's.
func loadRoots(file string) (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if file == "" {
		return cfg, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read CA file: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read CA file: %s has no PEM certificate", file)
	}
	cfg.RootCAs = pool
	return cfg, nil
}
