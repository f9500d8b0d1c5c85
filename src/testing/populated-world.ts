import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FilesystemBlobStore } from "../drivers/filesystem/blob-store.ts";
import { sqliteLogStore } from "../drivers/sqlite/log-store.ts";
import type { UpstreamFailure } from "../ports/upstream-registry.ts";
import { JournaledState } from "../state/journaled-state.ts";
import { apiWorld, type ApiWorld } from "./api-world.ts";
import { populate, type Aim } from "./populated-account.ts";
import { watchedJournal, type WatchedChange } from "./watched-journal.ts";

/** The APIs with an account in which there is something to find and to break, and another one that has nothing. */
export interface PopulatedWorld extends AsyncDisposable {
  readonly api: ApiWorld;
  readonly aim: Aim;
  /** All that was ever written. */
  readonly written: readonly WatchedChange[];
}

export async function populatedWorld(): Promise<PopulatedWorld> {
  const journal = watchedJournal();
  const folder = await mkdtemp(join(tmpdir(), "airfield-populated-"));
  const logs = sqliteLogStore(":memory:");
  const unreachable = (): Promise<UpstreamFailure> => Promise.resolve({ failure: "unavailable", detail: "this world has no network" });
  const upstreams = { check: unreachable, resolve: unreachable, manifest: unreachable, blob: unreachable };
  const api = await apiWorld({ state: new JournaledState(journal), blobs: await FilesystemBlobStore.open(folder), logs, upstreams });
  return {
    api,
    aim: await populate(api),
    written: journal.written,
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      await logs.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
