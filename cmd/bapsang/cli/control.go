package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/bapsang/bapsang/store/bolt"
)

// socketName is where a running bapsang takes its operator's commands: a socket in
// its data directory. Who may open the store may open it too, and nobody else.
const socketName = "control.sock"

// backupPath is the command that copies the store.
const backupPath = "/backup"

// control serves the socket.
type control struct {
	server *http.Server
	cancel context.CancelFunc // of the requests
	served chan struct{}
}

// openControl serves commands until Close. The store in dir must be held by this
// process: a socket that is there then was left by one that died.
func openControl(ctx context.Context, dir string, s *bolt.Store, commands map[string]http.HandlerFunc, logger *slog.Logger) (*control, error) {
	path := filepath.Join(dir, socketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open control socket: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("open control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("open control socket: %w", err), listener.Close())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+backupPath, func(w http.ResponseWriter, r *http.Request) {
		if err := s.Backup(r.Context(), impatient{w, http.NewResponseController(w)}); err != nil {
			logger.WarnContext(r.Context(), "backup broke off", "error", err)
			panic(http.ErrAbortHandler) // or the client would take a part for the whole
		}
	})
	for path, command := range commands {
		mux.HandleFunc("POST "+path, command)
	}
	requests, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c := &control{cancel: cancel, served: make(chan struct{}), server: &http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context { return requests },
		ErrorLog:    slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}}
	go func() {
		defer close(c.served)
		_ = c.server.Serve(listener) // it ends when Close says so
	}()
	return c, nil
}

// copyTime is how long whoever takes a copy may keep it waiting. An open copy keeps
// the store from using freed room again, and in the end from growing.
const copyTime = 30 * time.Second

// impatient is a response whose reader must go on reading.
type impatient struct {
	w     io.Writer
	limit *http.ResponseController
}

func (i impatient) Write(p []byte) (int, error) {
	if err := i.limit.SetWriteDeadline(time.Now().Add(copyTime)); err != nil {
		return 0, err
	}
	return i.w.Write(p)
}

// Close breaks off what is going on and takes the socket away.
func (c *control) Close() error {
	c.cancel()
	err := c.server.Close()
	<-c.served
	return err
}

// errNotRunning means that nobody serves a data directory's socket.
var errNotRunning = errors.New("no bapsang is running there")

// controlTransport calls the bapsang that runs on dir.
func controlTransport(dir string) *http.Transport {
	var dialer net.Dialer
	return &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, "unix", filepath.Join(dir, socketName))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errNotRunning, err)
		}
		return conn, nil
	}}
}

// answersCommands reports whether a bapsang runs on dir.
func answersCommands(ctx context.Context, dir string) bool {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", filepath.Join(dir, socketName))
	if err != nil {
		return false
	}
	_ = conn.Close() // it was opened to see whether it opens
	return true
}

// backupRunning copies the store of the bapsang that runs on dir to w.
func backupRunning(ctx context.Context, dir string, w io.Writer) error {
	transport := controlTransport(dir)
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://bapsang"+backupPath, nil)
	if err != nil {
		return err
	}
	res, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return fmt.Errorf("ask the running bapsang: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the running bapsang answers %s", res.Status)
	}
	// A copy that broke off ends in io.ErrUnexpectedEOF.
	if _, err := io.Copy(w, res.Body); err != nil {
		return fmt.Errorf("read from the running bapsang: %w", err)
	}
	return nil
}
