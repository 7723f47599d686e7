package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Program says how a replica is started.
type Program struct {
	Key  string // with which it calls the model
	Path string
	Args []string
	Env  []string // beside the environment
	Log  string   // file to which its standard error is added
}

// startTime is how long a replica may take until it says where it listens.
const startTime = 2 * time.Minute

// Replica is one process of the fleet. It may be used concurrently.
type Replica struct {
	program Program

	mu  sync.Mutex
	url string // "" while it is away
	run *running
	// Starts is how long it took to listen, each time.
	starts []time.Duration
}

type running struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // why it ended; read after done
}

// URL is where it listens, "" while it is away.
func (r *Replica) URL() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.url
}

// PID is its process, 0 while there is none.
func (r *Replica) PID() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.run == nil {
		return 0
	}
	return r.run.cmd.Process.Pid
}

// Start starts it and waits until it listens.
func (r *Replica) Start(ctx context.Context) error {
	log, err := os.OpenFile(r.program.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(r.program.Path, r.program.Args...) //nolint:noctx // it is killed by name, not by a context
	cmd.Env = append(os.Environ(), r.program.Env...)
	cmd.Stderr = log
	leash(cmd)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start a replica: %w", err)
	}
	run := &running{cmd: cmd, done: make(chan struct{})}
	said := make(chan string, 1)
	go func() {
		listen(out, said)
		run.err = cmd.Wait()
		close(run.done)
	}()
	r.mu.Lock()
	r.run = run
	r.mu.Unlock()
	select {
	case url := <-said:
		r.mu.Lock()
		r.url = url
		r.starts = append(r.starts, time.Since(began))
		r.mu.Unlock()
		return nil
	case <-run.done:
		said, _ := os.ReadFile(r.program.Log)
		return fmt.Errorf("a replica ended: %w: %s", run.err, said[max(0, len(said)-2000):])
	case <-time.After(startTime):
		return errors.Join(errors.New("a replica does not say where it listens"), r.end(syscall.SIGKILL))
	case <-ctx.Done():
		return errors.Join(ctx.Err(), r.end(syscall.SIGKILL))
	}
}

// listen reads what a replica says, and passes on its address.
func listen(out io.Reader, said chan<- string) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, rest, ok := strings.Cut(lines.Text(), "http://"); ok {
			select {
			case said <- "http://" + strings.TrimRight(rest, "/ "):
			default:
			}
		}
	}
}

// Kill ends it as a crash does, and waits until it is gone.
func (r *Replica) Kill() error { return r.end(syscall.SIGKILL) }

// Stop ends it as an orchestrator does, and waits until it is gone.
func (r *Replica) Stop() error { return r.end(syscall.SIGTERM) }

func (r *Replica) end(sig os.Signal) error {
	r.mu.Lock()
	run := r.run
	r.url, r.run = "", nil
	r.mu.Unlock()
	if run == nil {
		return nil
	}
	if err := run.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-run.done
	return nil
}

// Fleet is a number of replicas. It is the crowd's doors.
type Fleet struct {
	Replicas []*Replica
}

// NewFleet makes the replicas of programs; Start starts them.
func NewFleet(programs []Program) *Fleet {
	f := &Fleet{}
	for _, p := range programs {
		f.Replicas = append(f.Replicas, &Replica{program: p})
	}
	return f
}

// Start starts all of them, one after the other, as a rolling start does.
func (f *Fleet) Start(ctx context.Context) error {
	for _, r := range f.Replicas {
		if err := r.Start(ctx); err != nil {
			return errors.Join(err, f.Kill())
		}
	}
	return nil
}

// Kill ends all of them.
func (f *Fleet) Kill() error {
	var errs []error
	for _, r := range f.Replicas {
		errs = append(errs, r.Kill())
	}
	return errors.Join(errs...)
}

// Door implements Doors: everybody has a replica of their own, and goes on to the next.
func (f *Fleet) Door(person, try int) string {
	return f.Replicas[(person+try)%len(f.Replicas)].URL()
}

// Starts is how long replicas took to listen.
func (f *Fleet) Starts() []time.Duration {
	var out []time.Duration
	for _, r := range f.Replicas {
		r.mu.Lock()
		out = append(out, r.starts...)
		r.mu.Unlock()
	}
	return out
}
