// Package confine runs a part of this program in a child process that can do
// little: it re-executes the program's own binary under limits, talks to it over
// stdin and stdout, and kills it without asking. It exists because some work (a
// statement of an analytic engine, the parsing of a stranger's file) ignores
// cancellation and memory settings, and because a process is the only boundary
// that holds when the code inside it does not.
//
// A program calls [Main] first thing, with the roles that it can play, and
// [Start] wherever it wants a child in one of them.
//
// What a child is denied depends on the system:
//
//   - Everywhere: it inherits no environment and no file but its pipes; it is alone
//     in its process group; it dumps no core; it cannot write more than
//     Limits.FileSize bytes to any one file; it ends when its parent does, because
//     it watches a pipe whose other end only the parent holds.
//   - Linux: address space is limited by the kernel, the kernel kills the child
//     with its parent, and the child has no network but its own empty namespace
//     where the kernel grants one (root, or unprivileged user namespaces allowed).
//     Where it does not, the child runs without that wall.
//   - macOS: there is no address space limit and no network namespace. Memory is
//     watched from inside instead and the child ends when it holds more than
//     Limits.AddressSpace; network is denied by what the role itself refuses to do.
//   - Where the program runs as root, a role that has opened its files calls
//     [DropPrivileges] and goes on as nobody. It happens then and not earlier
//     because the files of a data directory are rarely readable by nobody.
//
// A build with the race detector reserves more address space than any sensible
// limit, so it watches memory as macOS does.
package confine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// marker is the first argument of a child.
const marker = "__confined"

// The files that a child finds beside stdin. Its stdout is not the pipe that the
// role answers on: an engine's library that prints must not garble the answers.
const (
	lifeFD = 3
	outFD  = 4
)

// Exit statuses of a child that did not get to play its role to the end.
const (
	exitUsage  = 64
	exitMemory = 77
	exitOrphan = 78
)

// Limits bound one child. A zero field sets no limit, except where it says
// otherwise.
type Limits struct {
	// AddressSpace bounds the memory that the child may map, in bytes. It counts
	// reserved memory too: allow at least 1 GiB above what the role should use.
	AddressSpace int64
	// FileSize bounds each file that the child writes, in bytes: a write beyond it is
	// EFBIG. Zero forbids writing to files at all; Unlimited lifts the bound.
	FileSize int64
	// OpenFiles bounds the number of open files.
	OpenFiles int64
}

// Unlimited lifts Limits.FileSize.
const Unlimited = -1

// Spec says what to start.
type Spec struct {
	Role   string // a key of the map that Main was given
	Limits Limits
	// Net leaves the child on the network of its parent.
	Net bool
}

// settings is what a child is told about itself, as its third argument.
type settings struct {
	Limits Limits
}

// Main plays a role and exits when the process was started by [Start], and returns
// at once otherwise. Call it at the top of main, and of TestMain in packages whose
// tests start children, before anything that costs time or opens files. A role
// reads requests from in, answers on out and returns the exit status; it should
// return when in ends.
func Main(roles map[string]func(in io.Reader, out io.Writer) int) {
	if len(os.Args) != 4 || os.Args[1] != marker {
		return
	}
	os.Exit(play(os.Args[2], os.Args[3], roles))
}

func play(name, arg string, roles map[string]func(in io.Reader, out io.Writer) int) int {
	role, ok := roles[name]
	if !ok {
		fmt.Fprintf(os.Stderr, "confine: no role %q\n", name)
		return exitUsage
	}
	var set settings
	if err := json.Unmarshal([]byte(arg), &set); err != nil {
		fmt.Fprintf(os.Stderr, "confine: settings: %v\n", err)
		return exitUsage
	}
	// The role keeps this thread: what the kernel ties to a thread, such as the
	// parent-death signal, then lives as long as the process.
	runtime.LockOSThread()
	life := os.NewFile(lifeFD, "life")
	out := os.NewFile(outFD, "out")
	syscall.CloseOnExec(lifeFD)
	syscall.CloseOnExec(outFD)
	go func() {
		// Nothing is ever written here: the read ends when the parent does.
		_, _ = life.Read(make([]byte, 1))
		os.Exit(exitOrphan)
	}()
	if err := limitSelf(set.Limits); err != nil {
		fmt.Fprintf(os.Stderr, "confine: limits: %v\n", err)
		return exitUsage
	}
	return role(os.Stdin, out)
}

// DropPrivileges gives up root for good: the process goes on as the user nobody,
// without groups. It does nothing and returns nil where the process is not root. A
// role calls it once it holds every file it needs open; afterwards it can open only
// what the world may read.
func DropPrivileges() error { return dropPrivileges() }

// Process is a running child. Its methods may be called concurrently.
type Process struct {
	// Stdin and Stdout carry the role's requests and answers. Reading Stdout
	// reports io.EOF when the child has ended.
	Stdin  *os.File
	Stdout *os.File

	cmd      *exec.Cmd
	life     *os.File
	stderr   *excerpt
	isolated bool
	done     chan struct{} // closed when the child has been reaped
	err      error         // how it ended; read after done

	mu     sync.Mutex
	killed bool
}

// Start starts this program's own binary in spec.Role. The child is killed when ctx
// ends. It is reaped whether or not anybody waits; Close releases the pipes.
func Start(ctx context.Context, spec Spec) (*Process, error) {
	arg, err := json.Marshal(settings{Limits: spec.Limits})
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Role, err)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Role, err)
	}
	var last error
	for _, attr := range attributes(spec.Net) {
		p, err := start(ctx, []string{marker, spec.Role, string(arg)}, attr)
		if err == nil {
			return p, nil
		}
		last = err
	}
	return nil, fmt.Errorf("start %s: %w", spec.Role, last)
}

// pipes are the six ends of a child's three pipes.
type pipes struct{ inR, inW, outR, outW, lifeR, lifeW *os.File }

func newPipes() (p pipes, err error) {
	for _, pair := range [][2]**os.File{{&p.inR, &p.inW}, {&p.outR, &p.outW}, {&p.lifeR, &p.lifeW}} {
		if *pair[0], *pair[1], err = os.Pipe(); err != nil {
			p.close(p.inR, p.inW, p.outR, p.outW, p.lifeR, p.lifeW)
			return pipes{}, err
		}
	}
	return p, nil
}

func (pipes) close(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close()
		}
	}
}

func start(ctx context.Context, args []string, attr attribute) (*Process, error) {
	exe, err := executable()
	if err != nil {
		return nil, err
	}
	pp, err := newPipes()
	if err != nil {
		return nil, err
	}
	p := &Process{
		Stdin: pp.inW, Stdout: pp.outR, life: pp.lifeW,
		stderr: &excerpt{}, isolated: attr.isolated, done: make(chan struct{}),
	}
	p.cmd = exec.Command(exe, args...) //nolint:noctx // keep ends it with ctx, and with it what it started
	p.cmd.Env = []string{}
	p.cmd.Stdin = pp.inR
	p.cmd.Stdout = p.stderr
	p.cmd.Stderr = p.stderr
	p.cmd.ExtraFiles = []*os.File{pp.lifeR, pp.outW}
	p.cmd.SysProcAttr = attr.sys

	started := make(chan error)
	go p.keep(ctx, started)
	err = <-started
	pp.close(pp.inR, pp.outW, pp.lifeR)
	if err != nil {
		pp.close(pp.inW, pp.outR, pp.lifeW)
		return nil, err
	}
	return p, nil
}

// keep starts the child and reaps it, on one thread for as long as it lives: the
// parent-death signal of Linux is sent when the thread that started the child ends,
// not the process.
func (p *Process) keep(ctx context.Context, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	stop := context.AfterFunc(ctx, p.Kill)
	defer stop()
	p.err = p.describe(p.cmd.Wait())
	close(p.done)
}

// Kill ends the child and whatever it started, at once. Killing a child that has
// ended does nothing.
func (p *Process) Kill() {
	p.mu.Lock()
	p.killed = true
	p.mu.Unlock()
	// Process.Kill knows whether the child has been reaped; the group is only
	// signalled while its number is still the child's.
	if p.cmd.Process.Kill() == nil {
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	}
}

// Done is closed when the child has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait waits for the child to end and returns nil when its role returned 0, and an
// *ExitError otherwise.
func (p *Process) Wait() error {
	<-p.done
	return p.err
}

// Close kills the child if it still runs, waits for its end and closes the pipes.
func (p *Process) Close() {
	p.Kill()
	<-p.done
	_ = p.Stdin.Close()
	_ = p.Stdout.Close()
	_ = p.life.Close()
}

// Pid is the child's process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Isolated reports whether the system gave the child a network namespace of its
// own, from which nothing can be reached.
func (p *Process) Isolated() bool { return p.isolated }

// ExitError says how a child ended.
type ExitError struct {
	Status      string // as the system puts it, such as "exit status 2"
	Killed      bool   // by Kill, or because the context of Start ended
	OutOfMemory bool   // it met Limits.AddressSpace, or the system killed it for memory
	Output      string // the beginning and end of what it printed
}

func (e *ExitError) Error() string {
	if e.Output == "" {
		return e.Status
	}
	return e.Status + ": " + e.Output
}

func (p *Process) describe(err error) error {
	if err == nil {
		return nil
	}
	p.mu.Lock()
	killed := p.killed
	p.mu.Unlock()
	e := &ExitError{Status: err.Error(), Killed: killed, Output: p.stderr.String()}
	state := p.cmd.ProcessState
	if state == nil {
		return e
	}
	ws, ok := state.Sys().(syscall.WaitStatus)
	e.OutOfMemory = !killed && (state.ExitCode() == exitMemory ||
		ok && ws.Signaled() && ws.Signal() == syscall.SIGKILL || saysOutOfMemory(e.Output))
	return e
}

// saysOutOfMemory recognises the last words of the Go runtime and of a C++ library
// that were refused memory, be it for the stack of a thread.
func saysOutOfMemory(output string) bool {
	return slices.ContainsFunc([]string{"out of memory", "cannot allocate memory", "bad_alloc", "pthread_create failed"},
		func(words string) bool { return strings.Contains(output, words) })
}

// excerpt keeps the beginning and the end of what is written to it, so that a
// child which prints without end costs its parent nothing.
type excerpt struct {
	mu         sync.Mutex
	head, tail []byte
	cut        bool
}

const excerptSize = 2 << 10

func (e *excerpt) Write(b []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := len(b)
	if room := excerptSize - len(e.head); room > 0 {
		take := min(room, len(b))
		e.head = append(e.head, b[:take]...)
		b = b[take:]
	}
	e.tail = append(e.tail, b...)
	if over := len(e.tail) - excerptSize; over > 0 {
		e.tail = append(e.tail[:0], e.tail[over:]...)
		e.cut = true
	}
	return n, nil
}

func (e *excerpt) String() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	sep := ""
	if e.cut {
		sep = "\n[…]\n"
	}
	return string(bytes.TrimSpace(slices.Concat(e.head, []byte(sep), e.tail)))
}
