// Uses the server through Slack's own client and prints what the client understood.
import { WebClient, LogLevel } from "@slack/web-api";

const [slackApiUrl, token, channel, root, user, team, trigger] = process.argv.slice(2);
const client = new WebClient(token, { slackApiUrl, logLevel: LogLevel.ERROR, retryConfig: { retries: 2, minTimeout: 1 } });
const out = {};

const attempt = async (name, fn) => {
  try {
    out[name] = await fn();
  } catch (e) {
    out[name] = { code: e.code, error: e.data?.error ?? e.message, data: e.data, statusCode: e.statusCode ?? 0, retryAfter: e.retryAfter ?? 0 };
  }
};

await attempt("auth", async () => {
  const r = await client.auth.test();
  return { user: r.user_id, team: r.team_id, scopes: r.response_metadata.scopes };
});
await attempt("post", async () => {
  const blocks = [{ type: "section", text: { type: "mrkdwn", text: "*1,234*" } }];
  const post = await client.chat.postMessage({ channel, thread_ts: root, text: "one", blocks, metadata: { event_type: "answer", event_payload: { key: "k1" } } });
  const update = await client.chat.update({ channel, ts: post.ts, text: "two", blocks: [] });
  const link = await client.chat.getPermalink({ channel, message_ts: post.ts });
  const replies = await client.conversations.replies({ channel, ts: root, include_all_metadata: true });
  const last = replies.messages.at(-1);
  return { text: update.text, link: link.permalink.endsWith(`?thread_ts=${root}&cid=${channel}`), last: last.text, meta: last.metadata, blocks: last.blocks ?? null };
});
await attempt("invalid", async () => client.chat.postMessage({ channel, text: "x", blocks: [{ type: "section", text: { type: "mrkdwn", text: "x".repeat(3001) } }] }));
await attempt("stream", async () => {
  const stream = client.chatStream({ channel, thread_ts: root, recipient_team_id: team, recipient_user_id: user, buffer_size: 4 });
  await stream.append({ chunks: [{ type: "task_update", id: "1", title: "Reading", status: "in_progress" }] });
  await stream.append({ markdown_text: "**hello** " });
  await stream.append({ chunks: [{ type: "task_update", id: "1", title: "Reading", status: "complete" }] });
  const done = await stream.stop({ markdown_text: "world", blocks: [{ type: "context", elements: [{ type: "mrkdwn", text: "source" }] }] });
  return { types: done.message.blocks.map((b) => b.type), text: done.message.text, over: await client.chat.appendStream({ channel, ts: done.ts, markdown_text: "more" }).catch((e) => e.data.error) };
});
await attempt("upload", async () => {
  const r = await client.filesUploadV2({ channel_id: channel, thread_ts: root, filename: "a.csv", title: "A", file: Buffer.from("a,b\n1,2\n"), initial_comment: "here" });
  const id = r.files[0].files[0].id;
  let file = (await client.files.info({ file: id })).file;
  const early = file.mimetype;
  file = (await client.files.info({ file: id })).file;
  const url = file.url_private_download;
  const got = await (await fetch(url, { headers: { Authorization: `Bearer ${token}` } })).text();
  const page = await (await fetch(url)).text();
  return { early, mimetype: file.mimetype, got, page: page.startsWith("<!DOCTYPE"), shares: Object.keys(file.shares.public), again: await client.files.completeUploadExternal({ files: [{ id }] }).catch((e) => e.data.error) };
});
await attempt("modal", async () => {
  const view = { type: "modal", callback_id: "why", title: { type: "plain_text", text: "Why" }, blocks: [{ type: "divider" }] };
  const opened = await client.views.open({ trigger_id: trigger, view });
  const again = await client.views.open({ trigger_id: trigger, view }).catch((e) => e.data.error);
  return { id: opened.view.id, again };
});
await attempt("pages", async () => {
  let n = 0, pages = 0;
  for await (const page of client.paginate("users.list", { limit: 3 })) {
    pages++;
    n += page.members.length;
  }
  return { n, pages };
});
await attempt("retried", async () => (await client.conversations.info({ channel })).channel.name);
await attempt("limited", async () => {
  const hasty = new WebClient(token, { slackApiUrl, logLevel: LogLevel.ERROR, rejectRateLimitedCalls: true, retryConfig: { retries: 0 } });
  await hasty.reactions.add({ channel, timestamp: root, name: "eyes" });
});
await attempt("broken", async () => client.users.info({ user }));
console.log(JSON.stringify(out));
