// A process of its own: loads one registry, and prints a `LoadResult` as JSON. Its argument is a `Load` as JSON.
import { busySeconds } from "../processor.ts";
import { Connection } from "./connection.ts";
import { MEBIBYTE, newImage, type Image } from "./image.ts";
import { pullImage, pushImage } from "./transfer.ts";

export interface Load {
  /** `<address>:<port>`. */
  readonly host: string;
  /** Of the registry's process. */
  readonly pid: number;
  readonly authorization?: string;
  readonly repository: string;
  readonly images: number;
  /** More images, pushed and pulled before anything is measured. */
  readonly warmUp: number;
  /** Bytes of an image. */
  readonly size: number;
  readonly layers: number;
  /** Images under way at one time, each over a connection of its own. */
  readonly concurrency: number;
}

export interface Timing {
  /** From the first request to the last answer. */
  readonly seconds: number;
  /** Of a processor, that the registry took of them: all its threads, and the kernel for them. */
  readonly busy: number;
  /** Of each image. */
  readonly latencies: readonly number[];
}

export interface LoadResult {
  readonly push: Timing;
  readonly pull: Timing;
  /** As many pulls, of a few images that were pulled before; absent where one is larger than these are together. */
  readonly again?: Timing;
}

/** Bytes of images that everybody wants, all together. */
const WANTED = 40 * MEBIBYTE;

const load = JSON.parse(process.argv[2] ?? "") as Load;
const made = (count: number): Image[] => Array.from({ length: count }, () => newImage(load.size, load.layers));
const push = (connection: Connection, image: Image): Promise<void> => pushImage(connection, load.repository, image);
const pull = (connection: Connection, image: Image): Promise<void> => pullImage(connection, load.repository, image);

const [warmUp, images] = [made(load.warmUp), made(load.images)];
const headers = load.authorization === undefined ? {} : { authorization: load.authorization };
const connections = await Promise.all(Array.from({ length: load.concurrency }, () => Connection.open(load.host, headers)));
await timed(push, warmUp);
await timed(pull, warmUp);
const pushed = await timed(push, images);
// What comes back is what was sent, for one of them.
const [first] = connections;
if (first && images[0]) await pullImage(first, load.repository, images[0], true);
const pulled = await timed(pull, images);
const wanted = images.slice(0, Math.floor(WANTED / load.size));
if (wanted.length > 0) await timed(pull, wanted);
const again =
  wanted.length > 0
    ? await timed(
        pull,
        Array.from({ length: load.images }, (_, at) => wanted[at % wanted.length] as Image),
      )
    : undefined;
for (const connection of connections) connection.close();
process.stdout.write(JSON.stringify({ push: pushed, pull: pulled, ...(again && { again }) } satisfies LoadResult));

async function timed(transfer: (connection: Connection, image: Image) => Promise<void>, of: readonly Image[]): Promise<Timing> {
  const waiting = of.values();
  const latencies: number[] = [];
  const [started, before] = [performance.now(), busySeconds(load.pid)];
  await Promise.all(
    connections.map(async (connection) => {
      // All take from one queue.
      for (const image of waiting) {
        const begun = performance.now();
        await transfer(connection, image);
        latencies.push((performance.now() - begun) / 1000);
      }
    }),
  );
  return { seconds: (performance.now() - started) / 1000, busy: busySeconds(load.pid) - before, latencies };
}
