package cli_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/cmd/bapsang/cli"
	"github.com/bapsang/bapsang/store"
)

// drops has somebody write in a thread, or begin one, with or without a file, and returns
// the thread.
func (v *visitor) drops(to *process, thread, text, name, content string) string {
	v.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, f := range [][2]string{{"key", rand.Text()}, {"channel", "general"}, {"thread", thread}, {"text", text}} {
		if err := form.WriteField(f[0], f[1]); err != nil {
			v.t.Fatal(err)
		}
	}
	if name != "" {
		w, err := form.CreateFormFile("files", name)
		if err == nil {
			_, err = io.WriteString(w, content)
		}
		if err != nil {
			v.t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		v.t.Fatal(err)
	}
	v.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := v.client.Post(to.url+"/send", form.FormDataContentType(), &body)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	_, thread, ok := strings.Cut(res.Header.Get("Location"), "/t/")
	if !ok {
		v.t.Fatalf("send: %s %s", res.Status, res.Header.Get("Location"))
	}
	return thread
}

// stored is a question as it is kept.
type stored struct {
	ID     string `json:"id"`
	Text   string `json:"text"`
	State  string `json:"state"`
	Answer *struct {
		Rung string `json:"rung"`
		Text string `json:"text"`
	} `json:"answer"`
}

// questions are all that were asked, oldest first.
func questions(t testing.TB, s store.Store) (all []stored) {
	t.Helper()
	err := s.View(t.Context(), func(tx store.ReadTx) error {
		all = nil
		return tx.Scan("question", store.Range{}, func(_ string, data []byte) bool {
			var q stored
			if err := json.Unmarshal(data, &q); err != nil {
				t.Error(err)
			}
			all = append(all, q)
			return true
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// lastAnswered waits until as many questions have ended, and returns the last.
func lastAnswered(t testing.TB, s store.Store, n int) (last stored) {
	t.Helper()
	until(t, "all are answered", func() bool {
		all := questions(t, s)
		if len(all) < n {
			return false
		}
		last = all[n-1]
		return last.State == "done" && last.Answer != nil
	})
	return last
}

// TestAFileIsAskedAboutAnywhere drops a file at one process, which another reads, and asks
// about it when both are gone: the process that answers then has never seen it. That it
// recalls what the other computed shows that to both it is the same version of the data.
func TestAFileIsAskedAboutAnywhere(t *testing.T) {
	t.Parallel()
	s := openShared(t)
	first := startReplica(t, s, cli.RoleSet{cli.RoleChat}, nil)
	worker := startReplica(t, s, cli.RoleSet{cli.RoleWorker}, nil)
	v := visit(t, &first.process)
	const ours = "부서,비용\n영업,100\n개발,250\n영업,50\n"
	thread := v.drops(&first.process, "", "", "costs.csv", ours)
	if got := lastAnswered(t, s, 1); !strings.Contains(got.Answer.Text, "costs") {
		t.Fatalf("the file is introduced as %q", got.Answer.Text)
	}
	v.drops(&first.process, thread, "부서별 비용 합계", "", "")
	if got := lastAnswered(t, s, 2); got.Answer.Rung != "compose" || !strings.Contains(got.Answer.Text, "250") {
		t.Fatalf("%s: %q", got.Answer.Rung, got.Answer.Text)
	}
	v.drops(&first.process, thread, "부서별 비용 합계", "", "")
	computed := lastAnswered(t, s, 3)
	first.stop()
	worker.stop()
	second := startReplica(t, s, cli.RoleSet{cli.RoleChat}, nil)
	startReplica(t, s, cli.RoleSet{cli.RoleWorker}, nil)
	v.drops(&second.process, thread, "부서별 비용 합계", "", "")
	if got := lastAnswered(t, s, 4); got.Answer.Rung != "recall" || got.Answer.Text != computed.Answer.Text {
		t.Errorf("%s: %q", got.Answer.Rung, got.Answer.Text)
	}
	// Somebody corrects the file where nobody had it, and the next one has it, too.
	v.drops(&second.process, thread, "", "costs.csv", ours+"개발,1000\n")
	lastAnswered(t, s, 5)
	v.drops(&second.process, thread, "부서별 비용 합계", "", "")
	if got := lastAnswered(t, s, 6); !strings.Contains(got.Answer.Text, "1,250") {
		t.Errorf("after the correction %s: %q", got.Answer.Rung, got.Answer.Text)
	}
}
