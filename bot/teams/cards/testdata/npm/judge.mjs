// Reads {name: card} as JSON, and writes {name: {faults, unknown, shown}}: what Microsoft's
// renderer finds wrong with each card, which types it does not know, and which types it
// would show.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { AdaptiveCard, HostConfig, SerializationContext, ValidationEvent, ShowCardAction } = createRequire(import.meta.url)("adaptivecards/dist/adaptivecards.js");

const verdicts = {};
for (const [name, json] of Object.entries(JSON.parse(readFileSync(0, "utf8")))) {
    const context = new SerializationContext();
    const card = new AdaptiveCard();
    // It would count actions behind "…" too, which Teams does not.
    card.hostConfig = new HostConfig({ actions: { maxActions: 100 } });
    card.parse(json, context);
    const verdict = { faults: [], unknown: [], shown: [] };
    for (let i = 0; i < context.eventCount; i++) {
        const { event, message } = context.getEventAt(i);
        const type = /^Unknown element type "([\w.]+)"/.exec(message)?.[1];
        if (event === ValidationEvent.UnknownElementType && type) {
            verdict.unknown.push(type);
        } else {
            verdict.faults.push(`${ValidationEvent[event]}: ${message}`);
        }
    }
    for (const failure of card.validateProperties().validationEvents ?? []) {
        verdict.faults.push(failure.message);
    }
    const walk = (element) => {
        verdict.shown.push(element.getJsonTypeName());
        for (let i = 0; i < (element.getItemCount?.() ?? 0); i++) {
            walk(element.getItemAt(i));
        }
        for (let i = 0; i < (element.getActionCount?.() ?? 0); i++) {
            const action = element.getActionAt(i);
            verdict.shown.push(action.getJsonTypeName());
            if (action instanceof ShowCardAction) {
                walk(action.card);
            }
        }
    };
    walk(card);
    verdicts[name] = verdict;
}
process.stdout.write(JSON.stringify(verdicts));
