// Drives Debian's Chromium through the page of examples/websocket: what a person would
// do, and what went over the wire meanwhile, as the DevTools protocol tells it.
//
//   node check.js http://127.0.0.1:8080/ deflate|plain

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const [url, mode] = process.argv.slice(2);
const patience = 20_000; // milliseconds for whatever is waited for

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
const page = await browser.newPage(); // launch made a profile of its own, and removes it
page.setDefaultTimeout(patience);

const wire = { handshakes: [], received: [], errors: [] };
const devtools = await page.context().newCDPSession(page);
devtools.on('Network.webSocketHandshakeResponseReceived', ({ response }) => wire.handshakes.push(response));
devtools.on('Network.webSocketFrameReceived', ({ response }) => wire.received.push(response.payloadData));
devtools.on('Network.webSocketFrameError', ({ errorMessage }) => wire.errors.push(errorMessage));
page.on('pageerror', (err) => wire.errors.push(err.message));
await devtools.send('Network.enable');

// The checks run in this order, all on the one page.
const checks = {
  async 'the page connects by itself'() {
    await page.goto(url);
    await status('connected');
  },

  async 'compression is as the server has it'() {
    await until(() => wire.handshakes.length === 1, 'the handshake');
    const [{ status: code, headers, requestHeaders }] = wire.handshakes;
    assert.equal(code, 101);
    assert.match(header(requestHeaders, 'sec-websocket-extensions'), /^permessage-deflate/);
    const answer = header(headers, 'sec-websocket-extensions');
    if (mode === 'deflate') assert.match(answer, /^permessage-deflate/);
    else assert.equal(answer, '');
  },

  async 'the timer pushes messages'() {
    const before = wire.received.length;
    await until(() => wire.received.length >= before + 2, 'two messages that nobody asked for');
    await shown(wire.received.at(-1));
  },

  async 'a typed message is echoed'() {
    await echoed('the cow says moo');
  },

  async 'a message outside ASCII is echoed'() {
    await echoed('κόσμε, 牛飼い 🐄 <b>&amp;</b>');
  },

  async 'disconnect'() {
    await page.click('#disconnect');
    await status('disconnected');
  },

  async 'nothing comes after it'() {
    const before = wire.received.length;
    await page.waitForTimeout(1500);
    assert.equal(wire.received.length, before);
  },

  async 'connect again'() {
    await page.click('#connect');
    await status('connected');
    await echoed('back again');
    assert.equal(wire.handshakes.length, 2);
  },

  async 'a large message, and a close with a code of one\'s own'() {
    const seen = await page.evaluate(talk, 'Is there anybody out there? '.repeat(4000));
    assert.deepEqual(seen, {
      extensions: mode === 'deflate' ? 'permessage-deflate' : '',
      echoed: true,
      closed: { code: 3456, wasClean: true },
    });
  },

  async 'no errors'() {
    assert.deepEqual(wire.errors, []);
  },
};

// talk runs in the page: it has a connection of its own, and tells what came of it.
async function talk(text) {
  const ws = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/websocket`);
  const echoed = new Promise((resolve) => {
    ws.onopen = () => ws.send(text);
    ws.onmessage = ({ data }) => data.includes(text) && resolve(true);
    ws.onerror = () => resolve(false);
  });
  const seen = { echoed: await echoed, extensions: ws.extensions.split(';')[0] };
  return new Promise((resolve) => {
    ws.onclose = ({ code, wasClean }) => resolve({ ...seen, closed: { code, wasClean } });
    ws.close(3456, 'enough');
  });
}

// echoed types a message into the page, sends it, and expects it back over the wire and
// then on the page.
async function echoed(text) {
  const before = wire.received.length;
  await page.fill('#message', text);
  await page.click('#send');
  const reply = () => wire.received.slice(before).find((payload) => payload.includes(text));
  await until(reply, `an echo of ${text}`);
  await shown(reply());
}

// shown waits until the page's output has a text.
async function shown(text) {
  const has = (text) => document.querySelector('#output').textContent.includes(text);
  await page.waitForFunction(has, text).catch(() => assert.fail(`the page does not show ${text}`));
}

async function status(want) {
  const is = (want) => document.querySelector('#status')?.textContent.trim() === want;
  await page.waitForFunction(is, want).catch(() => assert.fail(`the page's status is not ${want}`));
}

async function until(condition, what) {
  for (const end = Date.now() + patience; Date.now() < end; await page.waitForTimeout(50)) {
    if (condition()) return;
  }
  assert.fail(`no ${what} within ${patience} ms`);
}

// header finds a header whatever the case of its name.
function header(headers, name) {
  return Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1] ?? '';
}

let passed = 0, failed = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    passed++;
  } catch (err) {
    failed++;
    console.log(`FAIL ${mode}: ${name}: ${err.message}`);
  }
}
if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT });
console.log(`${browser.version()}, ${mode}`);
console.log(`${passed} passed, ${failed} failed`);
await browser.close();
process.exitCode = failed > 0 ? 1 : 0;
