// A process of its own: the least that a registry of Node can do. Its arguments are a folder, a port, and `plain` or `sealed`.
import { createHash, randomBytes, type CipherGCM, type Hash } from "node:crypto";
import { closeSync, existsSync, fdatasync, fstatSync, fsync, openSync, readSync, renameSync, writeSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { CHUNK_BYTES, openRecord, RECORD_BYTES, startRecord } from "../../src/drivers/sealing/format.ts";
import { releaseMemory } from "../../src/ports/release-memory.ts";

// What it leaves out: who asks, whether he may, what an image is, records of any kind, other threads, faults. Plain, it keeps files as they come, neither hashed
// nor synced, and sends them as they lie there. Sealed, it does what a registry that keeps our promises cannot leave out: what comes is hashed, encrypted and synced with its name before
// it is answered, and what goes is read, verified and decrypted.

const [, , folder = "", port = "", mode = ""] = process.argv;
const sealed = mode === "sealed";
const key = randomBytes(32);
const names = openSync(folder, "r");
const [syncBytes, syncNames] = [promisify(fdatasync), promisify(fsync)];

interface Upload {
  readonly path: string;
  readonly fd: number;
  readonly hash: Hash;
  cipher: CipherGCM | undefined;
  /** Of the blob, so far. */
  size: number;
}

const uploads = new Map<string, Upload>();
let count = 0;

createServer((request, response) => {
  answer(request, response).catch((cause: unknown) => response.destroy(cause as Error));
}).listen(Number(port), "127.0.0.1");

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = "" } = request;
  const [path = "", query = ""] = url.split("?");
  const last = path.slice(path.lastIndexOf("/") + 1);
  const upload = uploads.get(last);
  if (method === "GET" && last !== "") return send(response, join(folder, last));
  if (method === "POST") return say(response, 202, { location: `${path}${begin()}` });
  if (method === "PATCH" && upload) {
    await take(request, upload);
    return say(response, 202, { location: path });
  }
  if (method === "PUT") {
    const manifest = upload ?? uploads.get(begin());
    if (!manifest) throw new Error(`there is no upload ${last}`);
    await take(request, manifest);
    await keep(manifest, upload ? decodeURIComponent(query.replace("digest=", "")) : last);
    return say(response, 201);
  }
  return say(response, method === "GET" || existsSync(join(folder, last)) ? 200 : 404);
}

function say(response: ServerResponse, status: number, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { ...headers, "content-length": 0 }).end();
}

function begin(): string {
  const id = `upload-${(count += 1)}`;
  const path = join(folder, id);
  uploads.set(id, { path, fd: openSync(path, "w+"), hash: createHash("sha256"), cipher: undefined, size: 0 });
  return id;
}

async function take(request: IncomingMessage, upload: Upload): Promise<void> {
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if (!sealed) writeSync(upload.fd, chunk);
    else {
      upload.hash.update(chunk);
      for (let rest = chunk; rest.length > 0;) rest = sealSome(upload, rest);
    }
    releaseMemory([chunk]);
  }
}

/** @returns what is left, of the next record */
function sealSome(upload: Upload, bytes: Buffer): Buffer {
  if (!upload.cipher) {
    const { nonce, cipher } = startRecord(key, upload.size / CHUNK_BYTES);
    writeSync(upload.fd, nonce);
    upload.cipher = cipher;
  }
  const taken = bytes.subarray(0, CHUNK_BYTES - (upload.size % CHUNK_BYTES));
  const made = upload.cipher.update(taken);
  writeSync(upload.fd, made);
  releaseMemory([made]);
  upload.size += taken.length;
  if (upload.size % CHUNK_BYTES === 0) endRecord(upload);
  return bytes.subarray(taken.length);
}

function endRecord(upload: Upload): void {
  if (!upload.cipher) return;
  upload.cipher.final();
  writeSync(upload.fd, upload.cipher.getAuthTag());
  upload.cipher = undefined;
}

/** The file of an upload gets its name. */
async function keep(upload: Upload, name: string): Promise<void> {
  const { path, fd, hash } = upload;
  uploads.delete(path.slice(path.lastIndexOf("/") + 1));
  endRecord(upload);
  if (sealed && name.includes(":") && `sha256:${hash.digest("hex")}` !== name) throw new Error(`these are not the bytes of ${name}`);
  renameSync(path, join(folder, name));
  if (sealed) await Promise.all([syncBytes(fd), syncNames(names)]);
  closeSync(fd);
}

/** Read into the same memory again and again, and handed to the kernel a record at a time, as ours are. */
const spare: Buffer[] = [];
const record = Buffer.allocUnsafeSlow(RECORD_BYTES);

async function send(response: ServerResponse, path: string): Promise<void> {
  const fd = openSync(path, "r");
  try {
    const { size } = fstatSync(fd);
    const stride = sealed ? RECORD_BYTES : CHUNK_BYTES;
    const records = Math.ceil(size / stride);
    response.writeHead(200, { "content-length": size - records * (stride - CHUNK_BYTES) });
    for (let index = 0; index < records; index += 1) await (sealed ? sendOpened(response, fd, index) : sendPlain(response, fd, index));
    response.end();
  } finally {
    closeSync(fd);
  }
}

async function sendPlain(response: ServerResponse, fd: number, index: number): Promise<void> {
  const buffer = spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
  const length = readSync(fd, buffer, 0, CHUNK_BYTES, index * CHUNK_BYTES);
  await new Promise((resolve) => response.write(buffer.subarray(0, length), resolve));
  spare.push(buffer);
}

async function sendOpened(response: ServerResponse, fd: number, index: number): Promise<void> {
  const length = readSync(fd, record, 0, RECORD_BYTES, index * RECORD_BYTES);
  const pieces = openRecord(key, index, record.subarray(0, length));
  await new Promise((resolve) => {
    response.cork();
    for (const piece of pieces.slice(0, -1)) response.write(piece);
    response.write(pieces.at(-1), resolve);
    response.uncork();
  });
  releaseMemory(pieces);
}
