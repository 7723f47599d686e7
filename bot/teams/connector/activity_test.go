package connector_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot/teams/connector"
)

// mention is a message as Teams sends it, of a channel.
const mention = `{
  "text": "<at>Bapsang</at> 지난달 매출은?", "textFormat": "plain", "type": "message", "timestamp": "2026-11-26T07:00:00.1234567Z",
  "localTimestamp": "2026-11-26T16:00:00.1234567+09:00", "localTimezone": "Asia/Seoul", "id": "1700000000000", "channelId": "msteams",
  "serviceUrl": "https://smba.trafficmanager.net/kr/", "from": {"id": "29:1", "name": "김민지 (Minji Kim)", "aadObjectId": "0000"},
  "conversation": {"isGroup": true, "conversationType": "channel", "tenantId": "t", "id": "19:c@thread.tacv2;messageid=1700000000000"},
  "recipient": {"id": "28:b", "name": "Bapsang"},
  "entities": [{"mentioned": {"id": "28:b", "name": "Bapsang"}, "text": "<at>Bapsang</at>", "type": "mention"}, {"locale": "ko-KR", "type": "clientInfo"}],
  "channelData": {"teamsChannelId": "19:c@thread.tacv2", "tenant": {"id": "t"}}, "locale": "ko-KR", "callerId": "urn:botframework:azure"
}`

func parse(t *testing.T, raw string) connector.Activity {
	t.Helper()
	a, err := connector.ParseActivity([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestNothingOfAMessageIsLost(t *testing.T) {
	a := parse(t, mention)
	if a.Text != "<at>Bapsang</at> 지난달 매출은?" || a.From.Name != "김민지 (Minji Kim)" || a.Conversation.Type != "channel" ||
		a.LocalTimestamp != "2026-11-26T16:00:00.1234567+09:00" || len(a.Entities) != 2 || !strings.Contains(string(a.Entities[0]), `"mentioned"`) ||
		!strings.Contains(string(a.ChannelData), "teamsChannelId") || !a.At().Equal(time.Date(2026, 11, 26, 7, 0, 0, 123456700, time.UTC)) {
		t.Errorf("%+v", a)
	}
}

func TestOddFieldsAreLeftOut(t *testing.T) {
	a := parse(t, `{"type":"message","text":"hi","timestamp":7,"from":"x","recipient":{"id":1,"name":"n"},"membersAdded":[{"id":"1"},7,{"id":"2"}],
		"attachments":{"a":1},"entities":[null,{"type":"mention"},3],"value":"text","channelData":null,"historyDisclosed":"yes","conversation":null}`)
	if a.Text != "hi" || a.Timestamp != "" || a.Recipient.Name != "n" || string(a.Value) != `"text"` || a.ChannelData != nil || a.Attachments != nil ||
		len(a.Entities) != 2 || len(a.MembersAdded) != 3 || a.MembersAdded[2].ID != "2" || !a.At().IsZero() {
		t.Errorf("%+v", a)
	}
	for _, value := range []string{`"a"`, `1`, `true`, `[1]`, `{"a":{"b":[]}}`} {
		if got := parse(t, `{"value":`+value+`}`).Value; string(got) != value {
			t.Errorf("value %s became %s", value, got)
		}
	}
}

func TestActivitiesThatAreNone(t *testing.T) {
	for name, raw := range map[string]string{
		"nothing": "", "null": "null", "a list": "[]", "a text": `"x"`, "two": "{} {}", "half": `{"text":"x`, "deep": `{"value":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + "}",
		"deeper": strings.Repeat(`{"a":`, 50000), "long": `{"text":"` + strings.Repeat("가", connector.MaxActivity/3) + `"}`, "words": "hello",
	} {
		if a, err := connector.ParseActivity([]byte(raw)); err == nil || !reflect.DeepEqual(a, connector.Activity{}) {
			t.Errorf("%s: %+v %v", name, a, err)
		}
	}
	if _, err := connector.ParseActivity([]byte(`{"text":"` + strings.Repeat(`[{\"`, 100) + `"}`)); err != nil {
		t.Errorf("brackets in a text are not deep: %v", err)
	}
}

// sent is what an activity is on the wire.
func sent(t *testing.T, a connector.Activity) string {
	t.Helper()
	var got string
	cl := newConnector(withLogin(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if kind := r.Header.Get("Content-Type"); kind != "application/json; charset=utf-8" {
			t.Errorf("content type %q", kind)
		}
		got = string(raw)
		made(w, r)
	})).Client
	if _, err := cl.Send(t.Context(), here(), a); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestWhatIsSent(t *testing.T) {
	for _, c := range []struct {
		a    connector.Activity
		want string
	}{
		{connector.Activity{}, `{}`},
		{connector.Activity{Type: "typing", From: &connector.Account{}, Conversation: &connector.Conversation{}, SuggestedActions: &connector.SuggestedActions{To: []string{"x"}}}, `{"type":"typing"}`},
		{connector.Activity{
			Type: "message", Text: "<at>김</at> & 50%", Summary: "요약", Importance: "high", DeliveryMode: "notification", InputHint: "acceptingInput",
			Entities:         []json.RawMessage{json.RawMessage(`{"type":"streaminfo","streamType":"final","streamId":"1"}`)},
			ChannelData:      json.RawMessage(`{"feedbackLoop":{"type":"default"}}`),
			SuggestedActions: &connector.SuggestedActions{Actions: []connector.CardAction{{Type: "imBack", Title: "매출", Value: json.RawMessage(`"매출"`)}}},
			Attachments:      []connector.Attachment{{ContentType: "application/vnd.microsoft.card.adaptive", Content: json.RawMessage(`{"type":"AdaptiveCard","body":[]}`)}},
		}, `{"type":"message","text":"<at>김</at> & 50%","summary":"요약","inputHint":"acceptingInput","importance":"high","deliveryMode":"notification",` +
			`"attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","content":{"type":"AdaptiveCard","body":[]}}],` +
			`"suggestedActions":{"actions":[{"type":"imBack","title":"매출","value":"매출"}]},` +
			`"entities":[{"type":"streaminfo","streamType":"final","streamId":"1"}],"channelData":{"feedbackLoop":{"type":"default"}}}`},
	} {
		if got := sent(t, c.a); got != c.want {
			t.Errorf("sent\n%s\nwant\n%s", got, c.want)
		}
	}
	cl := newConnector(withLogin(made)).Client
	if _, err := cl.Send(t.Context(), here(), connector.Activity{Value: json.RawMessage(`{`)}); connector.Reason(err) != "not_sent" {
		t.Errorf("what cannot be written: %v", err)
	}
}

func TestActivityComesBackAsItWent(t *testing.T) {
	var want, got map[string]any
	if err := json.Unmarshal([]byte(mention), &want); err != nil {
		t.Fatal(err)
	}
	delete(want, "callerId") // nothing is made of it
	if err := json.Unmarshal([]byte(sent(t, parse(t, mention))), &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%v\nwant\n%v", got, want)
	}
}

func FuzzParseActivity(f *testing.F) {
	f.Add([]byte(mention))
	f.Add([]byte(`{"entities":[null],"membersAdded":[7],"value":"x","suggestedActions":{"actions":[]}}`))
	f.Add([]byte(`{"text":"\ud800","a":"\\\""}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := connector.ParseActivity(raw)
		if err != nil {
			return
		}
		_ = a.At()
		out, err := json.Marshal(a)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if len(out) > connector.MaxActivity { // "<" became six letters
			return
		}
		again, err := connector.ParseActivity(out)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		second, err := json.Marshal(again)
		if err != nil || string(second) != string(out) {
			t.Fatalf("%s became %s (%v)", out, second, err)
		}
	})
}

func ExampleParseActivity() {
	a, err := connector.ParseActivity([]byte(`{"type":"invoke","name":"adaptiveCard/action","value":"any JSON"}`))
	fmt.Println(a.Name, string(a.Value), err)
	// Output: adaptiveCard/action "any JSON" <nil>
}
