package files

import (
	"io"
	"time"
)

// meter tells how much of the files has been read. It counts the one reading of each that
// takes long. A nil meter counts nothing.
type meter struct {
	tell  func(done, total int64)
	total int64
	read  map[string]int64 // by path
	told  time.Time
}

// meterEvery is how often a meter tells; whoever shows it may do so less often.
const meterEvery = 250 * time.Millisecond

func newMeter(inputs []input, tell func(done, total int64)) *meter {
	if tell == nil {
		return nil
	}
	m := &meter{tell: tell, read: map[string]int64{}}
	for _, in := range inputs {
		m.total += in.size
	}
	return m
}

// reading counts what is read of the file at path through r, from its beginning.
func (m *meter) reading(path string, r io.Reader) io.Reader {
	if m == nil {
		return r
	}
	m.read[path] = 0
	return &metered{r, m, path}
}

type metered struct {
	io.Reader
	meter *meter
	path  string
}

func (r *metered) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.meter.count(r.path, n)
	return n, err
}

func (m *meter) count(path string, n int) {
	m.read[path] += int64(n)
	if now := time.Now(); now.Sub(m.told) >= meterEvery {
		m.told = now
		done := int64(0)
		for _, n := range m.read {
			done += n
		}
		m.tell(min(done, m.total), m.total)
	}
}
