import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadBalancing } from "../../src/control/load-balancing/load-balancing.ts";
import { targetSurroundings } from "../../src/control/load-balancing/target-surroundings.ts";
import { serviceLoop } from "../../src/control/services/service-loop.ts";
import { taskLoop } from "../../src/control/tasks/task-loop.ts";
import { Disposals } from "../../src/disposals.ts";
import { sqliteJournal } from "../../src/drivers/sqlite/journal.ts";
import { systemClock as clock } from "../../src/drivers/system/clock.ts";
import { systemIds as ids } from "../../src/drivers/system/ids.ts";
import type { Logger } from "../../src/ports/logger.ts";
import type { JournaledState } from "../../src/state/journaled-state.ts";
import { openState } from "../../src/state/open-state.ts";
import { apiWorld } from "../../src/testing/api-world.ts";
import { FakeTaskEngine, fakeTaskRunner } from "../../src/testing/fake-task-runner.ts";
import { instantClock } from "./instant-clock.ts";
import { instantProxy } from "./instant-proxy.ts";
import { openResolver } from "../../src/testing/open-resolver.ts";

export interface ControlPlane extends AsyncDisposable {
  readonly state: JournaledState;
  /** The gateway over the same state. */
  readonly url: string;
  /** How the containers of this image behave: they come up at once and are healthy. */
  readonly image: string;
}

const IMAGE = "instant";
/** A step that fails makes a figure worthless. */
const strict: Logger = {
  info: () => undefined,
  warn: (message, fields) => console.error(message, fields),
  error: (message, fields) => {
    throw new Error(`${message} ${JSON.stringify(fields)}`);
  },
};

/** The control loops and the gateway over a journal on disk; tasks run, and targets are healthy, at once. @param folder of the journal */
export async function controlPlane(folder: string): Promise<ControlPlane> {
  const parts = new Disposals();
  const journal = await sqliteJournal(join(folder, "state.db"));
  parts.defer(() => journal.close());
  const state = await openState(journal);
  const engineClock = instantClock();
  const engine = new FakeTaskEngine(engineClock);
  engine.script(IMAGE, { health: [{ afterMs: 0, status: "HEALTHY" }] });
  const runner = fakeTaskRunner({ engine, clock: engineClock });
  parts.defer(() => runner.close());
  const surroundings = targetSurroundings({ state, host: () => ({ ownBlocks: [], bridgedBlocks: [] }), openedBlocks: [] });
  parts.use(loadBalancing({ state, clock, proxy: instantProxy(), logger: strict, surroundings }));
  parts.use(await taskLoop({ state, clock, ids, runner, resolver: openResolver, logger: strict }));
  parts.use(serviceLoop({ state, clock, ids, logger: strict }));
  const api = parts.use(await apiWorld({ state }));
  return { state, url: api.url, image: IMAGE, [Symbol.asyncDispose]: () => parts[Symbol.asyncDispose]() };
}

/** A folder that goes away with everything in it. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "airfield-control-plane-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
