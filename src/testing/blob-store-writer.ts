import { createHash, randomBytes } from "node:crypto";
import { FilesystemBlobStore } from "../drivers/filesystem/blob-store.ts";
import { testKeys } from "./blob-keys.ts";

// A process that brings blobs until it is killed, and prints the digest of each that it was promised.

const store = (await FilesystemBlobStore.open(process.argv[2] ?? "")).in(testKeys("crash"));

async function* inPieces(bytes: Buffer): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

async function bring(): Promise<never> {
  while (true) {
    const bytes = randomBytes(50_000 + randomBytes(1).readUInt8() * 4_000);
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    const id = randomBytes(8).toString("hex");
    await store.startUpload(id);
    await store.append(id, 0, inPieces(bytes));
    await store.commit(id, digest);
    process.stdout.write(`${digest}\n`);
  }
}

await Promise.all([bring(), bring(), bring()]);
