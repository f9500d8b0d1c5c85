/** As long as a timer of Node's may be. */
const LONG_MS = 2 ** 31 - 1;

/** Resolves as `work` does, and keeps the process until then: timers of the system's clock keep none, and where only they are waited for Node would end it without a word, as if all had been done. */
export async function untilDone<T>(work: Promise<T>): Promise<T> {
  const held = setInterval(() => undefined, LONG_MS);
  try {
    return await work;
  } finally {
    clearInterval(held);
  }
}
