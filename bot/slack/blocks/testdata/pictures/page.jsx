// Draws scenes of a conversation the way Slack does, for the pictures of the docs.
import { createRoot } from "react-dom/client";
import { flushSync } from "react-dom";
import { Message } from "slack-blocks-to-jsx";
import "slack-blocks-to-jsx/dist/style.css";

const Scene = ({ scene }) => (
  <div className="scene" id={scene.name} lang={scene.language}>
    {scene.messages.map((m, i) => (
      <div key={i} className={m.from === "bapsang" ? "app" : "person"}>
        <Message blocks={m.blocks} name={m.from} logo={m.logo} time={new Date("2026-11-22T10:32:00")} />
      </div>
    ))}
  </div>
);

flushSync(() => createRoot(document.getElementById("root")).render(window.scenes.map((s) => <Scene key={s.name} scene={s} />)));

// It takes everybody for an app.
for (const e of document.querySelectorAll(".person *")) if (e.textContent === "APP") e.remove();
