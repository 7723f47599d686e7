// Listens through Slack's own client, and prints a line for each thing that comes.
import { SocketModeClient, LogLevel } from "@slack/socket-mode";

const [slackApiUrl, appToken, mode] = process.argv.slice(2);
const client = new SocketModeClient({ appToken, logLevel: LogLevel.ERROR, clientOptions: { slackApiUrl } });
const say = (o) => console.log(JSON.stringify(o));
let skip = mode === "skip" ? 1 : 0;

client.on("slack_event", async ({ ack, body, type, retry_num }) => {
  say({ type, inner: body.event?.type ?? body.type ?? body.command, retry: retry_num ?? 0, text: body.event?.text ?? body.text ?? "" });
  if (skip > 0) {
    skip--;
    return;
  }
  await ack(type === "slash_commands" ? { text: "done: " + body.text } : undefined);
});
client.on("connected", () => say({ type: "connected" }));
client.on("error", (e) => say({ type: "error", text: String(e) }));
process.stdin.resume();
process.stdin.on("end", async () => {
  await client.disconnect();
  process.exit(0);
});
await client.start();
