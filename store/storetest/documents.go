package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/store"
)

func documentTests() map[string]func(t *testing.T, s Subject) {
	return map[string]func(t *testing.T, s Subject){
		"keeps what was put":       keepsDocuments,
		"values are copies":        valuesAreCopies,
		"kinds are apart":          kindsAreApart,
		"scans ranges":             scansRanges,
		"scans own writes":         scansOwnWrites,
		"refuses bad names":        refusesBadNames,
		"survives reopening":       survivesReopening,
		"agrees with a simple map": agreesWithMap,
	}
}

func keepsDocuments(t *testing.T, s Subject) {
	docs := map[string][]byte{
		"plain": []byte("value"), "빈 값": {}, "한국어/키": []byte("밥상"), "with space": []byte(" \n"),
		"zero\x00byte": {0, 1, 255}, "\xff\xfe": []byte("not text"), strings.Repeat("k", 500): bytes.Repeat([]byte("x"), 1<<20),
	}
	must(t, s.Update(t.Context(), func(tx store.Tx) error {
		for k, v := range docs {
			if err := tx.Put("note", k, v); err != nil {
				return err
			}
		}
		return nil
	}))
	must(t, s.View(t.Context(), func(tx store.ReadTx) error {
		for k, v := range docs {
			if got, err := tx.Get("note", k); err != nil || !bytes.Equal(got, v) {
				t.Errorf("document %.20q: %.20q, %v", k, got, err)
			}
		}
		_, err := tx.Get("note", "missing")
		wantError(t, err, store.ErrNotFound)
		wantList(t, keys(t, tx, "note", store.Range{}), slices.Sorted(maps.Keys(docs))...)
		return nil
	}))
	must(t, s.Update(t.Context(), func(tx store.Tx) error {
		return errors.Join(tx.Delete("note", "plain"), tx.Delete("note", "never was"), tx.Put("note", "빈 값", []byte("이제 있음")))
	}))
	if got := get(t, s, "note", "plain") + get(t, s, "note", "빈 값"); got != "이제 있음" {
		t.Errorf("after delete and replace: %q", got)
	}
}

func valuesAreCopies(t *testing.T, s Subject) {
	mine := []byte("first")
	must(t, s.Update(t.Context(), func(tx store.Tx) error {
		if err := tx.Put("note", "a", mine); err != nil {
			return err
		}
		mine[0] = 'X'
		got, err := tx.Get("note", "a")
		if err == nil {
			got[0] = 'Y'
		}
		return err
	}))
	must(t, s.View(t.Context(), func(tx store.ReadTx) error {
		return tx.Scan("note", store.Range{}, func(_ string, value []byte) bool {
			value[0] = 'Z'
			return true
		})
	}))
	if got := get(t, s, "note", "a"); got != "first" {
		t.Errorf("document is %q", got)
	}
}

func kindsAreApart(t *testing.T, s Subject) {
	put(t, s, "a", "b", "a/b", "z", "a/z")
	put(t, s, "ab", "c", "ab/c")
	put(t, s, "b", "b", "b/b")
	must(t, s.View(t.Context(), func(tx store.ReadTx) error {
		wantList(t, keys(t, tx, "a", store.Range{}), "b", "z")
		wantList(t, keys(t, tx, "a", store.Range{Reverse: true}), "z", "b")
		wantList(t, keys(t, tx, "ab", store.Range{Reverse: true}), "c")
		wantList(t, keys(t, tx, "none", store.Range{}))
		return nil
	}))
}

func scansRanges(t *testing.T, s Subject) {
	put(t, s, "note", "a", "", "b/1", "", "b/2", "", "b/3", "", "b\xff", "", "b\xff\xff", "", "c", "")
	put(t, s, "zzz", "after", "")
	cases := []struct {
		r    store.Range
		want []string
	}{
		{store.Range{}, []string{"a", "b/1", "b/2", "b/3", "b\xff", "b\xff\xff", "c"}},
		{store.Range{Prefix: "b/"}, []string{"b/1", "b/2", "b/3"}},
		{store.Range{Prefix: "b/", After: "b/1"}, []string{"b/2", "b/3"}},
		{store.Range{Prefix: "b/", After: "b/15"}, []string{"b/2", "b/3"}},
		{store.Range{Prefix: "b/", After: "a"}, []string{"b/1", "b/2", "b/3"}},
		{store.Range{Prefix: "b/", After: "b/3"}, nil},
		{store.Range{Prefix: "b/", After: "c"}, nil},
		{store.Range{Prefix: "b/2"}, []string{"b/2"}},
		{store.Range{Prefix: "b/2", After: "b/2"}, nil},
		{store.Range{Prefix: "b\xff"}, []string{"b\xff", "b\xff\xff"}},
		{store.Range{Prefix: "b/", Reverse: true}, []string{"b/3", "b/2", "b/1"}},
		{store.Range{Prefix: "b/", After: "b/3", Reverse: true}, []string{"b/2", "b/1"}},
		{store.Range{Prefix: "b/", After: "c", Reverse: true}, []string{"b/3", "b/2", "b/1"}},
		{store.Range{Prefix: "b/", After: "b/1", Reverse: true}, nil},
		{store.Range{Prefix: "b/", After: "a", Reverse: true}, nil},
		{store.Range{Prefix: "b\xff", Reverse: true}, []string{"b\xff\xff", "b\xff"}},
		{store.Range{After: "c"}, nil},
		{store.Range{After: "b\xff", Reverse: true}, []string{"b/3", "b/2", "b/1", "a"}},
		{store.Range{Prefix: "x"}, nil},
		{store.Range{Prefix: "x", Reverse: true}, nil},
	}
	must(t, s.View(t.Context(), func(tx store.ReadTx) error {
		for _, c := range cases {
			if got := keys(t, tx, "note", c.r); !slices.Equal(got, c.want) {
				t.Errorf("%+v: got %q, want %q", c.r, got, c.want)
			}
		}
		var n int
		err := tx.Scan("note", store.Range{}, func(string, []byte) bool { n++; return n < 2 })
		if n != 2 {
			t.Errorf("scan went on after false: %d calls", n)
		}
		return err
	}))
}

func scansOwnWrites(t *testing.T, s Subject) {
	put(t, s, "note", "a", "", "c", "", "e", "", "g", "")
	must(t, s.Update(t.Context(), func(tx store.Tx) error {
		must(t, errors.Join(tx.Put("note", "b", nil), tx.Delete("note", "c")))
		wantList(t, keys(t, tx, "note", store.Range{}), "a", "b", "e", "g")

		// Each key met is deleted and its double put behind it.
		var met []string
		err := tx.Scan("note", store.Range{}, func(key string, _ []byte) bool {
			met = append(met, key)
			if len(key) == 1 {
				must(t, errors.Join(tx.Delete("note", key), tx.Put("note", key+key, nil)))
			}
			return true
		})
		wantList(t, met, "a", "aa", "b", "bb", "e", "ee", "g", "gg")
		met = nil
		must(t, tx.Scan("note", store.Range{Reverse: true}, func(key string, _ []byte) bool {
			met = append(met, key)
			must(t, tx.Delete("note", key))
			return true
		}))
		wantList(t, met, "gg", "ee", "bb", "aa")
		wantList(t, keys(t, tx, "note", store.Range{}))
		return err
	}))
}

func refusesBadNames(t *testing.T, s Subject) {
	for _, name := range [][2]string{{"", "key"}, {"Upper", "key"}, {"two words", "key"}, {"nul\x00", "key"}, {"한글", "key"}, {"note", ""}} {
		err := s.Update(t.Context(), func(tx store.Tx) error {
			if _, err := tx.Get(name[0], name[1]); err == nil {
				t.Errorf("get %q was accepted", name)
			}
			if err := tx.Delete(name[0], name[1]); err == nil {
				t.Errorf("delete %q was accepted", name)
			}
			return tx.Put(name[0], name[1], nil)
		})
		if err == nil {
			t.Errorf("put %q was accepted", name)
		}
	}
	if err := s.Update(t.Context(), func(tx store.Tx) error {
		_, _, err := tx.Enqueue(store.NewJob{})
		return err
	}); err == nil {
		t.Error("a job without a kind was accepted")
	}
}

func survivesReopening(t *testing.T, s Subject) {
	put(t, s, "note", "a", "1")
	s = s.Crash(t)
	put(t, s, "note", "b", "2")
	s = s.Reopen(t)
	if got := get(t, s, "note", "a") + get(t, s, "note", "b"); got != "12" {
		t.Errorf("after crash and reopening: %q", got)
	}
}

// agreesWithMap does random work, half of it in transactions that fail, and
// compares with a map.
func agreesWithMap(t *testing.T, s Subject) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	truth := map[string]string{}
	failed := errors.New("on purpose")
	for range 60 {
		fail := rnd.IntN(2) == 0
		var then map[string]string
		err := s.Update(t.Context(), func(tx store.Tx) error {
			then = maps.Clone(truth)
			for range rnd.IntN(60) {
				if err := randomStep(tx, rnd, then); err != nil {
					return err
				}
			}
			compare(t, tx, rnd, then)
			if fail {
				return failed
			}
			return nil
		})
		switch {
		case fail && !errors.Is(err, failed), !fail && err != nil:
			t.Fatal(err)
		case !fail:
			truth = then
		}
		must(t, s.View(t.Context(), func(tx store.ReadTx) error { compare(t, tx, rnd, truth); return nil }))
		if t.Failed() {
			return
		}
	}
}

func randomStep(tx store.Tx, rnd *rand.Rand, docs map[string]string) error {
	key := randomKey(rnd)
	if rnd.IntN(3) == 0 {
		delete(docs, key)
		return tx.Delete("note", key)
	}
	docs[key] = strings.Repeat("v", rnd.IntN(300))
	return tx.Put("note", key, []byte(docs[key]))
}

func randomKey(rnd *rand.Rand) string { return fmt.Sprintf("%c/%02d", 'a'+rnd.IntN(4), rnd.IntN(100)) }

func compare(t *testing.T, tx store.ReadTx, rnd *rand.Rand, docs map[string]string) {
	t.Helper()
	r := store.Range{Reverse: rnd.IntN(2) == 0}
	if rnd.IntN(2) == 0 {
		r.Prefix = randomKey(rnd)[:2]
	}
	if rnd.IntN(2) == 0 {
		r.After = randomKey(rnd)
	}
	var want []string
	for key := range docs {
		past := key > r.After
		if r.Reverse {
			past = key < r.After
		}
		if strings.HasPrefix(key, r.Prefix) && (r.After == "" || past) {
			want = append(want, key)
		}
	}
	slices.Sort(want)
	if r.Reverse {
		slices.Reverse(want)
	}
	var got []string
	must(t, tx.Scan("note", r, func(key string, value []byte) bool {
		got = append(got, key)
		if docs[key] != string(value) {
			t.Errorf("%s has %d bytes, want %d", key, len(value), len(docs[key]))
		}
		return true
	}))
	if !slices.Equal(got, want) {
		t.Errorf("scan %+v: got %q, want %q", r, got, want)
	}
}
