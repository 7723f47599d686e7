package connector

import (
	"context"
	"net/http"
)

const opChannels = "channels.list"

// Channel is a channel of a team.
type Channel struct {
	ID   string `json:"id"`
	Name string `json:"name"` // empty for the first, which every team calls as it likes
}

// Channels are the channels of a team that we are in, without the private ones.
func (c *Client) Channels(ctx context.Context, service, tenant, team string) ([]Channel, error) {
	r, err := c.do(ctx, call{
		op: opChannels, verb: http.MethodGet, service: service, path: []string{"teams", team, "conversations"},
		lane: lane{roster: true, thread: team, tenant: tenant}, repeatable: true,
	})
	if err != nil {
		return nil, err
	}
	var list struct {
		Channels []Channel `json:"conversations"`
	}
	if err := lenient(r.body, &list); err != nil {
		return nil, badReply(opChannels)
	}
	return list.Channels, nil
}
