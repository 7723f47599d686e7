// A bot made with Microsoft's own SDK, all of it: it checks who calls, streams, shows cards
// and dialogs. It says its address, then what it was told, a JSON line each, until stdin ends.
import { createServer } from "node:http";
import { App, ExpressAdapter } from "@microsoft/teams.apps";
import { PUBLIC, withOverrides, MessageActivityInput } from "@microsoft/teams.api";

const [login, openIdMetadataUrl, clientId, clientSecret, tenantId] = process.argv.slice(2);
const say = (type, more = {}) => process.stdout.write(JSON.stringify({ type, ...more }) + "\n");

// MSAL wants Microsoft's login over TLS: this asks ours.
const token = async (scope) => {
  const r = await fetch(login, { method: "POST", body: new URLSearchParams({ grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret, scope }) });
  return (await r.json()).access_token;
};
const quiet = { error: (...a) => say("error", { text: a.map(String).join(" ") }), warn() {}, info() {}, debug() {}, trace() {}, log() {}, child: () => quiet };
const server = createServer();
const app = new App({
  clientId, tenantId, token, logger: quiet, cloud: withOverrides(PUBLIC, { openIdMetadataUrl }), httpServerAdapter: new ExpressAdapter(server),
  activity: { mentions: { stripText: true } },
});
const card = (text, actions = []) => ({ type: "AdaptiveCard", version: "1.5", body: [{ type: "TextBlock", text }, { type: "Input.Text", id: "why", label: "Why" }], actions });
const attachment = (content) => ({ contentType: "application/vnd.microsoft.card.adaptive", content });

app.on("install.add", async ({ send }) => { await send("welcome"); });
app.on("message", async ({ activity, stream, send }) => {
  say("message", { text: activity.text, value: activity.value, from: activity.from.name, conversation: activity.conversation.conversationType });
  if (activity.value) return;
  if (!activity.text.includes("stream")) {
    await send(new MessageActivityInput("card").addAttachments(attachment(card("1,234", [
      { type: "Action.Submit", title: "submit", data: { n: 1 } },
      { type: "Action.Execute", title: "execute", verb: "go", data: { n: 2 } },
      { type: "Action.Submit", title: "dialog", data: { msteams: { type: "task/fetch" }, n: 3 } },
    ]))).addAiGenerated().addFeedback());
    return;
  }
  const pause = () => new Promise((r) => setTimeout(r, 700));
  stream.update("Looking");
  await pause();
  stream.emit("one ");
  await pause();
  stream.emit(new MessageActivityInput("two").addAttachments(attachment(card("3"))).addAiGenerated());
});
app.on("card.action", async ({ activity }) => {
  say("action", { verb: activity.value.action.verb, data: activity.value.action.data });
  return { statusCode: 200, type: "application/vnd.microsoft.card.adaptive", value: card("done") };
});
app.on("dialog.open", async () => ({ task: { type: "continue", value: { title: "fix", card: attachment(card("what?", [{ type: "Action.Submit", title: "send", data: { n: 4 } }])) } } }));
app.on("dialog.submit", async ({ activity }) => { say("dialog", { data: activity.value.data }); return { task: { type: "message", value: "fixed" } }; });
app.on("message.submit.feedback", async ({ activity }) => { say("feedback", { value: activity.value.actionValue }); });

await app.initialize();
server.listen(0, "127.0.0.1", () => say("listening", { url: `http://127.0.0.1:${server.address().port}` }));
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
