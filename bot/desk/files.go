package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"unicode"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/progress"
	"github.com/bapsang/bapsang/store"
)

// dataNames end the names of files that are dropped to be asked about. Pictures and
// letters that people show each other are none of ours, unless they say so.
var dataNames = []string{".csv", ".tsv", ".tab", ".psv", ".parquet", ".pq", ".json", ".jsonl", ".ndjson", ".xlsx", ".xlsm", ".xls", ".duckdb", ".ddb", ".sqlite", ".sqlite3", ".db", ".db3"}

func isData(f bot.File) bool {
	name := strings.TrimSuffix(strings.ToLower(f.Name), ".gz")
	return slices.Contains(dataNames, filepath.Ext(name))
}

// keepFiles writes an event's files where the worker finds them. It happens before
// the event is acknowledged, so that a file is as durable as its question. The
// folder is named by the event: a delivery repeated overwrites itself.
func (d *Desk) keepFiles(ctx context.Context, ev bot.Event) ([]File, error) {
	if len(ev.Files) == 0 || d.cfg.Shelf == nil {
		return nil, nil
	}
	sum := sha256.Sum256([]byte(ev.Thread.Platform + "\x00" + ev.Thread.Workspace + "\x00" + ev.ID))
	dir := filepath.Join(d.cfg.UploadDir, hex.EncodeToString(sum[:12]))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("keep files: %w", full(err))
	}
	var kept []File
	taken := map[string]bool{}
	for i, f := range ev.Files {
		file := File{Name: f.Name, Size: f.Size, Path: filepath.Join(dir, freeName(safeName(i, f.Name), taken))}
		switch {
		case f.Size > d.cfg.MaxUpload:
			file.TooLarge = true
		case f.Open == nil:
			file.ID = f.ID
		default:
			if err := d.keepFile(ctx, f.Open, &file); err != nil {
				return nil, fmt.Errorf("keep file: %w", err)
			}
			if err := d.vault(ctx, &file); err != nil {
				return nil, fmt.Errorf("keep file: %w", err)
			}
		}
		kept = append(kept, file)
	}
	for _, named := range []string{dir, d.cfg.UploadDir} {
		if err := syncDir(named); err != nil {
			return nil, fmt.Errorf("keep files: %w", full(err))
		}
	}
	return kept, nil
}

// keepFile writes beside the file's place and renames, so that a delivery repeated
// cannot pull a file away from a worker that reads it.
func (d *Desk) keepFile(ctx context.Context, open func(context.Context) (io.ReadCloser, error), to *File) error {
	src, err := open(ctx)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.CreateTemp(filepath.Dir(to.Path), ".upload-*")
	if err != nil {
		return full(err)
	}
	defer os.Remove(dst.Name()) // gone already when all went well
	// One byte more than allowed tells a file that lies about its size.
	to.Size, err = io.Copy(dst, io.LimitReader(src, d.cfg.MaxUpload+1))
	if err == nil {
		err = dst.Sync()
	}
	if cerr := dst.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return full(err)
	}
	if to.Size > d.cfg.MaxUpload {
		to.TooLarge = true
		return nil
	}
	return os.Rename(dst.Name(), to.Path)
}

// vault has other processes find a file.
func (d *Desk) vault(ctx context.Context, f *File) (err error) {
	if d.cfg.Vault != nil && !f.TooLarge {
		f.Content, err = d.cfg.Vault.Keep(ctx, f.Path)
	}
	return err
}

// localise gives a file that another process may have taken its place on this machine.
func (d *Desk) localise(f *File) error {
	if d.cfg.Vault == nil {
		return nil
	}
	f.Path = filepath.Join(d.cfg.UploadDir, filepath.Base(filepath.Dir(f.Path)), filepath.Base(f.Path))
	if err := os.MkdirAll(filepath.Dir(f.Path), 0o700); err != nil {
		return full(err)
	}
	return nil
}

// syncDir makes the names in dir as durable as what they name.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // directories cannot be synced there
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// full puts a disk without room into the words of the store's contract.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", store.ErrFull, err)
	}
	return err
}

// freeName returns name, numbered when an earlier file of the same message has it.
// Letter case does not tell files apart everywhere.
func freeName(name string, taken map[string]bool) string {
	ext := filepath.Ext(name)
	free := name
	for n := 2; taken[strings.ToLower(free)]; n++ {
		free = fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(name, ext), n, ext)
	}
	taken[strings.ToLower(free)] = true
	return free
}

// safeName keeps a dropped file's own name, for people see it in answers, but lets
// it name nothing outside its folder.
func safeName(i int, name string) string {
	name = filepath.Base(filepath.Clean("/" + strings.ReplaceAll(name, "\\", "/")))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, name)
	for len(name) > 200 { // a file name's limit is 255 bytes on common file systems
		name = name[len(name)-200:]
		name = strings.ToValidUTF8(name, "")
	}
	if name == "" || name == "/" || name == "." || name == ".." {
		name = fmt.Sprintf("file-%d", i+1)
	}
	return name
}

// shelve loads a question's files. What is wrong with a file is for the asker to
// know and no reason to try again, so it comes back as an answer.
func (d *Desk) shelve(ctx context.Context, told *steps, q *Question, lastTry bool) (string, *agent.Answer, error) {
	t := textFor(q.Language)
	if len(q.Files) > 0 && d.cfg.Shelf == nil {
		return "", d.refuseFile(q, t.noFiles), nil
	}
	told.step(agent.Step{Text: t.reading(q.Files)})
	var paths []string
	for i := range q.Files {
		f := &q.Files[i]
		if err := d.fetch(ctx, q, f); err != nil {
			if sentence := t.unfetched(err, lastTry, figures.Escape(f.Name)); sentence != "" && ctx.Err() == nil {
				d.cfg.Logger.WarnContext(ctx, "desk: file not fetched", "question", q.ID, "error", err)
				return "", d.refuseFile(q, sentence), nil
			}
			return "", nil, fmt.Errorf("fetch file: %w", err)
		}
		if f.TooLarge {
			return "", d.refuseFile(q, t.fileTooLarge(figures.Escape(f.Name), d.cfg.MaxUpload)), nil
		}
		paths = append(paths, f.Path)
	}
	name, err := d.cfg.Shelf.Put(progress.With(ctx, d.reading(ctx, q)), q.shelf(), paths)
	var bad *connectors.Error
	if errors.As(err, &bad) && permanent(bad.Code) {
		d.cfg.Logger.InfoContext(ctx, "desk: file refused", "question", q.ID, "error", err)
		return "", d.refuseFile(q, figures.Escape(bad.Text(q.Language))), nil
	}
	return name, nil, err
}

// shelf is where the files of the question's thread are kept. Those of a thread that
// has no name yet are its own.
func (q *Question) shelf() string {
	if q.Thread.ID == "" {
		return q.Thread.Key() + q.ID
	}
	return q.Thread.Key()
}

// errNoOpener means that nobody can fetch a platform's files.
var errNoOpener = errors.New("platform has no files")

// fetch gets a file that its platform keeps, or the vault, unless an earlier run did.
func (d *Desk) fetch(ctx context.Context, q *Question, f *File) error {
	if f.TooLarge || f.ID == "" && f.Content == "" {
		return nil
	}
	if err := d.localise(f); err != nil {
		return err
	}
	if _, err := os.Stat(f.Path); err == nil {
		return nil
	}
	if f.Content != "" {
		if d.cfg.Vault == nil {
			return errNoOpener
		}
		return d.cfg.Vault.Fetch(ctx, f.Content, f.Path)
	}
	opener := d.cfg.Files[q.Thread.Platform]
	if opener == nil {
		return errNoOpener
	}
	err := d.keepFile(ctx, func(ctx context.Context) (io.ReadCloser, error) {
		return opener.OpenFile(ctx, q.Thread, f.ID)
	}, f)
	return errors.Join(err, full(syncDir(filepath.Dir(f.Path))))
}

// unfetched says why a file could not be fetched, unless trying again may help.
func (t *texts) unfetched(err error, lastTry bool, name string) string {
	var refused *bot.Error
	switch {
	case errors.Is(err, store.ErrFull):
		return ""
	case errors.Is(err, errNoOpener):
		return t.noFiles
	case errors.Is(err, store.ErrNotFound):
		return fmt.Sprintf(t.fileGone, name)
	case errors.As(err, &refused) && (refused.Code == bot.CodeGone || refused.Code == bot.CodeDenied):
		return fmt.Sprintf(t.fileGone, name)
	case lastTry:
		return fmt.Sprintf(t.fileLate, name)
	}
	return ""
}
