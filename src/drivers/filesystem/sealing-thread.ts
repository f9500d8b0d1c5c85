// What runs in a `SealingThreads` thread: hashes, encrypts and writes the bytes of uploads.
import { createHash, type Hash } from "node:crypto";
import { parentPort } from "node:worker_threads";
import { BlobCorruptError } from "../../ports/blob-store.ts";
import { sealedBytes } from "../sealing/format.ts";
import type { Numbered } from "./job-thread.ts";
import type { Failure, Sealed, UploadJob } from "./sealing-jobs.ts";
import { FileWriteError, UploadFile } from "./upload-file.ts";

/** Files that stay open between the requests of an upload; of the others, only the hash is kept. */
const MOST_OPEN = 64;

/** By the numbers of uploads; those that were used last come last. */
const open = new Map<number, UploadFile>();
const hashes = new Map<number, Hash | undefined>();

parentPort?.on("message", (job: UploadJob & Numbered) => {
  void outcome(job).then((done) => {
    const bytes = job.kind === "append" ? { bytes: job.bytes } : {};
    const sealed: Sealed = { id: job.id, ...bytes, ...done };
    parentPort?.postMessage(sealed, job.kind === "append" ? [job.bytes] : []);
  });
});

async function outcome(job: UploadJob): Promise<Omit<Sealed, "id" | "bytes">> {
  try {
    return await carryOut(job);
  } catch (cause) {
    if (cause instanceof FileWriteError) return { size: cause.size, failure: failureOf(cause.cause) };
    return { failure: failureOf(cause) };
  }
}

async function carryOut(job: UploadJob): Promise<Omit<Sealed, "id" | "bytes">> {
  switch (job.kind) {
    case "begin":
      keepOpen(job.upload, UploadFile.begin(job.path, job.header));
      return {};
    case "append":
      return { size: await fileOf(job, job.from === 0).append(job) };
    case "finish": {
      const file = fileOf(job, job.size === 0);
      const other = await file.finish(job);
      if (other !== undefined) return { otherDigest: other };
      if (!job.place) return {};
      const small = file.small(sealedBytes(job.size));
      close(job.upload);
      return { closed: true, ...(small && { small }) };
    }
    case "close":
      close(job.upload);
      return {};
  }
}

/** @param empty whether there is nothing of the blob in the file, so that its hash is known */
function fileOf({ upload, path }: { readonly upload: number; readonly path: string }, empty: boolean): UploadFile {
  const there = open.get(upload);
  const file = there ?? UploadFile.reopen(path, hashes.get(upload) ?? (empty ? createHash("sha256") : undefined));
  open.delete(upload);
  keepOpen(upload, file);
  return file;
}

function keepOpen(upload: number, file: UploadFile): void {
  hashes.delete(upload);
  open.set(upload, file);
  for (const [other, idle] of open) {
    if (open.size <= MOST_OPEN) return;
    if (idle.busy || other === upload) continue;
    hashes.set(other, idle.hash);
    open.delete(other);
    idle.close();
  }
}

function close(upload: number): void {
  open.get(upload)?.close();
  open.delete(upload);
  hashes.delete(upload);
}

function failureOf(cause: unknown): Failure {
  const { message, code } = cause as NodeJS.ErrnoException;
  return { message, ...(code !== undefined && { code }), ...(cause instanceof BlobCorruptError && { corrupt: true }) };
}
