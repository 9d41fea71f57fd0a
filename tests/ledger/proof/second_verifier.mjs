// A second verifier of packs, written from docs/verifier.md alone: plain Node.js, its crypto module.
//   node second_verifier.mjs DIR [--checkpoint FILE]... [--vkey TEXT]
// Alarms are listed one a line: kind and sequences.
import { createHash, createPublicKey, verify } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const sha = (...parts) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const unfit = (what) => {
  throw new Error(what);
};
const decode = (text) => {
  const bytes = Buffer.from(String(text), "base64");
  return bytes.toString("base64") === text ? bytes : unfit("base64");
};
const SPKI = Buffer.from("302a300506032b6570032100", "hex"); // RFC 8410: an Ed25519 public key
const keys = new Map();
const fits = (publicBytes, signature, message) => {
  const name = publicBytes.toString("hex");
  if (!keys.has(name)) {
    const key = Buffer.concat([SPKI, publicBytes]);
    keys.set(name, createPublicKey({ key, format: "der", type: "spki" }));
  }
  return signature.length === 64 && verify(null, message, keys.get(name), signature);
};

const rootOf = (leaves) => {
  if (leaves.length === 0) return sha("");
  if (leaves.length === 1) return leaves[0];
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha(Buffer.of(1), rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
};

const readVkey = (text) => {
  const [name, keyHash, ...rest] = text.replace(/\n$/, "").split("+");
  const key = decode(rest.join("+"));
  const expected = sha(name, "\n", key).subarray(0, 4);
  if (key.length !== 33 || key[0] !== 1 || expected.toString("hex") !== keyHash) unfit("vkey");
  return { name, keyHash: expected, publicBytes: key.subarray(1) };
};

const readCheckpoint = (note, key) => {
  const end = note.lastIndexOf("\n\n");
  if (end < 0 || !note.endsWith("\n")) unfit("no signed note");
  const text = note.slice(0, end + 1);
  const [name, size, root] = text.split("\n");
  if (name !== key.name || !/^(0|[1-9][0-9]{0,15})$/.test(size ?? "")) unfit("no checkpoint of it");
  let ours = 0;
  for (const line of note.slice(end + 2, -1).split("\n")) {
    const [dash, signer, value, more] = line.split(" ");
    if (dash !== "\u2014" || !value || more !== undefined) unfit("no signature line");
    const bytes = decode(value);
    if (signer !== key.name || !bytes.subarray(0, 4).equals(key.keyHash)) continue;
    if (!fits(key.publicBytes, bytes.subarray(4), Buffer.from(text))) unfit("its signature");
    ours += 1;
  }
  if (ours === 0) unfit("no signature of this key");
  return { name, size: Number(size), root: decode(root) };
};

const LARGEST = 2 ** 53 - 1;

// What devices signed and people have to look at: [kind, sequences], in a fixed order.
const alarmsOf = (entries, received, destroyed) => {
  const found = [];
  const group = new Map();
  const join = (one, other) => {
    const joined = new Set([...(group.get(one) ?? [one]), ...(group.get(other) ?? [other])]);
    for (const place of joined) group.set(place, joined);
  };
  const ids = new Map();
  const chains = new Map();
  const outside = new Map();
  const files = new Map();
  entries.forEach(({ said, name }, place) => {
    if (ids.has(said.entry_id)) join(ids.get(said.entry_id), place);
    else ids.set(said.entry_id, place);
    for (const each of new Set(said.attachments.map((file) => file.sha256))) {
      files.set(each, [...(files.get(each) ?? []), place]);
    }
    const { device_id: device, device_seq: number } = said;
    if (!(number >= 1 && number <= LARGEST)) {
      outside.set(device, [...(outside.get(device) ?? []), place]);
      return;
    }
    if (!chains.has(device)) chains.set(device, new Map());
    const chain = chains.get(device);
    if (!chain.has(number)) chain.set(number, []);
    if (chain.get(number).length) join(chain.get(number)[0].place, place);
    chain.get(number).push({ place, name, before: said.prev_device_hash });
  });
  for (const places of new Set(group.values())) {
    const hashes = new Set([...places].map((place) => entries[place].name));
    const last = Math.max(...places);
    const settles = ({ said }, place) =>
      place > last &&
      said.kind === "correction" &&
      ["target", "old", "new"].some((member) => hashes.has(said.body[member]));
    if (!entries.some(settles)) found.push(["conflict", [...places]]);
  }
  const closeOuts = entries.flatMap(({ said }, place) => {
    if (said.kind !== "close_out") return [];
    const stated = said.body.last_device_seq;
    const last = Number.isInteger(stated) && stated >= 0 && stated < LARGEST ? stated : -1;
    return [{ place, device: said.device_id, number: said.device_seq, last, body: said.body }];
  });
  for (const [device, chain] of chains) {
    let expected = 1;
    const gap = (to) => {
      const after = (chain.get(to + 1) ?? []).map((each) => each.place);
      found.push(["gap", after]);
    };
    for (const number of [...chain.keys()].sort((one, other) => one - other)) {
      if (number > expected) gap(number - 1);
      expected = number + 1;
      const held = (chain.get(number - 1) ?? []).map((each) => each.name);
      const fitting = number === 1 ? ["0".repeat(64)] : held;
      const unfit = chain.get(number).filter((each) => !fitting.includes(each.before));
      if (fitting.length && unfit.length) {
        found.push(["predecessor", unfit.map((each) => each.place)]);
      }
    }
    const closed = closeOuts.filter((each) => each.device === device).map((each) => each.last);
    if (Math.max(0, ...closed) >= expected) gap(Math.max(...closed));
  }
  for (const { place, device, number, last, body } of closeOuts) {
    const chain = chains.get(device) ?? new Map();
    if (last < 0 || number !== last + 1) found.push(["rule", [place]]);
    const held = (chain.get(Math.max(last, 0)) ?? []).map((each) => each.name);
    if (held.length && !held.includes(body.last_payload_sha256)) found.push(["predecessor", [place]]);
    const later = [...chain].filter(([at]) => at > number).flatMap(([, each]) => each);
    if (later.length) found.push(["rule", later.map((each) => each.place)]);
  }
  for (const places of outside.values()) found.push(["rule", places]);
  for (const [name, places] of files) {
    if (!received.has(name) && !destroyed.has(name)) found.push(["incomplete", places]);
  }
  return found.map(([kind, places]) => `${kind} ${places.sort((a, b) => a - b).join(" ")}`.trim());
};

const main = (words) => {
  const outside = [];
  let folder = null;
  let vkey = null;
  while (words.length) {
    const word = words.shift();
    if (word === "--checkpoint") outside.push(words.shift());
    else if (word === "--vkey") vkey = words.shift();
    else folder = word;
  }
  const file = (name) => readFileSync(join(folder, name), "utf8");
  const key = readVkey(file("journal.pub"));
  if (vkey !== null && readVkey(vkey).publicBytes.compare(key.publicBytes) !== 0) unfit("vkey");
  const checkpoint = readCheckpoint(file("checkpoint.txt"), key);
  const caseId = checkpoint.name.split("/")[1];

  const devices = new Map();
  for (const each of JSON.parse(file("devices.json"))) {
    if (devices.has(each.id)) unfit(`device ${each.id} stands twice`);
    devices.set(each.id, { ...each, key: decode(each.public_key) });
  }
  const lines = file("entries.jsonl").split("\n");
  if (lines.pop() !== "") unfit("entries.jsonl is cut");
  const leaves = [];
  const since = new Map();
  const until = new Map();
  const admitted = new Set();
  const payloads = new Set();
  const entries = [];
  const waiting = new Map();
  const received = new Map();
  const destroyed = new Set();
  let exported = null;

  lines.forEach((line, place) => {
    const bad = (what) => unfit(`entry ${place}: ${what}`);
    const row = JSON.parse(line);
    if (row.sequence !== place) bad("the order");
    const payload = decode(row.payload);
    const signature = decode(row.signature);
    const said = JSON.parse(payload.toString("utf8"));
    if (said.case_id !== caseId) bad("another case");
    const device = devices.get(said.device_id) ?? bad("its device is not listed");
    if (!fits(device.key, signature, payload)) bad("the signature");
    const name = sha(payload).toString("hex");
    if (payloads.has(name)) bad("the same payload stands before");
    payloads.add(name);
    entries.push({ said, name });
    leaves.push(sha(Buffer.of(0), payload, signature));
    if (said.device_id !== "portique") {
      if (!since.has(said.device_id)) bad("its device is not enrolled before it");
      if (until.has(said.device_id) && !admitted.has(name)) bad("its device is revoked");
      waiting.set(place, row.received_at_utc);
      return;
    }
    if (row.received_at_utc !== said.occurred_at_utc) bad("its time of receipt");
    if (!since.has("portique")) since.set("portique", said.occurred_at_utc);
    const { body, kind } = said;
    if (kind === "device_enrolled") {
      const listed = devices.get(said.subject.id) ?? bad("a device that is not listed");
      if (listed.public_key !== body.public_key) bad("the key of a device");
      since.set(said.subject.id, said.occurred_at_utc);
    } else if (kind === "device_revoked") until.set(said.subject.id, said.occurred_at_utc);
    else if (kind === "admitted") admitted.add(body.payload_sha256);
    else if (kind === "attachment_received") received.set(body.sha256, body.bytes);
    else if (kind === "attachment_destroyed") destroyed.add(body.sha256);
    else if (kind === "exported") exported = body.files ?? null;
    else if (kind === "received") {
      for (let at = body.first_sequence; at <= body.last_sequence; at += 1) {
        if (waiting.get(at) !== body.received_at_utc) bad(`the time of receipt of ${at}`);
        waiting.delete(at);
      }
    }
  });

  for (const at of waiting.keys()) unfit(`entry ${at}: no received covers it`);
  for (const [name, each] of devices) {
    if (each.from !== since.get(name)) unfit(`devices.json: from of ${name}`);
    if (each.until !== (until.get(name) ?? null)) unfit(`devices.json: until of ${name}`);
  }
  if (leaves.length !== checkpoint.size) unfit("checkpoint.txt: another size");
  if (!rootOf(leaves).equals(checkpoint.root)) unfit("checkpoint.txt: another root");
  for (const name of outside) {
    const given = readCheckpoint(readFileSync(name, "utf8"), key);
    if (given.size > leaves.length) unfit(`${name}: the log is shorter`);
    if (!rootOf(leaves.slice(0, given.size)).equals(given.root)) unfit(`${name}: another root`);
  }
  const holds = (name, hash, size) => {
    const content = readFileSync(join(folder, name));
    if (content.length !== size || sha(content).toString("hex") !== hash) unfit(`${name} differs`);
  };
  const attachments = join(folder, "attachments");
  const present = new Set(existsSync(attachments) ? readdirSync(attachments) : []);
  for (const [name, size] of received) {
    if (present.has(name)) holds(join("attachments", name), name, size);
    else if (!destroyed.has(name)) unfit(`attachments/${name} is missing`);
  }
  for (const name of present) if (!received.has(name)) unfit(`attachments/${name}: nobody sent it`);
  for (const each of exported ?? []) holds(each.name, each.sha256, each.bytes);
  console.log(`size ${leaves.length}\nroot ${rootOf(leaves).toString("hex")}`);
  for (const each of alarmsOf(entries, received, destroyed).sort()) console.log(`alarm ${each}`);
  console.log("rules of the domain: not checked here");
  console.log(`fingerprint ${sha(key.publicBytes).toString("hex")}`);
};

try {
  main(process.argv.slice(2));
} catch (fault) {
  console.log(`does not fit: ${fault.message}`);
  process.exitCode = 1;
}
