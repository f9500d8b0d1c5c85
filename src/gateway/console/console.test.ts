import { expect, test } from "vitest";
import { apiWorld, FOREIGN_KEYS, TEST_KEYS, type ApiWorld, type Keys } from "../../testing/api-world.ts";
import { sendSigned } from "../../testing/signed-request.ts";

const TASK = "arn:aws:ecs:us-east-1:123456789012:task/web/0123456789abcdef0123456789abcdef";

const world = (): Promise<ApiWorld> => apiWorld({}, { explainTask: (task) => ({ asked: task }) });

async function explain(api: ApiWorld, task: unknown, keys: Keys = TEST_KEYS): Promise<readonly [number, unknown]> {
  const answer = await sendSigned(api.url, { service: "airfield", path: "/console/api/explain", keys, body: JSON.stringify({ task }) });
  return [answer.status, await answer.json()];
}

const allow = (...Action: readonly string[]): object => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action, Resource: "*" }],
});

test("what is in a task's way is told to its account", async () => {
  await using api = await world();
  expect(await explain(api, TASK)).toEqual([200, { asked: TASK }]);
});

test.each([
  ["of another account", TASK, FOREIGN_KEYS],
  ["that is no task", TASK.replace(":task/", ":service/"), TEST_KEYS],
  ["that is an id", "0123456789abcdef0123456789abcdef", TEST_KEYS],
  ["that is nothing", "", TEST_KEYS],
])("and of one %s nothing is", async (_, task, keys) => {
  await using api = await world();
  expect(await explain(api, task, keys)).toEqual([400, expect.objectContaining({ __type: "InvalidParameterException" })]);
});

test("it needs what it tells of: the task, and the network", async () => {
  await using api = await world();
  const network = ["ec2:DescribeNetworkAcls", "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets"];
  const all = ["ecs:DescribeTasks", "elasticloadbalancing:DescribeTargetHealth", ...network];
  expect(await explain(api, TASK, api.user("may", allow(...all)))).toEqual([200, { asked: TASK }]);
  for (const missing of all) {
    const keys = api.user(missing.replace(":", "-"), allow(...all.filter((action) => action !== missing)));
    const [status, answer] = await explain(api, TASK, keys);
    expect([status, answer]).toMatchObject([
      400,
      {
        __type: "AccessDeniedException",
        message: expect.stringContaining(`is not authorized to perform: ${missing}`) as string,
      },
    ]);
  }
});

test("what is no JSON, or no operation, is told so", async () => {
  await using api = await world();
  expect(await explain(api, 7)).toMatchObject([400, { __type: "SerializationException" }]);
  const answer = await sendSigned(api.url, { service: "airfield", path: "/console/api/other" });
  expect([answer.status, await answer.json()]).toMatchObject([404, { __type: "UnknownOperationException" }]);
});
