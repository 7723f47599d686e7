package slacktest

import (
	"slices"
	"strings"
)

func (c *call) authTest() obj {
	o := accept(
		"url", "https://company.slack.com/", "team", "Company", "user", c.opts.BotName, "team_id", c.opts.Team, "user_id", c.opts.BotUser,
		"bot_id", c.opts.BotID, "is_enterprise_install", false,
	)
	if c.opts.Enterprise != "" {
		o["enterprise_id"] = c.opts.Enterprise
	}
	return o
}

func (c *call) userInfo() obj {
	if !c.has("user") {
		return refuse("user_not_found")
	}
	u := c.user(c.str("user"))
	if u == nil {
		return refuse("user_not_found")
	}
	return accept("user", c.userJSON(u, c.flag("include_locale")))
}

func (c *call) userList() obj {
	part, next, ok := page(c, c.users, 1000)
	if !ok {
		return refuse("invalid_cursor")
	}
	members := []any{}
	for _, u := range part {
		members = append(members, c.userJSON(u, c.flag("include_locale")))
	}
	return accept("members", members, "cache_ts", c.stamp.Now().Unix(), "response_metadata", obj{"next_cursor": next})
}

func (c *call) lookupByEmail() obj {
	email := c.str("email")
	i := slices.IndexFunc(c.users, func(u *User) bool {
		return email != "" && strings.EqualFold(u.Email, email) && u.Team == c.opts.Team && !u.Deleted
	})
	if i < 0 {
		return refuse("users_not_found")
	}
	return accept("user", c.userJSON(c.users[i], false))
}

// userJSON is a user as the bot token may see it.
func (s *Server) userJSON(u *User, locale bool) obj {
	profile := obj{
		"real_name": u.RealName, "real_name_normalized": u.RealName, "display_name": u.Name, "display_name_normalized": u.Name,
		"title": "", "phone": "", "status_text": "", "status_emoji": "", "avatar_hash": "", "team": u.Team, "fields": nil,
	}
	stranger := u.Team != s.opts.Team
	if u.Email != "" && !stranger && slices.Contains(s.scopes, "users:read.email") {
		profile["email"] = u.Email
	}
	o := obj{
		"id": u.ID, "team_id": u.Team, "name": u.Name, "deleted": u.Deleted, "profile": profile, "is_bot": u.Bot, "is_app_user": false,
		"updated": 1700000000,
	}
	if u.Bot {
		profile["bot_id"], profile["api_app_id"], profile["always_active"] = "B"+u.ID[1:], "A"+u.ID[1:], false
		if u.ID == s.opts.BotUser {
			profile["bot_id"], profile["api_app_id"] = s.opts.BotID, s.opts.App
		}
	}
	if u.Deleted {
		return o
	}
	o["real_name"], o["tz"], o["tz_offset"], o["color"] = u.RealName, u.TZ, u.TZOffset, "9f69e7"
	o["tz_label"], o["is_email_confirmed"], o["who_can_share_contact_card"] = u.TZ, true, "EVERYONE"
	o["is_admin"], o["is_owner"], o["is_primary_owner"] = u.Admin, false, false
	o["is_restricted"], o["is_ultra_restricted"] = u.Restricted, u.UltraRestricted
	if stranger {
		o["is_stranger"] = true
	}
	if locale && u.Locale != "" && !stranger {
		o["locale"] = u.Locale
	}
	if u.Enterprise != "" {
		o["enterprise_user"] = obj{
			"id": "W" + u.ID[1:], "enterprise_id": u.Enterprise, "enterprise_name": "Enterprise", "is_admin": u.Admin, "is_owner": false,
			"teams": []string{u.Team},
		}
	}
	return o
}
