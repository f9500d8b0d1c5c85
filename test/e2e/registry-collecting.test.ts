import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { CreateRepositoryCommand, DeleteRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { expect, test } from "vitest";
import { collectBlobs, type Collected } from "../../src/control/blob-collection.ts";
import { registryWorld } from "../../src/testing/registry-world.ts";
import { seededRandom } from "../../src/testing/seeded-random.ts";
import { check } from "../../src/testing/torture/check.ts";
import { RegistryClient } from "../../src/testing/torture/client.ts";
import { REPOSITORIES } from "../../src/testing/torture/installation.ts";
import { Ledger } from "../../src/testing/torture/ledger.ts";
import { pushImages } from "../../src/testing/torture/pusher.ts";

/** Longer than a push takes on a machine that stalls, shorter than the test: what is deleted at its start is collected before its end. */
const GRACE_MS = 5_000;
const LASTS_MS = 15_000;

test("while images are pushed, deleted and collected at once, nothing acknowledged is lost, and in the end nothing is left over", async () => {
  await using world = await registryWorld();
  const ecr = world.client(ECRClient);
  for (const repositoryName of REPOSITORIES) {
    const encryptionType = repositoryName === "own-key" ? "KMS" : "AES256";
    await ecr.send(new CreateRepositoryCommand({ repositoryName, encryptionConfiguration: { encryptionType } }));
  }
  using client = new RegistryClient(Number(world.host.split(":")[1]));
  const ledger = new Ledger();
  const end = Date.now() + LASTS_MS;
  const enough = (): boolean => Date.now() > end;
  const pushing = Array.from({ length: 6 }, (_, number) =>
    pushImages({ client, ledger, random: seededRandom(number), number, life: 1 }, enough),
  );
  const collecting = (async () => {
    const rounds: Collected[] = [];
    while (!enough()) rounds.push(await collectBlobs(world.platform, GRACE_MS));
    return rounds;
  })();
  await Promise.all(pushing);
  const rounds = await collecting;
  // It did collect, in between.
  expect(rounds.reduce((sum, { blobs }) => sum + blobs, 0)).toBeGreaterThan(0);
  await check(client, ledger, seededRandom(1), 1, true);
  expect(world.defects).toEqual([]);

  for (const repositoryName of REPOSITORIES) await ecr.send(new DeleteRepositoryCommand({ repositoryName, force: true }));
  await collectBlobs(world.platform, -60_000);
  const left = await readdir(join(world.directory, "sealed"), { recursive: true, withFileTypes: true });
  expect(left.filter((entry) => entry.isFile())).toEqual([]);
  expect(await readdir(join(world.directory, "uploads"))).toEqual([]);
});
