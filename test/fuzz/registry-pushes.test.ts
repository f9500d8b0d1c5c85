import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { collectBlobs } from "../../src/control/blob-collection.ts";
import { registryWorld, type RegistryWorld } from "../../src/testing/registry-world.ts";
import { commands, expectAll, Model, type Real } from "./push-commands.ts";
import { rawClient, type RawClient } from "./raw-request.ts";
import { FUZZ_RUNS, FUZZ_TIMEOUT_MS } from "./runs.ts";

/** A run is up to thirty commands, each of them a case. */
const RUNS = Math.ceil(FUZZ_RUNS / 10);

let world: RegistryWorld;
let client: RawClient;

beforeAll(async () => {
  world = await registryWorld();
  client = rawClient(world.host);
});

afterAll(async () => {
  client[Symbol.dispose]();
  await world[Symbol.asyncDispose]();
});

test(
  "whatever pushes, pulls and deletes come in whatever order, the registry has what it acknowledged",
  { timeout: FUZZ_TIMEOUT_MS },
  async () => {
    let repositories = 0;
    const ecr = world.client(ECRClient);
    const authorization = world.authorization({ expiresAt: Date.now() + FUZZ_TIMEOUT_MS + 3_600_000 });
    await fc.assert(
      fc.asyncProperty(commands, async (sequence) => {
        repositories += 1;
        const repository = `run-${repositories}`;
        await ecr.send(new CreateRepositoryCommand({ repositoryName: repository }));
        const model = new Model();
        const real: Real = {
          repository,
          send: (request) => client.send({ ...request, headers: { authorization, ...request.headers } }),
          // As if a day had gone by.
          collect: async () => void (await collectBlobs(world.platform, -60_000)),
        };
        await fc.asyncModelRun(() => ({ model, real }), sequence);
        await expectAll(model, real);
        expect(world.defects).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  },
);
