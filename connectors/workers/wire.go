package workers

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// Parent and worker exchange frames: a byte for the kind, four for the length of
// the body, the body. The parent treats whatever a worker says as a stranger's.
const (
	frameOpen    = 'o' // parent: what the engine is opened with
	frameQuery   = 'q' // parent: Request
	frameCancel  = 'x' // parent: cancelRequest
	frameReady   = 'r' // worker: empty
	frameBegun   = 'b' // worker: empty; it has the query
	frameColumns = 'c' // worker: []connectors.Column
	frameRows    = 'd' // worker: rows in their binary form
	frameEnd     = 'e' // worker: End, which also answers an open that failed
)

const (
	// maxFrame bounds a frame: a batch of rows that was nearly full, and the
	// largest row that a result can hold.
	maxFrame = connectors.MaxResultBytes + rowBatch + frameHeader
	// rowBatch is the size at which rows are sent.
	rowBatch    = 64 << 10
	frameHeader = 5
	// cellCost is what a cell counts for in the size of a result beside its bytes,
	// so that a wide result of NULLs does not grow without bound in memory.
	cellCost = 8
)

// Request is a statement on its way to a worker.
type Request struct {
	ID      uint64 // set by the pool
	SQL     string
	Tables  []string
	MaxRows int // 0 means connectors.DefaultMaxRows
	Timeout time.Duration
	// Trusted marks the driver's own questions about the catalogue, which are not
	// proven. They come from constants, never from a caller.
	Trusted bool
}

type cancelRequest struct{ ID uint64 }

// End is how a conversation with a worker ends: a request, or an opening that failed.
type End struct {
	ID        uint64
	Code      connectors.Code // empty when all went well
	Message   string          // for whoever asked
	Korean    string          // Message in Korean; may be empty
	Fix       string          // for whoever runs this; may be empty
	Detail    string          // for logs
	Truncated bool
	Elapsed   time.Duration
	Broken    bool // the worker must not be used again
}

// err is the error of an end, nil of a good one.
func (e End) err() *connectors.Error {
	if e.Code == "" {
		return nil
	}
	err := &connectors.Error{Code: e.Code, Message: e.Message, Korean: e.Korean, Fix: e.Fix}
	if e.Detail != "" {
		err.Err = errors.New(e.Detail)
	}
	return err
}

func writeFrame(w io.Writer, kind byte, body []byte) error {
	frame := make([]byte, frameHeader, frameHeader+len(body))
	frame[0] = kind
	binary.LittleEndian.PutUint32(frame[1:], uint32(len(body)))
	_, err := w.Write(append(frame, body...))
	return err
}

func writeMessage(w io.Writer, kind byte, message any) error {
	body, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("encode message %c: %w", kind, err)
	}
	return writeFrame(w, kind, body)
}

// readFrame reads the next frame. It believes a length only as far as it is
// allowed to, and holds memory only for bytes that came.
func readFrame(r io.Reader, limit int) (kind byte, body []byte, err error) {
	var header [frameHeader]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return 0, nil, err
	}
	length := binary.LittleEndian.Uint32(header[1:])
	if int64(length) > int64(limit) {
		return 0, nil, fmt.Errorf("frame %c of %d bytes is too long", header[0], length)
	}
	var buf bytes.Buffer
	if _, err := io.CopyN(&buf, r, int64(length)); err != nil {
		return 0, nil, err
	}
	return header[0], buf.Bytes(), nil
}

// The cells of a row follow one another: a byte for the kind and the value.
const (
	cellNull = iota
	cellFalse
	cellTrue
	cellInt
	cellFloat
	cellDecimal
	cellText
	cellTime
)

func appendCell(b []byte, cell any) ([]byte, error) {
	switch v := cell.(type) {
	case nil:
		return append(b, cellNull), nil
	case bool:
		if v {
			return append(b, cellTrue), nil
		}
		return append(b, cellFalse), nil
	case int64:
		return binary.AppendVarint(append(b, cellInt), v), nil
	case float64:
		return binary.LittleEndian.AppendUint64(append(b, cellFloat), math.Float64bits(v)), nil
	case connectors.Decimal:
		return appendString(append(b, cellDecimal), string(v)), nil
	case string:
		return appendString(append(b, cellText), v), nil
	case time.Time:
		b = binary.AppendVarint(append(b, cellTime), v.Unix())
		return binary.AppendUvarint(b, uint64(v.Nanosecond())), nil
	}
	return nil, fmt.Errorf("no wire form for a cell of type %T", cell)
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

var errBadFrame = errors.New("malformed answer of the worker")

// rowReader takes the rows of a frame apart and keeps count of their size.
type rowReader struct {
	columns int
	maxRows int
	size    int
	rows    [][]any
}

func (r *rowReader) read(b []byte) error {
	if r.columns == 0 {
		return errBadFrame
	}
	r.size += len(b)
	for len(b) > 0 {
		if len(r.rows) == r.maxRows {
			return errBadFrame
		}
		r.size += cellCost * r.columns
		if r.size > maxFrame {
			return errBadFrame
		}
		row := make([]any, r.columns)
		for i := range row {
			var err error
			if row[i], b, err = readCell(b); err != nil {
				return err
			}
		}
		r.rows = append(r.rows, row)
	}
	return nil
}

func readCell(b []byte) (cell any, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, errBadFrame
	}
	kind, b := b[0], b[1:]
	switch kind {
	case cellNull:
		return nil, b, nil
	case cellFalse:
		return false, b, nil
	case cellTrue:
		return true, b, nil
	case cellInt:
		v, n := binary.Varint(b)
		if n <= 0 {
			return nil, nil, errBadFrame
		}
		return v, b[n:], nil
	case cellFloat:
		if len(b) < 8 {
			return nil, nil, errBadFrame
		}
		return math.Float64frombits(binary.LittleEndian.Uint64(b)), b[8:], nil
	case cellDecimal:
		s, rest, err := readString(b)
		return connectors.Decimal(s), rest, err
	case cellText:
		return boxed(readString(b))
	case cellTime:
		return readTime(b)
	}
	return nil, nil, errBadFrame
}

func boxed(s string, rest []byte, err error) (any, []byte, error) { return s, rest, err }

func readString(b []byte) (string, []byte, error) {
	length, n := binary.Uvarint(b)
	if n <= 0 || length > uint64(len(b)-n) {
		return "", nil, errBadFrame
	}
	end := n + int(length)
	return string(b[n:end]), b[end:], nil
}

func readTime(b []byte) (any, []byte, error) {
	seconds, n := binary.Varint(b)
	if n <= 0 {
		return nil, nil, errBadFrame
	}
	b = b[n:]
	nanos, n := binary.Uvarint(b)
	if n <= 0 || nanos >= 1e9 {
		return nil, nil, errBadFrame
	}
	return time.Unix(seconds, int64(nanos)).UTC(), b[n:], nil
}
