package blocks

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"io"
	"strings"

	"github.com/bapsang/bapsang/bot"
)

// A form travels in the value of its button, so that a press finds it whatever became of
// the process that made the message. Slack counts a value's characters, not its bytes, so
// each character carries as many bits as can be had: there are 2^14 ideographs from
// U+4E00 on, which nothing on the way changes.
const (
	packBits  = 14
	packFrom  = 0x4e00
	maxPacked = 64 << 10 // ours, in bytes, of a form
)

// pack writes a form in few characters.
func pack(form *bot.Form) (string, error) {
	data, err := json.Marshal(form)
	if err != nil {
		return "", err
	}
	var small bytes.Buffer
	w, err := flate.NewWriter(&small, flate.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err = w.Write(data); err == nil {
		err = w.Close()
	}
	if err != nil {
		return "", err
	}
	var out strings.Builder
	held, bits := 0, 0
	for _, b := range small.Bytes() {
		held, bits = held<<8|int(b), bits+8
		if bits >= packBits {
			bits -= packBits
			out.WriteRune(rune(packFrom + held>>bits))
			held &= 1<<bits - 1
		}
	}
	if bits > 0 {
		out.WriteRune(rune(packFrom + held<<(packBits-bits)))
	}
	return out.String(), nil
}

// unpack reads what pack wrote; false for anything else.
func unpack(s string) (*bot.Form, bool) {
	var small bytes.Buffer
	held, bits := 0, 0
	for _, r := range s {
		if r < packFrom || r >= packFrom+1<<packBits {
			return nil, false
		}
		held, bits = held<<packBits|int(r-packFrom), bits+packBits
		for bits >= 8 {
			bits -= 8
			small.WriteByte(byte(held >> bits))
			held &= 1<<bits - 1
		}
	}
	data, err := io.ReadAll(io.LimitReader(flate.NewReader(&small), maxPacked)) // what is left over is padding
	var form bot.Form
	if err != nil || json.Unmarshal(data, &form) != nil {
		return nil, false
	}
	return &form, formFits(&form)
}
