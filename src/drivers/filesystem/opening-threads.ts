import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import { BlobCorruptError } from "../../ports/blob-store.ts";
import { recycleMemory } from "../../ports/release-memory.ts";
import { CHUNK_BYTES } from "../sealing/format.ts";
import { JobThread, startThread, type Numbered } from "./job-thread.ts";

/** What a thread is asked: to read `length` bytes of a file from a record on, and to open them. */
export interface OpeningJob {
  /** Stays open until the answer is there. */
  readonly fd: number;
  readonly key: Uint8Array;
  readonly index: number;
  readonly length: number;
  /** Where the blob's bytes go. It goes to the thread and comes back with them. */
  readonly into: ArrayBuffer;
}

/** One of `length`, `corrupt` and `failure`. */
export interface Opened extends Numbered {
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
export const MOST_THREADS = Math.min(4, Math.max(1, availableParallelism() - 1));

/**
 * Reads and decrypts large blobs on other threads than the one that answers requests: that one has enough to do with sending them, and everybody else
 * waits for it. The threads are made when they are first needed, and keep no process alive.
 */
export class OpeningThreads {
  readonly #threads: JobThread<OpeningJob, Opened>[] = [];
  readonly #spare: ArrayBuffer[] = [];
  readonly #startWorker: () => Worker;

  constructor(start: () => Worker = () => startThread(new URL("opening-thread.ts", import.meta.url))) {
    this.#startWorker = start;
  }

  /**
   * The blob's bytes in up to `JOB_RECORDS` records, of which `length` bytes are in the file. The file must stay open until this is settled.
   * `releaseMemory` gives them back.
   * @throws BlobCorruptError
   */
  async open(fd: number, key: Uint8Array, index: number, length: number): Promise<Buffer> {
    const memory = this.#spare.pop() ?? new ArrayBuffer(JOB_BYTES);
    const opened = await this.#idlest().ask({ fd, key, index, length, into: memory }, [memory]);
    const { into, corrupt, failure } = opened;
    if (opened.length !== undefined) {
      recycleMemory(into, (back) => this.#keep(back));
      return Buffer.from(into, 0, opened.length);
    }
    this.#keep(into);
    throw corrupt === undefined ? failure : new BlobCorruptError(corrupt);
  }

  /** Whether there is so little to do that a job may be given before its bytes are wanted. Many readers keep the threads busy by themselves. */
  get calm(): boolean {
    return this.#threads.every(({ waiting }) => waiting < CALM_JOBS);
  }

  #idlest(): JobThread<OpeningJob, Opened> {
    if (this.#threads.length < MOST_THREADS && this.#threads.every(({ waiting }) => waiting > 0)) this.#threads.push(this.#start());
    return this.#threads.reduce((best, thread) => (thread.waiting < best.waiting ? thread : best));
  }

  #start(): JobThread<OpeningJob, Opened> {
    const thread: JobThread<OpeningJob, Opened> = new JobThread(this.#startWorker(), "opens blobs", () => {
      this.#threads.splice(this.#threads.indexOf(thread), 1);
    });
    return thread;
  }

  #keep(memory: ArrayBuffer): void {
    if (this.#spare.length < MOST_SPARE) this.#spare.push(memory);
  }
}
