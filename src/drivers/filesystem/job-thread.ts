import { Worker, type ResourceLimits } from "node:worker_threads";

/** What a thread is asked and what it answers have the same number. */
export interface Numbered {
  readonly id: number;
}

interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (cause: unknown) => void;
}

/** A thread that answers each job, in any order. It keeps the process alive while somebody waits for it, and not else. */
export class JobThread<Job extends object, Answer extends Numbered> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting<Answer>>();
  readonly #ended: (cause: Error) => void;
  #jobs = 0;
  #over: Error | undefined;

  /** @param purpose completes "the thread that …" @param ended told once, when it takes no more jobs */
  constructor(worker: Worker, purpose: string, ended: () => void) {
    this.#worker = worker;
    this.#ended = (cause) => {
      if (this.#over) return;
      this.#over = cause;
      ended();
      for (const { reject } of this.#waiting.values()) reject(cause);
      this.#waiting.clear();
    };
    worker.unref();
    worker.on("message", (answer: Answer) => this.#settle(answer));
    worker.on("error", this.#ended);
    worker.on("exit", () => this.#ended(new Error(`the thread that ${purpose} ended`)));
  }

  /** Jobs that wait for their answer. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** @param memory of the job that goes to the thread */
  ask(job: Job, memory: readonly ArrayBuffer[] = []): Promise<Answer> {
    if (this.#over) return Promise.reject(this.#over);
    const id = (this.#jobs += 1);
    return new Promise((resolve, reject) => {
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, ...job }, memory);
    });
  }

  #settle(answer: Answer): void {
    const asked = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    asked?.resolve(answer);
  }
}

/** A thread that holds next to nothing: most of its memory are the buffers that go through it. */
const SMALL: ResourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 };

/** Starts a program as a thread. @param source of it; where this file is compiled, that one is too */
export function startThread(source: URL, resourceLimits = SMALL): Worker {
  if (import.meta.url.endsWith(".js")) return new Worker(new URL(source.href.replace(/\.ts$/, ".js")), { resourceLimits });
  // From the sources, as in tests, a thread does not know TypeScript by itself.
  return new Worker(`import("tsx/esm/api").then(({ tsImport }) => tsImport("${source.href}", "${source.href}"))`, { eval: true });
}
