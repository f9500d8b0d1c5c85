import { MessageChannel } from "node:worker_threads";

/** Below it, a buffer may be a part of a pool that others use; and little is won. */
const WORTH_IT = 16 * 1024;

/** What is transferred to a port that is closed goes nowhere: it is freed. Source: Node's documentation of `port.postMessage`. */
const nowhere = closedPort();

const lent = new WeakMap<ArrayBuffer, (memory: ArrayBuffer) => void>();
const kept = new WeakSet<ArrayBuffer>();

/**
 * Frees the memory of large buffers at once. Their owner calls it when nobody reads them any more; they are empty or another's then. A stream of gigabytes
 * would else leave hundreds of megabytes to the garbage collector, which counts them, and goes through all the objects of the process, again
 * and again, to find them: it was a quarter of the time that an upload takes. Buffers that share their memory are left alone.
 */
export function releaseMemory(buffers: readonly Uint8Array[]): void {
  const whole: ArrayBuffer[] = [];
  for (const { buffer, byteLength } of buffers) {
    if (!(buffer instanceof ArrayBuffer) || kept.has(buffer)) continue;
    const takeBack = lent.get(buffer);
    if (takeBack) {
      lent.delete(buffer);
      takeBack(buffer);
    } else if (byteLength >= WORTH_IT && byteLength === buffer.byteLength) whole.push(buffer);
  }
  if (whole.length > 0) nowhere.postMessage(undefined, whole);
}

/**
 * Memory that is given out and wanted back. `releaseMemory` for a buffer of it hands it to `takeBack`, once, in place of freeing it; where nobody
 * calls that, the garbage collector frees it as any other.
 */
export function recycleMemory(memory: ArrayBuffer, takeBack: (memory: ArrayBuffer) => void): void {
  lent.set(memory, takeBack);
}

/** Says of memory that several read it, and that whoever is done with a buffer of it must not free it: `releaseMemory` leaves it alone from now on. */
export function keepMemory({ buffer }: Uint8Array): void {
  if (!(buffer instanceof ArrayBuffer)) return;
  lent.delete(buffer);
  kept.add(buffer);
}

function closedPort(): MessageChannel["port1"] {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  port1.close();
  return port1;
}
