import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { BlobCorruptError } from "../../ports/blob-store.ts";
import { recycleMemory } from "../../ports/release-memory.ts";
import { CHUNK_BYTES } from "../sealing/format.ts";

/** What a thread is asked: to read `length` bytes of a file from a record on, and to open them. */
export interface OpeningJob {
  readonly id: number;
  /** Stays open until the answer is there. */
  readonly fd: number;
  readonly key: Uint8Array;
  readonly index: number;
  readonly length: number;
  /** Where the blob's bytes go. It goes to the thread and comes back with them. */
  readonly into: ArrayBuffer;
}

/** One of `length`, `corrupt` and `failure`. */
export interface Opened {
  readonly id: number;
  readonly into: ArrayBuffer;
  readonly length?: number;
  readonly corrupt?: string;
  readonly failure?: unknown;
}

/** Records that are opened with one job: a trip to another thread and back takes as long as opening one of them. */
export const JOB_RECORDS = 2;
const JOB_BYTES = JOB_RECORDS * CHUNK_BYTES;
/** Buffers that nobody reads any more are kept for the next jobs, so that the kernel need not clear new memory; no more than so many. */
const MOST_SPARE = 32;

/** Below so many jobs, a thread may run out of them before the next is asked for. */
const CALM_JOBS = 3;

/** One core is left to the thread that answers requests. */
const MOST_THREADS = Math.min(4, Math.max(1, availableParallelism() - 1));

interface Waiting {
  readonly resolve: (bytes: Buffer) => void;
  readonly reject: (cause: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

/**
 * Reads and decrypts large blobs on other threads than the one that answers requests: that one has enough to do with sending them, and everybody else
 * waits for it. The threads are made when they are first needed, and keep no process alive.
 */
export class OpeningThreads {
  readonly #threads: Thread[] = [];
  readonly #spare: ArrayBuffer[] = [];
  readonly #startWorker: () => Worker;
  #jobs = 0;

  constructor(start: () => Worker = startWorker) {
    this.#startWorker = start;
  }

  /**
   * The blob's bytes in up to `JOB_RECORDS` records, of which `length` bytes are in the file. The file must stay open until this is settled.
   * `releaseMemory` gives them back.
   * @throws BlobCorruptError
   */
  open(fd: number, key: Uint8Array, index: number, length: number): Promise<Buffer> {
    const thread = this.#idlest();
    const id = (this.#jobs += 1);
    const into = this.#spare.pop() ?? new ArrayBuffer(JOB_BYTES);
    return new Promise((resolve, reject) => {
      // The process lives on while somebody waits.
      if (thread.waiting.size === 0) thread.worker.ref();
      thread.waiting.set(id, { resolve, reject });
      thread.worker.postMessage({ id, fd, key, index, length, into } satisfies OpeningJob, [into]);
    });
  }

  /** Whether there is so little to do that a job may be given before its bytes are wanted. Many readers keep the threads busy by themselves. */
  get calm(): boolean {
    return this.#threads.every(({ waiting }) => waiting.size < CALM_JOBS);
  }

  #idlest(): Thread {
    if (this.#threads.length < MOST_THREADS && this.#threads.every(({ waiting }) => waiting.size > 0)) this.#threads.push(this.#start());
    return this.#threads.reduce((best, thread) => (thread.waiting.size < best.waiting.size ? thread : best));
  }

  #start(): Thread {
    const thread: Thread = { worker: this.#startWorker(), waiting: new Map() };
    thread.worker.unref();
    thread.worker.on("message", (opened: Opened) => this.#settle(thread, opened));
    const over = (cause: Error): void => {
      const at = this.#threads.indexOf(thread);
      if (at >= 0) this.#threads.splice(at, 1);
      for (const { reject } of thread.waiting.values()) reject(cause);
      thread.waiting.clear();
    };
    thread.worker.on("error", over);
    thread.worker.on("exit", () => over(new Error("the thread that opens blobs ended")));
    return thread;
  }

  #settle({ worker, waiting }: Thread, { id, into, length, corrupt, failure }: Opened): void {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (waiting.size === 0) worker.unref();
    if (length !== undefined) {
      recycleMemory(into, (memory) => this.#keep(memory));
      asked?.resolve(Buffer.from(into, 0, length));
      return;
    }
    this.#keep(into);
    asked?.reject(corrupt === undefined ? failure : new BlobCorruptError(corrupt));
  }

  #keep(memory: ArrayBuffer): void {
    if (this.#spare.length < MOST_SPARE) this.#spare.push(memory);
  }
}

function startWorker(): Worker {
  // It holds next to nothing: most of its memory are the buffers that go through it.
  const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 };
  if (import.meta.url.endsWith(".js")) return new Worker(new URL("opening-thread.js", import.meta.url), { resourceLimits });
  // From the sources, as in tests, a thread does not know TypeScript by itself.
  const source = new URL("opening-thread.ts", import.meta.url);
  return new Worker(`import("tsx/esm/api").then(({ tsImport }) => tsImport("${source.href}", "${source.href}"))`, { eval: true });
}
