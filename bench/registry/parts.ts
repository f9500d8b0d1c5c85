import { spawn } from "node:child_process";
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, fdatasyncSync, fsyncSync, openSync, readSync, renameSync, writeSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median, type Figure } from "../figure.ts";
import { Connection } from "./connection.ts";
import { MEBIBYTE } from "./image.ts";

/** What the same bytes cost by themselves, one part after the other, on this machine and in this run. */
export interface Parts {
  /** Seconds a byte. */
  readonly hash: number;
  readonly encrypt: number;
  readonly decrypt: number;
  /** From the page cache. */
  readonly read: number;
  /** From one process of Node to another, over loopback, and nothing else. */
  readonly loopback: number;
  /** Seconds: a request to an HTTP server of Node that answers with nothing. */
  readonly request: number;
  /** Bytes a second: images of 1 MB in two layers and of 10 MB in four, one at a time, from the memory of an HTTP server of Node that does nothing else. */
  readonly fromMemory: readonly [number, number];
  /** Seconds: so many bytes into a new file, synced, renamed, the folder synced. */
  readonly store: (bytes: number) => number;
  /** Seconds: a page of a file that is there already, synced, as the journal does. */
  readonly journal: number;
}

const PIECE = 64 * 1024;
const RECORD = 256 * 1024;
const PASS = 64 * MEBIBYTE;
const TIMES = 5;
/** An empty layer, as it were: a configuration or a manifest. */
const SMALL = 1024;

export async function measureParts(): Promise<Parts> {
  const folder = await mkdtemp(join(tmpdir(), "airfield-parts-"));
  try {
    const bytes = randomBytes(PIECE);
    const [key, nonce] = [randomBytes(32), randomBytes(12)];
    const pieces = (total: number, each: (piece: Buffer) => unknown): void => {
      for (let at = 0; at < total; at += PIECE) each(bytes);
    };
    const hash = createHash("sha256");
    const [small, quarter, large] = [SMALL, MEBIBYTE, 16 * MEBIBYTE].map((size) => storing(folder, size));
    const [fixed, some, more] = [small ?? 0, quarter ?? 0, large ?? 0];
    const slope = (more - some) / (15 * MEBIBYTE);
    return {
      hash: perByte(() => pieces(PASS, (piece) => hash.update(piece))),
      encrypt: perByte(() => records(() => createCipheriv("aes-256-gcm", key, nonce), pieces)),
      decrypt: perByte(() => records(() => createDecipheriv("aes-256-gcm", key, nonce), pieces)),
      read: reading(folder),
      loopback: await loopback(),
      ...(await requesting()),
      // What is small waits for the disk's answer alone.
      store: (size) => Math.max(fixed, some + slope * (size - MEBIBYTE)),
      journal: journalling(folder),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

export function tellParts(parts: Parts, tell: (figure: Figure) => void): void {
  const plain = (name: string, unit: string, ours: number): void =>
    tell({ name: `part: ${name}`, unit, ours, peer: undefined, ratio: ours, aim: "none", met: true });
  for (const name of ["hash", "encrypt", "decrypt", "read", "loopback"] as const) plain(name, "MB/s", 1 / parts[name] / 1e6);
  plain("a request to Node's HTTP server", "ms", parts.request * 1000);
  for (const [at, size] of [1, 10].entries())
    plain(`images of ${size} MB, pulled from the memory of Node's HTTP server`, "MB/s", (parts.fromMemory[at] ?? 0) / 1e6);
  for (const size of [SMALL, 2.5 * MEBIBYTE, 25 * MEBIBYTE])
    plain(`${Math.ceil(size / 1024)} KB into a file, synced with its name`, "ms", parts.store(size) * 1000);
  plain("a page of the journal, synced", "ms", parts.journal * 1000);
}

/**
 * The rate of images one at a time if nothing but the parts took time, and what can go side by side on two cores did so without loss: what comes over the network is hashed and
 * encrypted meanwhile, what goes there is read and decrypted. The disk comes after that, since nothing is acknowledged before it.
 */
export function rateOfParts(parts: Parts, way: "push" | "pull", image: { readonly size: number; readonly layers: number }): number {
  const layer = image.size / image.layers;
  const { hash, encrypt, read, decrypt, loopback: network, request, store, journal } = parts;
  const seconds =
    way === "pull"
      ? image.size * Math.max(read + decrypt, network) + (image.layers + 2) * request
      : image.size * Math.max(hash + encrypt, network) +
        // Four for each layer and the configuration, one for the manifest.
        (4 * (image.layers + 1) + 1) * request +
        image.layers * (store(layer) + journal) +
        // The configuration and the manifest.
        2 * (store(SMALL) + journal);
  return image.size / 1e6 / seconds;
}

function records(start: () => { update(piece: Buffer): Buffer }, pieces: (total: number, each: (piece: Buffer) => unknown) => void): void {
  for (let at = 0; at < PASS; at += RECORD) {
    const cipher = start();
    pieces(RECORD, (piece) => cipher.update(piece));
  }
}

function perByte(pass: () => void): number {
  return timed(pass) / PASS;
}

/** Seconds, the median of several. */
function timed(work: () => void, times = TIMES): number {
  return median(
    Array.from({ length: times }, () => {
      const started = performance.now();
      work();
      return (performance.now() - started) / 1000;
    }),
  );
}

function reading(folder: string): number {
  const path = join(folder, "read");
  const buffer = Buffer.alloc(RECORD);
  const fd = openSync(path, "w+");
  for (let at = 0; at < PASS; at += RECORD) writeSync(fd, buffer, 0, RECORD, at);
  const seconds = timed(() => {
    for (let at = 0; at < PASS; at += RECORD) readSync(fd, buffer, 0, RECORD, at);
  });
  closeSync(fd);
  return seconds / PASS;
}

function storing(folder: string, size: number): number {
  const bytes = randomBytes(size);
  let count = 0;
  const names = openSync(folder, "r");
  const seconds = timed(() => {
    const path = join(folder, `${size}-${(count += 1)}`);
    const fd = openSync(`${path}.new`, "wx");
    writeSync(fd, bytes);
    renameSync(`${path}.new`, path);
    fdatasyncSync(fd);
    fsyncSync(names);
    closeSync(fd);
  }, 15);
  closeSync(names);
  return seconds;
}

function journalling(folder: string): number {
  const page = randomBytes(4096);
  const fd = openSync(join(folder, "journal"), "w");
  writeSync(fd, Buffer.alloc(MEBIBYTE));
  fsyncSync(fd);
  let at = 0;
  const seconds = timed(() => {
    writeSync(fd, page, 0, page.length, (at += page.length));
    fdatasyncSync(fd);
  }, 15);
  closeSync(fd);
  return seconds;
}

const SENDER = `
  const bytes = Buffer.alloc(${RECORD});
  const server = require("node:net").createServer((socket) => {
    let left = Number(process.argv[1]);
    const send = () => {
      while (left > 0) {
        left -= bytes.length;
        if (!socket.write(bytes)) return void socket.once("drain", send);
      }
      socket.end();
    };
    send();
  });
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
`;

const ANSWERER = `
  const bytes = Buffer.alloc(${4 * MEBIBYTE});
  const server = require("node:http").createServer((request, response) => {
    const body = bytes.subarray(0, Number(request.url.slice(1)));
    response.writeHead(200, { "content-length": body.length }).end(body);
  });
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
`;

async function loopback(): Promise<number> {
  await using sender = await listening(SENDER, String(4 * PASS));
  const seconds: number[] = [];
  for (let time = 0; time < TIMES; time += 1) {
    const started = performance.now();
    const buffer = Buffer.allocUnsafeSlow(2 * RECORD);
    const socket = connect({ host: "127.0.0.1", port: sender.port, onread: { buffer, callback: () => true } });
    await once(socket, "close");
    seconds.push((performance.now() - started) / 1000);
  }
  return median(seconds) / (4 * PASS);
}

async function requesting(): Promise<Pick<Parts, "request" | "fromMemory">> {
  await using answerer = await listening(ANSWERER);
  const connection = await Connection.open(`127.0.0.1:${answerer.port}`, {});
  // Those while it was cold count with the rest: the median is of warm ones.
  const each = async (times: number, sizes: readonly number[]): Promise<number> => {
    const seconds: number[] = [];
    for (let time = 0; time < times; time += 1) {
      const started = performance.now();
      for (const size of sizes) await connection.send({ method: "GET", path: `/${size}` });
      seconds.push((performance.now() - started) / 1000);
    }
    return median(seconds);
  };
  const images = async (size: number, layers: number): Promise<number> =>
    size / (await each(200, [SMALL, SMALL, ...Array.from({ length: layers }, () => size / layers)]));
  const request = await each(2000, [0]);
  const fromMemory = [await images(MEBIBYTE, 2), await images(10 * MEBIBYTE, 4)] as const;
  connection.close();
  return { request, fromMemory };
}

/** A process of Node that tells its port. */
async function listening(program: string, ...args: readonly string[]): Promise<{ readonly port: number } & AsyncDisposable> {
  const child = spawn(process.execPath, ["-e", program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const [port] = (await once(child.stdout, "data")) as [Buffer];
  return {
    port: Number(port),
    async [Symbol.asyncDispose]() {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}
