// The page, used as people use it: in a browser, with a microphone that plays a file.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import {
  ALMA,
  BRUNO,
  ask,
  ecapaManifest,
  get,
  microphoneFile,
  noEcapa,
  scratch,
  serve,
  unless,
  wav,
} from "./support.js";

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
const browserPath = [process.env.CHROMIUM, ...PLACES].find((path) => path && existsSync(path));
const skip = unless(browserPath, "chromium", "there is no Chromium: install it, or name it in CHROMIUM");
/** Where pictures of the page are kept; none without. */
const pictures = process.env.VIIM_PICTURES;
/** Milliseconds of a recording. */
const RECORD_MS = 2500;

const folder = scratch();
let server;

before(async () => {
  if (!skip) server = await serve({ VIIM_STORE: join(folder, "store") });
});

after(() => server?.stop());

/** A browser whose microphone plays `microphone`; without one it has none. */
async function open(microphone, options = {}, url = server.url) {
  const fake = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"];
  const browser = await chromium.launch({
    executablePath: browserPath,
    args: ["--no-sandbox", ...(microphone ? [...fake, `--use-file-for-fake-audio-capture=${microphone}`] : [])],
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  const problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  await page.goto(url);
  await page.getByText("ML Model Connected").waitFor();
  return { browser, page, problems };
}

const picture = (page, name) => pictures && page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
const logOf = (page) => page.getByRole("log", { name: "Process log" });

/** Records for a while, by keyboard alone, and waits for the answer. */
async function record(page) {
  const answers = await logOf(page).getByText("Answered in").count();
  const button = page.getByRole("button", { name: "Record" });
  await button.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Stop" }).waitFor();
  await page.waitForTimeout(RECORD_MS);
  const level = Number(await page.getByRole("meter", { name: "Level" }).getAttribute("aria-valuenow"));
  await page.keyboard.press("Enter");
  await logOf(page).getByText("Answered in").nth(answers).waitFor({ timeout: 20_000 });
  assert.ok(await button.evaluate((element) => element === document.activeElement), "the focus stays");
  return level;
}

const choose = (page, name) => page.getByRole("radio", { name }).check({ force: true });

async function enrolByVoice() {
  const { browser, page, problems } = await open(await microphoneFile(folder, "alma", ALMA));
  try {
    await page.getByText("Connected to ML model: celda128, 128 numbers").waitFor();
    assert.equal(await page.getByRole("button", { name: "Record" }).isDisabled(), true, "without a name");
    await page.getByLabel("Name").fill("alma");
    const levels = [];
    for (let i = 0; i < 3; i++) levels.push(await record(page));
    assert.ok(
      levels.some((level) => level > 20 && level <= 100),
      `levels ${levels}`,
    );
    const listed = page.getByRole("region", { name: /^Enrolled/ }).getByRole("listitem");
    await listed.filter({ hasText: "3 of 5 samples" }).waitFor();
    assert.match(await listed.innerText(), /alma/);
    const numbers = await page.locator(".embedding rect").count();
    assert.deepEqual([numbers, await page.getByRole("img", { name: "Embedding of 128 numbers" }).count()], [128, 1]);

    assert.deepEqual(problems, []);
  } finally {
    await browser.close();
  }
}

/** Says another sentence, which the microphone of another browser plays. */
async function askWhoItIs() {
  const { browser, page, problems } = await open(await microphoneFile(folder, "alma-ferry", ask("alma-ferry")));
  try {
    await choose(page, "Identify");
    await record(page);
    const verdict = page.locator(".verdict");
    assert.equal(await verdict.innerText(), "alma");
    assert.match(await page.locator(".candidates").innerText(), /\d+ %\s*cosine 0\.\d\d/);
    await picture(page, "identified-desktop");

    await choose(page, "Verify");
    await page.getByLabel("Name").fill("alma");
    await record(page);
    assert.equal(await verdict.innerText(), "It is alma");
    assert.deepEqual(problems, []);
  } finally {
    await browser.close();
  }
}

test("a person is enrolled, identified and verified by voice", { skip, timeout: 90_000 }, async () => {
  await enrolByVoice();
  await askWhoItIs();
  const { json } = await get(`${server.url}/api/viim/recordings`);
  assert.deepEqual(
    json.recordings.map(({ mode }) => mode),
    ["verify", "identify", "enroll", "enroll", "enroll"],
  );
  assert.ok(
    json.recordings.every(({ filename, duration_seconds: seconds }) => filename === "recording.webm" && seconds > 1.5),
  );
});

test("somebody else is not taken for her, on a telephone", { skip, timeout: 60_000 }, async () => {
  const telephone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  const { browser, page } = await open(await microphoneFile(folder, "bruno", BRUNO), telephone);
  try {
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 390, `the page is ${width} pixels wide`);
    await choose(page, "Verify");
    await page.getByLabel("Name").fill("alma");
    await record(page);
    assert.equal(await page.locator(".verdict").innerText(), "It is not alma");
    await picture(page, "refused-telephone");
    await choose(page, "Identify");
    await record(page);
    assert.equal(await page.locator(".verdict").innerText(), "Nobody known");
    await picture(page, "unknown-telephone");
  } finally {
    await browser.close();
  }
});

test(
  "without a microphone a file can be chosen; errors are shown; forgetting takes two presses",
  { skip },
  async () => {
    const { browser, page } = await open(null);
    try {
      const file = page.getByLabel("or choose a file");
      await choose(page, "Identify");
      await page.getByRole("button", { name: "Record" }).click();
      await page.getByRole("alert").filter({ hasText: "microphone" }).waitFor();
      await file.setInputFiles({ name: "a.wav", mimeType: "audio/wav", buffer: await wav(ask("alma-ferry")) });
      await page.locator(".verdict").filter({ hasText: "alma" }).waitFor();
      await file.setInputFiles({
        name: "letter.wav",
        mimeType: "audio/wav",
        buffer: Buffer.from("a letter ".repeat(99)),
      });
      await page.getByRole("alert").filter({ hasText: "Failed to load audio" }).waitFor();
      assert.equal(await page.locator(".verdict").count(), 0, "the answer before it is gone");
      await picture(page, "error-desktop");
      await page.getByRole("button", { name: "Forget alma" }).click();
      await page.getByRole("button", { name: "Keep" }).click();
      assert.equal((await get(`${server.url}/api/health`)).json.store.people, 1);
      await page.getByRole("button", { name: "Forget alma" }).click();
      await page.getByRole("button", { name: "Forget alma for good" }).click();
      await page.getByText("Nobody yet").waitFor();
      assert.equal((await get(`${server.url}/api/health`)).json.store.people, 0);
    } finally {
      await browser.close();
    }
  },
);

test("with an ECAPA model the picture has 192 numbers", { skip: skip || noEcapa() }, async () => {
  const settings = { VIIM_STORE: join(folder, "ecapa"), VIIM_VOICE_MODEL: ecapaManifest(folder) };
  const other = await serve(settings);
  const { browser, page } = await open(null, {}, other.url);
  try {
    await page.getByText("Connected to ML model: ecapa-c192, 192 numbers").waitFor();
    await page.getByLabel("Name").fill("alma");
    const buffer = await wav(ALMA[0]);
    await page.getByLabel("or choose a file").setInputFiles({ name: "a.wav", mimeType: "audio/wav", buffer });
    await page.getByRole("img", { name: "Embedding of 192 numbers" }).waitFor();
    assert.equal(await page.locator(".embedding rect").count(), 192);
    await picture(page, "ecapa-desktop");
  } finally {
    await browser.close();
    await other.stop();
  }
});
