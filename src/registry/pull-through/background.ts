import { dropImport, imports, missingBlobs, type ImportRecord } from "../../state/ecr-imports.ts";
import { imageKey, repositories } from "../../state/ecr.ts";
import type { BlobFetches } from "./blob-fetches.ts";
import type { PullThroughParts } from "./bring-manifest.ts";
import { nameAmongRegistries } from "./source.ts";

/** Clients fetch most of an image themselves: they come first. */
const QUIET_MS = 15_000;
const LONGEST_PAUSE_MS = 3_600_000;
/** Before the collector might take what came of it. */
const GIVEN_UP_AFTER_MS = 20 * 3_600_000;

export interface Background extends Disposable {
  /** Somebody asks for the image, or for a part of it: what is left waits for another while. */
  asked(repository: string, digest: string): void;
}

/** Fetches what no client asks for, since it has it already or went away, so that each import ends. Goes on after a restart. */
export function background({ platform, logger }: PullThroughParts, fetches: BlobFetches): Background {
  const { state, clock, secrets } = platform;
  const timers = new Map<string, Disposable>();
  const failures = new Map<string, number>();
  let over = false;

  function wakeIn(ms: number, key: string): void {
    timers.get(key)?.[Symbol.dispose]();
    if (!over)
      timers.set(
        key,
        clock.after(ms, () => void step(key)),
      );
  }

  async function step(key: string): Promise<void> {
    const record = state.table(imports).get(key);
    timers.delete(key);
    if (!record) return void failures.delete(key);
    if (isHopeless(record)) return dropImport(state, record.repository, record.digest);
    try {
      for (const blob of missingBlobs(state, record)) await fetches.fetch({ ...blob, repository: record.repository, via: viaOf(record) });
      failures.delete(key);
    } catch (cause) {
      const count = (failures.get(key) ?? 0) + 1;
      failures.set(key, count);
      logger.warn("a part of an image could not be fetched from upstream, and will be tried again", { image: key, why: String(cause) });
      wakeIn(Math.min(QUIET_MS * 2 ** count, LONGEST_PAUSE_MS), key);
    }
  }

  function isHopeless({ repository, startedAt }: ImportRecord): boolean {
    const target = state.table(repositories).get(repository);
    return !target || target.createdAt > startedAt || clock.now() - startedAt > GIVEN_UP_AFTER_MS;
  }

  function viaOf({ repository }: ImportRecord): readonly string[] {
    const [account = "", region = ""] = repository.split("/");
    return [nameAmongRegistries(secrets, { account, region })];
  }

  const begun = state.watch(imports, ({ key, after }) => {
    if (after) wakeIn(QUIET_MS, key);
    else {
      timers.get(key)?.[Symbol.dispose]();
      timers.delete(key);
    }
  });
  const deleted = state.watch(repositories, ({ key, after }) => {
    if (after || state.table(repositories).has(key)) return;
    for (const record of state.table(imports).by("repository", key)) dropImport(state, key, record.digest);
  });
  for (const record of state.table(imports).values()) wakeIn(isHopeless(record) ? 0 : QUIET_MS, imports.key(record));

  return {
    asked(repository, digest) {
      for (const record of state.table(imports).by("blob", imageKey(repository, digest))) wakeIn(QUIET_MS, imports.key(record));
    },
    [Symbol.dispose]() {
      over = true;
      begun[Symbol.dispose]();
      deleted[Symbol.dispose]();
      for (const timer of timers.values()) timer[Symbol.dispose]();
    },
  };
}
