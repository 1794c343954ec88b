// Checks an echo server with the client of the ws package: each protocol version that ws
// speaks, with and without permessage-deflate, under offers that differ in window sizes
// and context takeover.
//
//   node check.js ws://127.0.0.1:8080/

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { on, once } from 'node:events';
import WebSocket from 'ws';

const url = new URL(process.argv[2]);
const patience = 20_000; // milliseconds for one check
const versions = [13, 8];

// What ws is told to offer, as its option perMessageDeflate.
const offers = {
  'no compression': false,
  'default': {},
  'no client window': { clientMaxWindowBits: false },
  'server without takeover': { serverNoContextTakeover: true },
  'client without takeover': { clientNoContextTakeover: true },
  'neither with takeover': { serverNoContextTakeover: true, clientNoContextTakeover: true },
  'server window 8': { serverMaxWindowBits: 8 },
  'server window 9': { serverMaxWindowBits: 9 },
  'server window 12': { serverMaxWindowBits: 12 },
  'server window 15': { serverMaxWindowBits: 15 },
  'client window 8': { clientMaxWindowBits: 8 },
  'client window 9': { clientMaxWindowBits: 9 },
  'client window 15': { clientMaxWindowBits: 15 },
  'windows 10 and 11': { serverMaxWindowBits: 10, clientMaxWindowBits: 11 },
  'windows 9, neither with takeover': {
    serverMaxWindowBits: 9,
    clientMaxWindowBits: 9,
    serverNoContextTakeover: true,
    clientNoContextTakeover: true,
  },
};

// Each check has a connection of its own.
const checks = {
  async 'the answer fits the offer'(ws, offer) {
    const answer = ws.answer ?? '';
    if (offer === false) {
      assert.equal(answer, '');
      return;
    }
    const [name, ...list] = answer.split(';').map((s) => s.trim());
    assert.equal(name, 'permessage-deflate');
    const params = new Map(list.map((p) => p.split('=').map((s) => s.trim())));
    assert.equal(params.size, list.length, `a parameter twice in ${answer}`);
    for (const [key, value] of params) {
      if (key.endsWith('_no_context_takeover')) assert.equal(value, undefined, answer);
      else assert.match(value, /^([89]|1[0-5])$/, answer);
    }
    if (offer.serverNoContextTakeover) assert(params.has('server_no_context_takeover'), answer);
    if (offer.serverMaxWindowBits) assert(params.get('server_max_window_bits') <= offer.serverMaxWindowBits, answer);
    if (offer.clientMaxWindowBits === false) assert(!params.has('client_max_window_bits'), answer);
    if (offer.clientMaxWindowBits) assert(!(params.get('client_max_window_bits') > offer.clientMaxWindowBits), answer);
  },

  async 'text'(ws) {
    for (const text of ['', 'Hello', 'κόσμε', '牛飼い 🐄', 'x'.repeat(125), 'x'.repeat(126), 'x'.repeat(65536)]) {
      await echoes(ws, text);
    }
  },

  async 'binary'(ws) {
    for (const size of [0, 1, 125, 126, 127, 65535, 65536, 1 << 20]) await echoes(ws, randomBytes(size));
  },

  async 'a megabyte that repeats itself'(ws, offer) {
    const before = ws._socket.bytesRead;
    await echoes(ws, 'Is there anybody out there? '.repeat(40_000));
    const octets = ws._socket.bytesRead - before;
    if (offer === false) assert(octets > 1_000_000, `${octets} octets came back`);
    else assert(octets < 100_000, `${octets} octets came back: not compressed`);
  },

  async 'messages that refer to earlier ones'(ws) {
    for (let i = 0; i < 200; i++) await echoes(ws, JSON.stringify({ id: i, name: 'cow', tags: ['moo', `tag-${i % 7}`] }));
  },

  async 'many messages without waiting'(ws) {
    const sent = Array.from({ length: 500 }, (_, i) => `message ${i} ${'.'.repeat(i * 7)}`);
    const received = messages(ws, sent.length);
    for (const text of sent) ws.send(text);
    assert.deepEqual((await received).map((m) => m.data.toString()), sent);
  },

  async 'messages that are not compressed'(ws) {
    for (const compress of [false, true, false]) await echoes(ws, 'plain among compressed', { compress });
  },

  async 'fragments, with a ping between them'(ws) {
    const received = messages(ws, 1);
    const pong = once(ws, 'pong');
    ws.send('first, ', { fin: false });
    ws.ping('between');
    ws.send('', { fin: false });
    ws.send('last', { fin: true });
    assert.equal(String(await pong), 'between');
    const [message] = await received;
    assert.equal(message.data.toString(), 'first, last');
    assert.equal(message.isBinary, false);
  },

  async 'ping'(ws) {
    for (const data of [Buffer.alloc(0), Buffer.from('moo'), randomBytes(125)]) {
      const pong = once(ws, 'pong');
      ws.ping(data);
      assert.deepEqual((await pong)[0], data);
    }
  },

  async 'close'(ws) {
    await closes(ws, 1000, () => ws.close(1000, 'done'));
  },

  async 'close with a code of one\'s own'(ws) {
    await closes(ws, 4321, () => ws.close(4321));
  },

  async 'close without a code'(ws) {
    await closes(ws, 1005, () => ws.close());
  },

  async 'close right after a message'(ws) {
    const received = messages(ws, 1);
    await closes(ws, 1001, () => {
      ws.send('goodbye');
      ws.close(1001);
    });
    assert.equal((await received)[0].data.toString(), 'goodbye');
  },

  async 'a frame without a mask is refused'(ws) {
    await closes(ws, 1002, () => ws.send('bare', { mask: false }));
  },

  async 'text that is not UTF-8 is refused'(ws) {
    await closes(ws, 1007, () => ws.send(Buffer.from([0x6d, 0x6f, 0xff]), { binary: false }));
  },
};

// messages collects the next n messages.
async function messages(ws, n) {
  const list = [];
  for await (const [data, isBinary] of on(ws, 'message', { close: ['close'] })) {
    list.push({ data, isBinary });
    if (list.length === n) return list;
  }
  throw new Error(`the connection ended after ${list.length} of ${n} messages`);
}

// echoes sends a message and expects it back.
async function echoes(ws, payload, options) {
  const received = messages(ws, 1);
  ws.send(payload, options);
  const [{ data, isBinary }] = await received;
  assert.equal(isBinary, typeof payload !== 'string');
  assert(data.equals(Buffer.from(payload)), `${payload.length} sent and ${data.length} octets received differ`);
}

// closes does something that ends the connection and expects the code with which it ends:
// 1006, and so a failure, if the server only drops it.
async function closes(ws, want, act) {
  const closed = once(ws, 'close');
  act();
  const [code] = await closed;
  assert.equal(code, want);
}

async function connect(version, offer) {
  const ws = new WebSocket(url, {
    protocolVersion: version,
    perMessageDeflate: offer && { threshold: 0, ...offer },
    origin: `http://${url.host}`,
    handshakeTimeout: patience,
  });
  ws.once('upgrade', (response) => { ws.answer = response.headers['sec-websocket-extensions']; });
  await once(ws, 'open');
  return ws;
}

async function run(check, version, offer) {
  let ws, timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${patience} ms`)), patience);
  });
  try {
    ws = await connect(version, offer);
    await Promise.race([check(ws, offer), late]);
  } finally {
    clearTimeout(timer);
    ws?.on('error', () => {}).terminate();
  }
}

let passed = 0, failed = 0;
for (const version of versions) {
  for (const [offered, offer] of Object.entries(offers)) {
    for (const [name, check] of Object.entries(checks)) {
      try {
        await run(check, version, offer);
        passed++;
      } catch (err) {
        failed++;
        console.log(`FAIL version ${version}, ${offered}: ${name}: ${err.message}`);
      }
    }
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
