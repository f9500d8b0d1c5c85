import { spawn } from "node:child_process";
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, fdatasyncSync, fsyncSync, openSync, readSync, renameSync, writeSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { median, part, type Figure } from "../figure.ts";
import { Connection } from "./connection.ts";
import { MEBIBYTE } from "./image.ts";

/** What the same bytes cost by themselves, one part after the other, on this machine and in this run. */
export interface Parts {
  /** Seconds of a processor a byte. */
  readonly hash: number;
  readonly encrypt: number;
  readonly decrypt: number;
  /** From the page cache. */
  readonly read: number;
  /** Seconds of a processor a byte, from one process of Node to another over loopback, and nothing else: of the one that sends, kernel included, and of the one that receives. */
  readonly send: number;
  readonly receive: number;
  /** Seconds: a request to an HTTP server of Node that answers with nothing. Client and server take turns. */
  readonly request: number;
  /** Seconds: so many bytes into a new file, synced, renamed, the folder synced. */
  readonly store: (bytes: number) => number;
  /** Seconds: a page of a file that is there already, synced, as the journal does. */
  readonly journal: number;
  /** Of the machine that ran them. */
  readonly cores: number;
}

const PIECE = 64 * 1024;
const RECORD = 256 * 1024;
const PASS = 64 * MEBIBYTE;
const TIMES = 5;
/** An empty layer, as it were: a configuration or a manifest. */
const SMALL = 1024;
/** Enough bytes that the disk's rate counts alone. */
const MUCH = 64 * MEBIBYTE;

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
      ...(await loopback()),
      request: await requesting(),
      // What is small waits for the disk's answer alone.
      store: (size) => Math.max(fixed, some + slope * (size - MEBIBYTE)),
      journal: journalling(folder),
      cores: availableParallelism(),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

export function tellParts(parts: Parts, tell: (figure: Figure) => void): void {
  const plain = (name: string, unit: string, ours: number): void => tell(part({ name, unit, ours }));
  for (const name of ["hash", "encrypt", "decrypt", "read"] as const) plain(name, "MB/s", 1 / parts[name] / 1e6);
  for (const name of ["send", "receive"] as const) plain(`${name} over loopback, of a core`, "MB/s", 1 / parts[name] / 1e6);
  plain("a request to Node's HTTP server", "ms", parts.request * 1000);
  for (const size of [SMALL, 2.5 * MEBIBYTE, 25 * MEBIBYTE])
    plain(`${Math.ceil(size / 1024)} KB into a file, synced with its name`, "ms", parts.store(size) * 1000);
  plain("a page of the journal, synced", "ms", parts.journal * 1000);
}

export interface Images {
  /** Bytes of each, and its layers. */
  readonly size: number;
  readonly layers: number;
  /** Under way at one time. */
  readonly concurrency: number;
}

/**
 * Bytes a second, at most, of whoever keeps what we promise, by the parts alone: nothing else takes time, and what need not follow one another runs on all cores
 * without loss, the client's part with it. What comes over the network is hashed and encrypted, what goes there is read and decrypted. One at a time, the
 * disk comes after the bytes, since nothing is acknowledged before it; several share their syncs, and the disk works while others' bytes come.
 */
export function limitByParts(parts: Parts, way: "push" | "pull" | "again", { size, layers, concurrency }: Images): number {
  const { hash, encrypt, read, decrypt, send, receive, request, store, journal, cores } = parts;
  const layer = size / layers;
  const own = { push: hash + encrypt, pull: read + decrypt, again: 0 }[way];
  // Pulled are the manifest, the configuration and the layers; pushed is the manifest with one request, each of the others with four.
  const pulls = way !== "push";
  const requests = pulls ? layers + 2 : 4 * (layers + 1) + 1;
  const bytes = (size * (own + send + receive)) / cores;
  if (concurrency > 1) {
    const busy = bytes + (requests * request) / cores;
    return size / (pulls ? busy : Math.max(busy, (size * store(MUCH)) / MUCH));
  }
  const disk = pulls ? 0 : layers * (store(layer) + journal) + 2 * (store(SMALL) + journal);
  return size / (bytes + requests * request + disk);
}

function records(start: () => { update(piece: Buffer): Buffer }, pieces: (total: number, each: (piece: Buffer) => unknown) => void): void {
  for (let at = 0; at < PASS; at += RECORD) {
    const cipher = start();
    pieces(RECORD, (piece) => cipher.update(piece));
  }
}

/** Of a processor: what others do meanwhile does not count. */
function perByte(pass: () => void): number {
  const busy = (): number => {
    const before = process.cpuUsage();
    pass();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
  return median(Array.from({ length: TIMES }, busy)) / PASS;
}

/** Seconds, the median of several. */
function timed(work: () => void): number {
  return median(
    Array.from({ length: 15 }, () => {
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
  const seconds = perByte(() => {
    for (let at = 0; at < PASS; at += RECORD) readSync(fd, buffer, 0, RECORD, at);
  });
  closeSync(fd);
  return seconds;
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
  });
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
  });
  closeSync(fd);
  return seconds;
}

const SENDER = `
  const bytes = Buffer.alloc(${RECORD});
  const server = require("node:net").createServer((socket) => {
    const before = process.cpuUsage();
    let left = Number(process.argv[1]);
    const send = () => {
      while (left > 0) {
        left -= bytes.length;
        if (!socket.write(bytes)) return void socket.once("drain", send);
      }
      socket.end(() => {
        const { user, system } = process.cpuUsage(before);
        console.log(user + system);
      });
    };
    send();
  });
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
`;

const ANSWERER = `
  const server = require("node:http").createServer((request, response) => response.writeHead(200, { "content-length": 0 }).end());
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
`;

async function loopback(): Promise<Pick<Parts, "send" | "receive">> {
  const total = 4 * PASS;
  await using sender = await listening(SENDER, String(total));
  const [sent, received]: [number[], number[]] = [[], []];
  for (let time = 0; time < TIMES; time += 1) {
    const before = process.cpuUsage();
    const told = once(sender.output, "data");
    const buffer = Buffer.allocUnsafeSlow(2 * RECORD);
    const socket = connect({ host: "127.0.0.1", port: sender.port, onread: { buffer, callback: () => true } });
    await once(socket, "close");
    const { user, system } = process.cpuUsage(before);
    received.push(user + system);
    const [microseconds] = (await told) as [Buffer];
    sent.push(Number(microseconds));
  }
  const perByteOf = (microseconds: readonly number[]): number => median(microseconds) / 1e6 / total;
  return { send: perByteOf(sent), receive: perByteOf(received) };
}

async function requesting(): Promise<number> {
  await using answerer = await listening(ANSWERER);
  const connection = await Connection.open(`127.0.0.1:${answerer.port}`, {});
  const seconds: number[] = [];
  // Those while it was cold count with the rest: the median is of warm ones.
  for (let time = 0; time < 2000; time += 1) {
    const started = performance.now();
    await connection.send({ method: "GET", path: "/" });
    seconds.push((performance.now() - started) / 1000);
  }
  connection.close();
  return median(seconds);
}

interface Listening extends AsyncDisposable {
  readonly port: number;
  /** What else it tells. */
  readonly output: Readable;
}

/** A process of Node that tells its port. */
async function listening(program: string, ...args: readonly string[]): Promise<Listening> {
  const child = spawn(process.execPath, ["-e", program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const [port] = (await once(child.stdout, "data")) as [Buffer];
  return {
    port: Number(port),
    output: child.stdout,
    async [Symbol.asyncDispose]() {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}
