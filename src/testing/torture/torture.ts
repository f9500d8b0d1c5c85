import { errorText } from "../../domain/error-text.ts";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as elapsed } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { seededRandom, type Random } from "../seeded-random.ts";
import { check } from "./check.ts";
import { RegistryClient } from "./client.ts";
import { Ledger } from "./ledger.ts";
import { pushImages, resume, WrongAnswerError } from "./pusher.ts";

export interface TortureOptions {
  readonly kills: number;
  readonly seed: number;
  /** Told after each life. */
  readonly lived?: (life: number) => void;
}

export interface TortureReport {
  readonly kills: number;
  /** Images whose push was acknowledged, or was found done after a kill. */
  readonly images: number;
  readonly deleted: number;
  /** Uploads that an earlier life had begun and that were gone on with. */
  readonly resumed: number;
}

const SOURCE = fileURLToPath(new URL("./registry-process.ts", import.meta.url));
/** Compiled it starts in a fraction of the time. `tsc -b` comes before the tests that run it. */
const PROGRAM = SOURCE.replace(/\/src\/(testing\/torture\/.*)\.ts$/, "/dist/$1.js");
const PUSHERS = 4;
/** Milliseconds from the first request of a life to its end: from none to some pushes, and now and then many. */
const LONGEST_LIFE = 400;

/**
 * Kills a registry at random moments in the middle of pushes and deletions, starts it again on the same folder, and compares what it has with what it
 * had acknowledged. The moments are of the seed; what they meet is the machine's chance.
 * @throws WrongAnswerError where something acknowledged is lost or something half-written is visible
 */
export async function torture({ kills, seed, lived }: TortureOptions): Promise<TortureReport> {
  const directory = await mkdtemp(join(tmpdir(), "airfield-torture-"));
  const random = seededRandom(seed);
  const ledger = new Ledger();
  let resumed = 0;
  try {
    for (let life = 1; life <= kills; life += 1) {
      await using registry = await startRegistry(directory);
      using client = new RegistryClient(registry.port);
      await check(client, ledger, random, life);
      for (const upload of ledger.uploads.splice(0)) {
        await resume(client, upload);
        resumed += 1;
      }
      await pushUntilKilled(registry, client, { ledger, random, life });
      lived?.(life);
    }
    await using registry = await startRegistry(directory);
    using client = new RegistryClient(registry.port);
    await check(client, ledger, random, kills + 1, true);
    const count = (wanted: string): number => ledger.images.filter(({ status }) => status === wanted).length;
    return { kills, images: count("pushed") + count("deleted"), deleted: count("deleted"), resumed };
  } catch (cause) {
    throw new Error(`with the seed ${seed}: ${errorText(cause)}`, { cause });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function pushUntilKilled(
  registry: Life,
  client: RegistryClient,
  { ledger, random, life }: { readonly ledger: Ledger; readonly random: Random; readonly life: number },
): Promise<void> {
  const pushing = Array.from({ length: PUSHERS }, (_, number) =>
    pushImages({ client, ledger, random, number, life }).catch((cause: unknown) => cause),
  );
  // A moment that nothing tells: the point is that it comes in the middle of anything.
  await elapsed(random.between(0, LONGEST_LIFE));
  if (registry.ended()) throw new WrongAnswerError(`the registry ended by itself: ${registry.complaint()}`);
  await registry[Symbol.asyncDispose]();
  for (const outcome of await Promise.all(pushing)) if (outcome instanceof WrongAnswerError) throw outcome;
}

interface Life extends AsyncDisposable {
  readonly port: number;
  ended(): boolean;
  complaint(): string;
}

/** Starts the registry on a folder; its end is sudden. */
export async function startRegistry(directory: string): Promise<Life> {
  const child: ChildProcess = spawn(process.execPath, [PROGRAM, directory], { stdio: ["ignore", "pipe", "pipe"] });
  let complaint = "";
  child.stderr?.on("data", (text: Buffer) => (complaint += text.toString()));
  const gone = once(child, "exit");
  const first = child.stdout && (await Promise.race([once(child.stdout, "data"), gone.then(() => undefined)]));
  if (!first) throw new WrongAnswerError(`the registry does not start: ${complaint}`);
  return {
    port: Number(String(first[0])),
    ended: () => child.exitCode !== null,
    complaint: () => complaint,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await gone;
    },
  };
}
