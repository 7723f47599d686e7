// Asks Microsoft's renderer what it thinks of cards: a list of { name, card } on stdin, and
// on stdout what it complains about, by name.
import AC from "adaptivecards/dist/adaptivecards.js";
import { readFileSync } from "node:fs";

const out = {};
for (const { name, card } of JSON.parse(readFileSync(0, "utf8"))) {
  const context = new AC.SerializationContext(AC.Versions.v1_5);
  const parsed = new AC.AdaptiveCard();
  parsed.hostConfig = new AC.HostConfig({ actions: { maxActions: 6 } }); // as in Teams
  const complaints = [];
  try {
    parsed.parse(card, context);
    for (let i = 0; i < context.eventCount; i++) complaints.push(context.getEventAt(i).message);
    for (const failed of parsed.validateProperties().validationEvents) complaints.push(failed.message);
  } catch (e) {
    complaints.push("thrown: " + e.message);
  }
  out[name] = complaints;
}
process.stdout.write(JSON.stringify(out));
