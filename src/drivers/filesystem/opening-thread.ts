// What runs in an `OpeningThreads` thread: reads records of sealed files and opens them.
import { readSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { BlobCorruptError } from "../../ports/blob-store.ts";
import { releaseMemory } from "../../ports/release-memory.ts";
import { openRecord, recordAt, RECORD_BYTES } from "../sealing/format.ts";
import type { Numbered } from "./job-thread.ts";
import type { Opened, OpeningJob } from "./opening-threads.ts";

let sealed = Buffer.alloc(0);

parentPort?.on("message", (job: OpeningJob & Numbered) => {
  const opened: Opened = { id: job.id, into: job.into, ...outcome(job) };
  parentPort?.postMessage(opened, [job.into]);
});

function outcome(job: OpeningJob): Pick<Opened, "length" | "corrupt" | "failure"> {
  try {
    return { length: open(job) };
  } catch (cause) {
    return cause instanceof BlobCorruptError ? { corrupt: cause.message } : { failure: cause };
  }
}

function open({ fd, key, index, length, into }: OpeningJob): number {
  if (sealed.length < length) sealed = Buffer.allocUnsafeSlow(length);
  const bytes = sealed.subarray(0, readSync(fd, sealed, 0, length, recordAt(index)));
  if (bytes.length !== length) throw new BlobCorruptError("it is cut off");
  const out = Buffer.from(into);
  let filled = 0;
  for (let at = 0; at < length; at += RECORD_BYTES) {
    const pieces = openRecord(key, index + at / RECORD_BYTES, bytes.subarray(at, at + RECORD_BYTES));
    for (const piece of pieces) filled += piece.copy(out, filled);
    releaseMemory(pieces);
  }
  return filled;
}
