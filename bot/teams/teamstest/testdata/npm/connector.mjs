// Uses the connector through Microsoft's own client and prints what the client understood.
import connector from "botframework-connector";

const { AppCredentials, ConnectorClient } = connector;
const [login, appID, secret, baseUri, bot, personal, thread, channel, person, tenant] = process.argv.slice(2);

// Microsoft's credentials insist on Microsoft's login over TLS: these ask ours, and leave
// the rest, such as when to ask again, to their base.
class Credentials extends AppCredentials {
  async refreshToken() {
    const r = await fetch(login, {
      method: "POST",
      body: new URLSearchParams({ grant_type: "client_credentials", client_id: appID, client_secret: secret, scope: this.oAuthScope + "/.default" }),
    });
    const body = await r.json();
    if (!r.ok) throw new Error(body.error_description);
    return { accessToken: body.access_token, expiresOn: new Date(Date.now() + body.expires_in * 1000) };
  }
}

const client = new ConnectorClient(new Credentials(appID, tenant, "https://api.botframework.com"), { baseUri });
const c = client.conversations;
const out = {};
const attempt = async (name, fn) => {
  try {
    out[name] = await fn();
  } catch (e) {
    out[name] = { status: e.statusCode, code: e.body?.error?.code ?? e.code, message: e.message };
  }
};
const message = (text, more = {}) => ({ type: "message", from: { id: bot }, text, ...more });

await attempt("post", async () => {
  const sent = await c.sendToConversation(thread, message("one"));
  const reply = await c.replyToActivity(thread, sent.id, message("two", { replyToId: sent.id }));
  const updated = await c.updateActivity(thread, sent.id, message("three"));
  await c.deleteActivity(thread, reply.id);
  return { sent: sent.id, updated: updated.id };
});
await attempt("gone", () => c.updateActivity(thread, "1", message("x")));
await attempt("nowhere", () => c.sendToConversation("19:nowhere@thread.tacv2", message("x")));
await attempt("malformed", () => c.sendToConversation("nowhere", message("x")));
await attempt("people", async () => {
  const page = await c.getConversationPagedMembers(channel, { pageSize: 2 });
  const rest = await c.getConversationPagedMembers(channel, { pageSize: 2, continuationToken: page.continuationToken });
  const one = await c.getConversationMember(channel, person);
  return { first: page.members.length, rest: rest.members.length, end: rest.continuationToken ?? "", name: one.name, aad: one.aadObjectId };
});
await attempt("create", async () => {
  const chat = await c.createConversation({ isGroup: false, bot: { id: bot }, members: [{ id: person }], tenantId: tenant, channelData: { tenant: { id: tenant } } });
  const post = await c.createConversation({ isGroup: true, channelData: { channel: { id: channel } }, activity: message("root") });
  return { chat: chat.id === personal, post: post.id === `${channel};messageid=${post.activityId}` };
});
await attempt("stranger", () => c.createConversation({ isGroup: false, bot: { id: bot }, members: [{ id: "29:nobody" }], tenantId: tenant }));
// Its model of an entity has no more than a mention: what Teams wants in a stream is lost.
await attempt("stream", () => c.sendToConversation(personal, { type: "typing", text: "x", entities: [{ type: "streaminfo", streamType: "streaming", streamSequence: 1 }] }));
await attempt("huge", () => c.sendToConversation(personal, message("가".repeat(60000))));
process.stdout.write(JSON.stringify(out));
