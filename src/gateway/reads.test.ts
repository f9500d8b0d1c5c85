import { CreateClusterCommand, DescribeClustersCommand, ECSClient } from "@aws-sdk/client-ecs";
import { beforeEach, expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { clusters } from "../state/ecs.ts";
import { users } from "../state/iam.ts";
import { JournaledState } from "../state/journaled-state.ts";
import { apiWorld, type ApiWorld } from "../testing/api-world.ts";

// A read waits for what it tells to be on disk, and not for all that others change meanwhile.

let disk: Promise<void>;
let written: () => void;
beforeEach(() => {
  disk = Promise.resolve();
});

function hold(): void {
  disk = new Promise((resolve) => (written = resolve));
}

async function heldWorld(): Promise<ApiWorld> {
  const memory = memoryJournal();
  const journal = { ...memory, append: (changes: Parameters<typeof memory.append>[0]) => disk.then(() => memory.append(changes)) };
  const api = await apiWorld({ state: new JournaledState(journal) });
  for (const clusterName of ["mine", "others"]) await api.client(ECSClient).send(new CreateClusterCommand({ clusterName }));
  return api;
}

const describe = (api: ApiWorld, ...names: string[]): Promise<unknown> =>
  api.client(ECSClient).send(new DescribeClustersCommand({ clusters: names }));

function changeOthers({ state }: ApiWorld): void {
  const table = state.table(clusters);
  const other = [...table.values()].find(({ name }) => name === "others");
  state.commit(() => other && table.put({ ...other, settings: [{ name: "containerInsights", value: "enabled" }] }));
}

test("what others change meanwhile is not waited for", async () => {
  await using api = await heldWorld();
  hold();
  changeOthers(api);
  await expect(describe(api, "mine")).resolves.toMatchObject({ clusters: [{ clusterName: "mine" }] });
});

test.each<[string, (api: ApiWorld) => void, string]>([
  ["what it tells of", changeOthers, "others"],
  ["who asks", ({ state, platform }) => void state.commit(() => state.table(users).put(newUser(platform.clock.now()))), "mine"],
])("%s is waited for", async (_what, change, name) => {
  await using api = await heldWorld();
  hold();
  change(api);
  let answered = false;
  const asking = describe(api, name).finally(() => (answered = true));
  // Those who are refused at the door pass by whoever waits for nothing.
  for (let count = 0; count < 10; count += 1) await (await fetch(api.url, { method: "POST" })).text();
  expect(answered).toBe(false);
  written();
  await asking;
});

function newUser(createdAt: number) {
  const arn = "arn:aws:iam::123456789012:user/new";
  const none = { inlinePolicies: {}, attachedPolicies: [], groups: [], tags: [] };
  return { id: "AIDANEW", account: "123456789012", arn, name: "new", path: "/", createdAt, ...none };
}
