// A person's conversation in the emulator: node talk.mjs PAGE FOLDER QUESTION FOLLOW-UP FIGURE THANKS.
// It waits for cards with the figure, and for thanks for a thumb; it prints their texts as JSON and takes pictures.
import { chromium } from 'playwright-core';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [page, folder, question, followUp, figure, thanks] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
try {
  const tab = await browser.newPage({ viewport: { width: 1300, height: 1800 } });
  await tab.goto(page);
  const font = readFileSync(join(import.meta.dirname, '../../../../../bot/web/static/pretendard-1.3.9.woff2')).toString('base64');
  await tab.addStyleTag({ content: `@font-face { font-family: Pretendard; src: url("data:font/woff2;base64,${font}"); font-weight: 100 900 }
    * { font-family: Pretendard, "Noto Color Emoji", sans-serif !important }` });
  await tab.getByTitle('Hide log panel').click();
  const cards = tab.locator('.ac-adaptiveCard');
  const answers = cards.filter({ hasText: figure });
  const said = {};

  async function say(name, box, text, mention, send) {
    const before = await answers.count();
    await box.click();
    if (mention) {
      await tab.keyboard.type('@');
      await tab.getByRole('menuitem', { name: 'Bapsang' }).click();
    }
    await tab.keyboard.type(text);
    await send();
    try {
      await answers.nth(before).waitFor({ timeout: 30_000 });
    } finally {
      await answers.last().scrollIntoViewIfNeeded({ timeout: 1000 }).catch(() => {});
      await tab.screenshot({ path: join(folder, name + '.png') });
    }
    said[name] = await answers.last().innerText();
  }
  const enter = () => tab.keyboard.press('Enter');
  const post = () => tab.getByRole('button', { name: 'Post', exact: true }).click();
  const last = tab.getByRole('textbox').last();
  const open = async (name) => {
    await tab.getByRole('treeitem', { name, exact: true }).click();
    await cards.first().waitFor(); // the welcome
  };

  await open('Personal Chat');
  await say('personal-1', last, question, false, enter);
  await say('personal-2', last, followUp, false, enter);
  await open('Group');
  await say('group-1', last, question, true, enter);
  await say('group-2', last, followUp, true, enter);
  await open('My Team - Sales');
  await say('channel-1', tab.getByRole('textbox').first(), question, true, post);
  // The newest post is the first; below it is where to reply. The welcome's is below that.
  await say('channel-2', tab.getByRole('textbox').nth(1), followUp, true, enter);
  await tab.getByRole('button', { name: '👍' }).last().click();
  await tab.getByText(thanks).waitFor({ timeout: 30_000 });
  console.log(JSON.stringify(said));
} finally {
  await browser.close();
}
