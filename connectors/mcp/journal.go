package mcp

import (
	"log/slog"
	"strings"
	"sync"
)

// journal logs the first of what a server writes to its standard error.
type journal struct {
	logger *slog.Logger
	mu     sync.Mutex
	left   int // guarded by mu: bytes that are still logged
}

// Write is that of an io.Writer.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	part := p[:min(len(p), j.left)]
	if j.left -= len(part); len(part) > 0 {
		j.logger.Debug("mcp: the server says", "stderr", strings.ToValidUTF8(strings.TrimSpace(string(part)), "?"))
	}
	return len(p), nil
}
