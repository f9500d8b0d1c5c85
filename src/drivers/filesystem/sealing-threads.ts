import type { Worker } from "node:worker_threads";
import { BlobCorruptError } from "../../ports/blob-store.ts";
import { JobThread, startThread } from "./job-thread.ts";
import { MOST_THREADS } from "./opening-threads.ts";
import type { Sealed, SealingJob, UploadJob } from "./sealing-jobs.ts";

/**
 * How much goes to a thread at a time: a trip there and back costs as much as encrypting a tenth of it. More would keep the thread waiting while the
 * first bytes come, and more in memory.
 */
export const BATCH_BYTES = 256 * 1024;
/** Buffers that come back are kept for the next batches, so that the kernel need not clear new memory; no more than so many. */
const MOST_SPARE = 32;

/** A thread as one upload uses it. All of its jobs go to the same: it keeps the file open, and its hash. */
export interface SealingThread {
  /** @throws what the thread failed with; `SealingFailure` where it tells how much of the blob is left */
  ask(job: SealingJob): Promise<Sealed>;
  /** Told when the upload is over, or not to be counted on. */
  leave(): void;
}

/** An append that failed: so many bytes of the blob are still there. */
export class SealingFailure extends Error {
  readonly size: number;
  constructor(size: number, cause: unknown) {
    super("the bytes could not be sealed", { cause });
    this.size = size;
  }
}

interface Shared {
  readonly thread: JobThread<UploadJob, Sealed>;
  uploads: number;
}

/**
 * Hashes, encrypts and writes uploads on other threads than the one that answers requests. They are made when they are first needed, and keep no process
 * alive.
 */
export class SealingThreads {
  readonly #threads: Shared[] = [];
  readonly #spare: ArrayBuffer[] = [];
  readonly #startWorker: () => Worker;
  #uploads = 0;

  constructor(start: () => Worker = () => startThread(new URL("sealing-thread.ts", import.meta.url))) {
    this.#startWorker = start;
  }

  /** The thread with the fewest uploads takes one more. */
  join(): SealingThread {
    const shared = this.#idlest();
    shared.uploads += 1;
    const upload = (this.#uploads += 1);
    let here = true;
    // Another trip for nothing but that would take as long as encrypting fifty kilobytes.
    let closed = false;
    return {
      ask: async (job) => {
        const sealed = await this.#ask(shared.thread, { ...job, upload });
        closed ||= sealed.closed === true;
        return sealed;
      },
      leave() {
        if (!here) return;
        here = false;
        shared.uploads -= 1;
        // Where the thread is over, so are its files.
        if (!closed) shared.thread.ask({ kind: "close", upload }).catch(() => undefined);
      },
    };
  }

  /** Memory for a batch; it goes to the thread with it, and comes back here. */
  memory(): ArrayBuffer {
    return this.#spare.pop() ?? new ArrayBuffer(BATCH_BYTES);
  }

  async #ask(thread: JobThread<UploadJob, Sealed>, job: UploadJob): Promise<Sealed> {
    const sealed = await thread.ask(job, job.kind === "append" ? [job.bytes] : []);
    if (sealed.bytes && this.#spare.length < MOST_SPARE) this.#spare.push(sealed.bytes);
    const { failure, size } = sealed;
    if (!failure) return sealed;
    const cause = failure.corrupt === true ? new BlobCorruptError(failure.message) : Object.assign(new Error(failure.message), failure);
    throw size === undefined ? cause : new SealingFailure(size, cause);
  }

  #idlest(): Shared {
    if (this.#threads.length < MOST_THREADS && this.#threads.every(({ uploads }) => uploads > 0)) this.#threads.push(this.#start());
    return this.#threads.reduce((best, shared) => (shared.uploads < best.uploads ? shared : best));
  }

  #start(): Shared {
    const thread = new JobThread<UploadJob, Sealed>(this.#startWorker(), "seals blobs", () => {
      this.#threads.splice(this.#threads.indexOf(shared), 1);
    });
    const shared: Shared = { thread, uploads: 0 };
    return shared;
  }
}
