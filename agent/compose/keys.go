package compose

import (
	"bytes"
	"hash/maphash"
	"slices"
)

// maxKey is how many bytes a key may have: fewer than 256, so that a length is one byte.
const maxKey = 200

// keys numbers keys in the order in which they come. Ten thousand tables have millions of
// them: they lie one behind the other, each behind its length, in blocks that are never
// copied, and are found by open addressing. So they take half of what a map of strings does,
// and hold no pointers for the garbage collector to follow.
type keys struct {
	seed   maphash.Seed
	blocks [][]byte
	starts []uint32 // by number: its block, and in the lower 16 bits where in that it begins
	slots  []int32  // by hash: the number, plus one; 0 where there is none
}

const blockBytes = 1 << 16

func newKeys() *keys {
	return &keys{seed: maphash.MakeSeed(), slots: make([]int32, 1<<10)}
}

func (k *keys) len() int { return len(k.starts) }

// key is the key of a number, which is not to be changed.
func (k *keys) key(n int32) []byte {
	start := k.starts[n]
	b := k.blocks[start>>16][start&(blockBytes-1):]
	return b[1 : 1+b[0]]
}

// find returns the number of a key.
func (k *keys) find(key []byte) (n int32, ok bool) {
	slot := k.slot(key)
	return k.slots[slot] - 1, k.slots[slot] > 0
}

// slot is where a key's number is, or belongs.
func (k *keys) slot(key []byte) uint64 {
	mask := uint64(len(k.slots) - 1)
	for slot := maphash.Bytes(k.seed, key) & mask; ; slot = (slot + 1) & mask {
		if n := k.slots[slot]; n == 0 || bytes.Equal(k.key(n-1), key) {
			return slot
		}
	}
}

// number returns the number of a key of at most maxKey bytes, and gives it the next one where
// it is new.
func (k *keys) number(key []byte) int32 {
	slot := k.slot(key)
	if n := k.slots[slot]; n > 0 {
		return n - 1
	}
	n := int32(len(k.starts))
	k.starts = grown(k.starts, k.keep(key))
	k.slots[slot] = n + 1
	if 4*k.len() > 3*len(k.slots) {
		k.slots = make([]int32, 2*len(k.slots))
		for n := range int32(k.len()) {
			k.slots[k.slot(k.key(n))] = n + 1
		}
	}
	return n
}

// keep writes a key down and returns where it begins.
func (k *keys) keep(key []byte) uint32 {
	last := len(k.blocks) - 1
	if last < 0 || len(k.blocks[last])+1+len(key) > blockBytes {
		k.blocks, last = append(k.blocks, make([]byte, 0, blockBytes)), last+1
	}
	start := len(k.blocks[last])
	k.blocks[last] = append(append(k.blocks[last], byte(len(key))), key...)
	return uint32(last)<<16 | uint32(start)
}

// grown appends to a list that doubles where it is full: append would copy a long one five
// times as often.
func grown[T any](list []T, x T) []T {
	if len(list) == cap(list) {
		list = slices.Grow(list, max(len(list), 64))
	}
	return append(list, x)
}
