import { CreateClusterCommand, DescribeClustersCommand, ECSClient } from "@aws-sdk/client-ecs";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { beforeEach, describe, expect, test } from "vitest";
import { JournaledState } from "../state/journaled-state.ts";
import { apiWorld, type ApiWorld } from "../testing/api-world.ts";
import { askHeld, HeldJournal } from "../testing/held-journal.ts";

// The product's claim: when the API says it happened, it happened. The disk is slow here, or gone.

let journal: HeldJournal;
beforeEach(() => {
  journal = new HeldJournal();
});

const heldWorld = (): Promise<ApiWorld> => apiWorld({ state: new JournaledState(journal) });
/** Requests that end at the door, one after the other: they pass by every answer that waits for nothing. */
const passBy = async (api: ApiWorld): Promise<void> => {
  for (let count = 0; count < 5; count += 1) await (await fetch(api.url, { method: "POST" })).text();
};
const roleNamed = (RoleName: string): CreateRoleCommand =>
  new CreateRoleCommand({
    RoleName,
    AssumeRolePolicyDocument: JSON.stringify({
      Version: "2012-10-17",
      Statement: { Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" },
    }),
  });

describe("what was changed is told only once it is durable", () => {
  test.each<[string, (api: ApiWorld, name: string) => Promise<unknown>]>([
    ["awsJson", (api, clusterName) => api.client(ECSClient).send(new CreateClusterCommand({ clusterName }))],
    ["awsQuery", (api, name) => api.client(IAMClient).send(roleNamed(name))],
  ])("%s", async (_protocol, ask) => {
    await using api = await heldWorld();
    // Services are loaded at their first request, which takes longer than any answer.
    await ask(api, "first");
    const { early } = await askHeld(
      journal,
      () => ask(api, "second"),
      () => passBy(api),
    );
    expect(early).toBe(false);
    expect(api.defects).toEqual([]);
  });

  test("to those whom it is a reason to refuse", async () => {
    await using api = await heldWorld();
    const iam = api.client(IAMClient);
    await iam.send(roleNamed("first"));
    journal.hold();
    const creating = iam.send(roleNamed("r"));
    await journal.appended();
    const { early, answer } = await askHeld(
      journal,
      () => iam.send(roleNamed("r")).catch((cause: unknown) => cause),
      () => passBy(api),
    );
    expect([early, answer]).toMatchObject([false, { name: "EntityAlreadyExistsException" }]);
    await creating;
  });

  test("to those who only read, too", async () => {
    await using api = await heldWorld();
    const ecs = api.client(ECSClient);
    await ecs.send(new CreateClusterCommand({ clusterName: "first" }));
    journal.hold();
    const creating = ecs.send(new CreateClusterCommand({ clusterName: "c" }));
    await journal.appended();
    const { early, answer } = await askHeld(
      journal,
      () => ecs.send(new DescribeClustersCommand({ clusters: ["c"] })),
      () => passBy(api),
    );
    expect([early, answer.clusters?.length]).toEqual([false, 1]);
    await creating;
  });
});

test("what the disk refuses has not happened for whoever asked", async () => {
  await using api = await heldWorld();
  const ecs = api.client(ECSClient);
  await ecs.send(new CreateClusterCommand({ clusterName: "first" }));
  journal.fail(new Error("the disk is gone"));
  await expect(ecs.send(new CreateClusterCommand({ clusterName: "c" }))).rejects.toMatchObject({ $fault: "server" });
});
