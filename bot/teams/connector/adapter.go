package connector

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/infracloudio/msbotbuilder-go/connector/auth"
	library "github.com/infracloudio/msbotbuilder-go/connector/client"
	"github.com/infracloudio/msbotbuilder-go/core"
	"github.com/infracloudio/msbotbuilder-go/schema"
)

// Adapter takes requests of Teams by the library's adapter, with our validator and client
// in it.
type Adapter struct {
	// Bot is the library's adapter. Its ProcessActivity answers every activity with exactly
	// one message and forgets its id, so what we say goes through Client instead.
	Bot *core.BotFrameworkAdapter
}

func newAdapter(opts Options, v *Validator, c *Client) *Adapter {
	credentials := auth.SimpleCredentialProvider{AppID: opts.AppID}
	return &Adapter{Bot: &core.BotFrameworkAdapter{
		AdapterSetting: core.AdapterSetting{AppID: opts.AppID, CredentialProvider: credentials},
		TokenValidator: v, Client: libraryClient{c},
	}}
}

// Receive reads an activity and proves that it is from Teams. An error is a *Refusal. It
// also returns the activity as it was written.
func (a *Adapter) Receive(r *http.Request) (Activity, []byte, error) {
	if n := len(r.Header.Values("Authorization")); n != 1 {
		return Activity{}, nil, refuse(WhyHeader, "%d authorizations", n)
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, MaxActivity+1))
	switch {
	case err != nil:
		return Activity{}, nil, &Refusal{Why: WhyBody, Err: fmt.Errorf("read: %w", err)}
	case len(raw) > MaxActivity:
		return Activity{}, nil, &Refusal{Why: WhyTooLarge, Err: errTooLong}
	}
	got, err := ParseActivity(raw)
	if err != nil {
		return Activity{}, nil, &Refusal{Why: WhyBody, Err: err}
	}
	if err := a.prove(r, got); err != nil {
		return Activity{}, nil, err
	}
	return got, raw, nil
}

// prove has the library validate what we read. Its schema cannot hold every activity, and
// fails on some; it is given what the proof is about, of the activity that is used, so that
// there are no two readings of one text.
func (a *Adapter) prove(r *http.Request, got Activity) error {
	about, err := json.Marshal(schema.Activity{
		Type: schema.ActivityTypes(got.Type), ID: got.ID, ServiceURL: got.ServiceURL, ChannelID: got.ChannelID,
	})
	if err != nil {
		return &Refusal{Why: WhyBody, Err: err}
	}
	req := r.Clone(r.Context())
	req.Body = io.NopCloser(bytes.NewReader(about))
	_, err = a.Bot.ParseRequest(r.Context(), req)
	if why := (*Refusal)(nil); err != nil && !errors.As(err, &why) {
		return &Refusal{Why: WhyLibrary, Err: err}
	} else if err != nil {
		return why
	}
	return nil
}

// libraryClient is Client as the library wants one.
type libraryClient struct{ client *Client }

var _ library.Client = libraryClient{}

// libraryTimeout is how long a call of the library may take, which gives no context.
const libraryTimeout = time.Minute

// Post implements the library's Client. The address is made anew: for a reply the
// library's names the reply itself.
func (l libraryClient) Post(to url.URL, a schema.Activity) error {
	return l.call(to, a, func(ctx context.Context, ref Ref, ours Activity) error {
		_, err := l.client.Send(ctx, ref, ours)
		return err
	})
}

// Put implements the library's Client.
func (l libraryClient) Put(to url.URL, a schema.Activity) error {
	return l.call(to, a, func(ctx context.Context, ref Ref, ours Activity) error { return l.client.Update(ctx, ref, a.ID, ours) })
}

// Delete implements the library's Client.
func (l libraryClient) Delete(to url.URL, a schema.Activity) error {
	return l.call(to, a, func(ctx context.Context, ref Ref, _ Activity) error { return l.client.Delete(ctx, ref, a.ID) })
}

func (l libraryClient) call(to url.URL, a schema.Activity, do func(context.Context, Ref, Activity) error) error {
	ours, err := fromLibrary(a)
	if err != nil {
		return err
	}
	service, err := url.Parse(a.ServiceURL)
	if err != nil || service.Host != to.Host || service.Scheme != to.Scheme {
		return errors.New("the activity's service is not where it goes")
	}
	ctx, cancel := context.WithTimeout(context.Background(), libraryTimeout)
	defer cancel()
	return do(ctx, Ref{ServiceURL: a.ServiceURL, Conversation: a.Conversation.ID, Tenant: a.Conversation.TenantID}, ours)
}

// fromLibrary is an activity of the library's without the times and objects that it makes
// of nothing.
func fromLibrary(a schema.Activity) (Activity, error) {
	raw, err := json.Marshal(a)
	if err != nil {
		return Activity{}, fmt.Errorf("encode: %w", err)
	}
	ours, err := ParseActivity(raw)
	if err != nil {
		return Activity{}, err
	}
	zero := time.Time{}.Format(time.RFC3339)
	for _, t := range []*string{&ours.Timestamp, &ours.LocalTimestamp, &ours.Expiration} {
		if *t == zero {
			*t = ""
		}
	}
	for _, o := range []*json.RawMessage{&ours.RelatesTo, &ours.SemanticAction} {
		if hollow(*o) {
			*o = nil
		}
	}
	return ours, nil
}

// hollow reports whether JSON is made of nothing but empty objects.
func hollow(raw json.RawMessage) bool {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return false
	}
	for _, f := range fields {
		if !hollow(f) {
			return false
		}
	}
	return true
}
