import {
  CreateClusterCommand,
  DescribeContainerInstancesCommand,
  ListAccountSettingsCommand,
  ListContainerInstancesCommand,
  ListTagsForResourceCommand,
  PutAccountSettingCommand,
  PutAccountSettingDefaultCommand,
  RunTaskCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { ecsWorld } from "../../testing/ecs-world.ts";

const ARN = "arn:aws:ecs:us-east-1:123456789012";

test("clusters, definitions and tasks are tagged, changed and untagged", async () => {
  await using world = await ecsWorld();
  const { tasks } = await world.ecs.send(new RunTaskCommand({ taskDefinition: "host" }));
  for (const resourceArn of [`${ARN}:cluster/default`, `${ARN}:task-definition/host:1`, tasks?.[0]?.taskArn]) {
    const tag = (key: string, value: string) => world.ecs.send(new TagResourceCommand({ resourceArn, tags: [{ key, value }] }));
    await tag("a", "1");
    await tag("b", "2");
    await tag("a", "3");
    await world.ecs.send(new UntagResourceCommand({ resourceArn, tagKeys: ["b"] }));
    expect((await world.ecs.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual([{ key: "a", value: "3" }]);
  }
});

describe("tagging is refused", () => {
  test.each([
    ["of what does not exist", `${ARN}:cluster/gone`, "a", "ResourceNotFoundException"],
    ["of another account's", "arn:aws:ecs:us-east-1:210987654321:cluster/default", "a", "AccessDeniedException"],
    ["of what is no ARN", "default", "a", "InvalidParameterException"],
    ["of what takes no tags", `${ARN}:constructor/default`, "a", "InvalidParameterException"],
    ["with a reserved key", `${ARN}:cluster/default`, "aws:x", "InvalidParameterException"],
  ])("%s", async (_what, resourceArn, key, name) => {
    await using world = await ecsWorld();
    await expect(world.ecs.send(new TagResourceCommand({ resourceArn, tags: [{ key, value: "" }] }))).rejects.toMatchObject({ name });
    expect(world.defects).toEqual([]);
  });
});

test("an account setting holds for new clusters", async () => {
  await using world = await ecsWorld();
  const effective = async () =>
    (await world.ecs.send(new ListAccountSettingsCommand({ name: "containerInsights", effectiveSettings: true }))).settings?.[0]?.value;
  expect(await effective()).toBe("disabled");
  for (const name of ["serviceLongArnFormat", "taskLongArnFormat", "containerInstanceLongArnFormat"] as const)
    for (const Command of [PutAccountSettingCommand, PutAccountSettingDefaultCommand])
      await expect(world.ecs.send(new Command({ name, value: "disabled" }))).rejects.toMatchObject({
        name: "InvalidParameterException",
        message: "You can no longer disable Long Arn settings",
      });
  await world.ecs.send(new PutAccountSettingDefaultCommand({ name: "containerInsights", value: "enhanced" }));
  expect(await effective()).toBe("enhanced");
  const { cluster } = await world.ecs.send(new CreateClusterCommand({ clusterName: "seen" }));
  expect(cluster?.settings).toEqual([{ name: "containerInsights", value: "enhanced" }]);
  expect((await world.ecs.send(new ListAccountSettingsCommand({}))).settings).toMatchObject([
    { name: "containerInsights", value: "enhanced", type: "user" },
  ]);
  for (const principalArn of ["arn:aws:iam::999999999999:root", "arn:aws:ecs:us-east-1:123456789012:cluster/c", "root"])
    await expect(
      world.ecs.send(new PutAccountSettingCommand({ name: "containerInsights", value: "enabled", principalArn })),
    ).rejects.toMatchObject({ name: "InvalidParameterException", message: expect.stringContaining("nobody of this account") as string });
  await expect(world.ecs.send(new PutAccountSettingCommand({ name: "containerInsights", value: "maybe" }))).rejects.toMatchObject({
    name: "InvalidParameterException",
  });
});

test("no container instance is registered", async () => {
  await using world = await ecsWorld();
  expect((await world.ecs.send(new ListContainerInstancesCommand({}))).containerInstanceArns).toEqual([]);
  const { failures } = await world.ecs.send(new DescribeContainerInstancesCommand({ containerInstances: ["x"] }));
  expect(failures).toEqual([{ arn: `${ARN}:container-instance/default/x`, reason: "MISSING" }]);
});
