// Draws window.scenes with Microsoft's own renderer, in clothes like those of Teams.
const { AdaptiveCard, HostConfig } = window.AdaptiveCards;

const themes = {
    light: { text: "#242424", subtle: "#616161", accent: "#5b5fc7", emphasis: "#f5f5f5", line: "#e0e0e0" },
    dark: { text: "#ffffff", subtle: "#adadad", accent: "#9299f7", emphasis: "#1f1f1f", line: "#3d3d3d" },
};

function hostConfig(theme) {
    const colour = (c) => ({ default: c, subtle: theme.subtle });
    const foregroundColors = {
        default: colour(theme.text), accent: colour(theme.accent), good: colour("#237b4b"), warning: colour("#835c00"), attention: colour("#c4314b"),
    };
    return new HostConfig({
        fontTypes: {
            default: { fontFamily: "Pretendard", fontSizes: { small: 12, default: 14, medium: 14, large: 18, extraLarge: 24 }, fontWeights: { lighter: 300, default: 400, bolder: 600 } },
            monospace: { fontFamily: "monospace, Pretendard", fontSizes: { small: 12, default: 13, medium: 13, large: 16, extraLarge: 20 }, fontWeights: { lighter: 300, default: 400, bolder: 600 } },
        },
        supportsInteractivity: true,
        spacing: { none: 0, small: 6, default: 12, medium: 16, large: 24, extraLarge: 32, padding: 16 },
        separator: { lineThickness: 1, lineColor: theme.line },
        containerStyles: {
            default: { backgroundColor: "transparent", foregroundColors },
            emphasis: { backgroundColor: theme.emphasis, foregroundColors },
        },
        imageSizes: { small: 32, medium: 52, large: 100 },
        actions: {
            maxActions: 100, spacing: "default", buttonSpacing: 8, actionsOrientation: "horizontal", actionAlignment: "left",
            showCard: { actionMode: "inline", inlineTopMargin: 12, style: "emphasis" },
        },
        adaptiveCard: { allowCustomStyle: false },
        table: { cellSpacing: 6 },
    });
}

function element(parent, className, text) {
    const e = document.createElement("div");
    e.className = className;
    e.textContent = text ?? "";
    parent.appendChild(e);
    return e;
}

for (const scene of window.scenes) {
    const root = element(document.body, `scene ${scene.theme}`);
    root.id = scene.name;
    for (const said of scene.messages) {
        const row = element(root, said.card || said.bot ? "row bot" : "row person");
        if (said.bot) {
            element(row, "face").innerHTML = scene.bowl;
        }
        const column = element(row, "column");
        if (said.bot) {
            const head = element(column, "head");
            element(head, "name", "Bapsang");
            element(head, "time", said.time);
            if (said.label) {
                element(head, "label", said.label);
            }
        }
        if (said.text) {
            element(column, "bubble", said.text);
        }
        if (said.card) {
            const card = new AdaptiveCard();
            card.hostConfig = hostConfig(themes[scene.theme]);
            card.parse(said.card);
            const frame = element(column, `card ${said.card.msteams?.width ?? "narrow"}`);
            frame.appendChild(card.render());
            for (const title of said.press ?? []) {
                [...frame.querySelectorAll("button")].find((b) => b.textContent === title)?.click();
            }
        }
        if (said.thumbs) {
            element(column, "thumbs", "👍   👎");
        }
    }
}
