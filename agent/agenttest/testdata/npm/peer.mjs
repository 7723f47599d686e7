// Asks the server through OpenAI's own client and prints what the client understood.
import OpenAI from "openai";

const client = new OpenAI({ baseURL: process.argv[2] + "/v1", apiKey: "secret", maxRetries: 0 });
const model = "openai/gpt-oss-120b";
const tools = [{ type: "function", function: { name: "run_sql", parameters: { type: "object" } } }];
const ask = (content, extra = {}) => ({ model, messages: [{ role: "user", content }], ...extra });
const out = {};

const attempt = async (name, fn) => {
  try {
    out[name] = await fn();
  } catch (e) {
    out[name] = { error: e.constructor.name, status: e.status ?? 0, message: e.message, retryAfter: e.headers?.get?.("retry-after") ?? "" };
  }
};

await attempt("models", async () => (await client.models.list()).data.map((m) => m.id));
await attempt("whole", async () => (await client.chat.completions.create(ask("whole"))).choices[0].message.content);
await attempt("calls", async () => {
  const r = await client.chat.completions.create(ask("calls", { tools }));
  return { finish: r.choices[0].finish_reason, calls: r.choices[0].message.tool_calls, usage: r.usage.total_tokens > 0 };
});
await attempt("stream", async () => {
  const s = client.chat.completions.stream(ask("stream", { tools, stream_options: { include_usage: true } }));
  const r = await s.finalChatCompletion();
  return {
    text: r.choices[0].message.content, finish: r.choices[0].finish_reason,
    calls: r.choices[0].message.tool_calls.map((c) => c.function.name + c.function.arguments),
    usage: r.usage.total_tokens > 0,
  };
});
await attempt("comments", async () => {
  const s = client.chat.completions.stream(ask("comments"));
  return (await s.finalChatCompletion()).choices[0].message.content;
});
for (const name of ["frame", "limited", "harmony", "long", "page", "invalid"]) {
  await attempt(name, async () => {
    const extra = name === "invalid" ? { temperature: 9 } : { stream: name === "frame" };
    const r = await client.chat.completions.create(ask(name, extra));
    if (name === "frame") for await (const _ of r);
    return "no error";
  });
}
console.log(JSON.stringify(out));
