import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { credentials } from "../../authorization/credentials.ts";
import { systemIds } from "../../drivers/system/ids.ts";
import { secretBox } from "../../drivers/system/secret-box.ts";
import { roleKey, roles } from "../../state/iam.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import type { WholeState } from "../../state/state.ts";
import { taskEndpointId } from "../../state/task-endpoint-id.ts";
import { tasks, type TaskRecord } from "../../state/ecs.ts";
import { askHeld, HeldJournal } from "../../testing/held-journal.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { putRole, trustOf } from "../../testing/roles.ts";
import { definitionRecord, interfaceOf, putTask, taskRecord } from "../../testing/task-record.ts";
import { taskEndpoint } from "./task-endpoint.ts";

const [MINE, OTHER] = ["a".repeat(32), "b".repeat(32)];
const HERE = "127.0.0.1";
const secrets = secretBox(Buffer.alloc(32, 1));
let journal: HeldJournal;
let state: WholeState;
let clock: ManualClock;
let server: Server;
let speaking: readonly string[];
let lookedUp: () => Promise<readonly string[]>;
let defects: unknown[];

beforeEach(async () => {
  journal = new HeldJournal();
  state = new JournaledState(journal);
  clock = new ManualClock();
  speaking = [];
  lookedUp = () => Promise.resolve(speaking);
  defects = [];
  server = createServer(
    taskEndpoint({
      platform: { state, secrets, clock, ids: systemIds },
      addressesOf: () => lookedUp(),
      hostAddresses: () => [HERE],
      otherwise: (_request, response) => void response.end("the APIs"),
      failed: (cause) => void defects.push(cause),
    }),
  ).listen(0, HERE);
  await once(server, "listening");
});
afterEach(() => void server.close());

interface Told {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>> & { code?: string; AccessKeyId?: string; Token?: string };
}

async function get(path: string, init: RequestInit = {}): Promise<Told> {
  const answer = await fetch(`http://${HERE}:${(server.address() as AddressInfo).port}${path}`, init);
  return { status: answer.status, body: (await answer.json()) as Told["body"] };
}

const withRole = definitionRecord({ taskRoleArn: "arn:aws:iam::123456789012:role/app" });
const credentialsPath = (task: TaskRecord): string => `/v2/credentials/${taskEndpointId(secrets, task, { kind: "credentials" })}`;
const metadataPath = (task: TaskRecord): string => `/v4/${taskEndpointId(secrets, task, { kind: "metadata", container: "app" })}`;
const mine = (changes: Partial<TaskRecord> = {}): TaskRecord =>
  putTask(state, taskRecord(MINE, { networkInterface: interfaceOf(HERE), ...changes }), withRole);

describe("credentials", () => {
  test("are a session of the task's role, named after the task, for six hours", async () => {
    const role = putRole(state, "app");
    const { status, body } = await get(credentialsPath(mine()));
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(["RoleArn", "AccessKeyId", "SecretAccessKey", "Token", "Expiration"]);
    expect(body["RoleArn"]).toBe(role.arn);
    expect(Date.parse(String(body["Expiration"]))).toBe(Math.floor(clock.now() / 1000) * 1000 + 6 * 3_600_000);
    const found = credentials({ state, secrets, roots: () => [] }).find(body.AccessKeyId ?? "", body.Token, clock.now());
    expect(found).toMatchObject({
      kind: "found",
      secretAccessKey: body["SecretAccessKey"],
      principal: { arn: `arn:aws:sts::123456789012:assumed-role/app/${MINE}`, userId: `${role.id}:${MINE}` },
    });
  });

  test("are the same while they are fresh, and new ones when their end is near", async () => {
    putRole(state, "app");
    const path = credentialsPath(mine());
    const first = (await get(path)).body.AccessKeyId;
    expect((await get(path)).body.AccessKeyId).toBe(first);
    clock.advance(5.5 * 3_600_000);
    expect((await get(path)).body.AccessKeyId).not.toBe(first);
  });

  test("are new ones once the role was made anew", async () => {
    const role = putRole(state, "app");
    const path = credentialsPath(mine());
    const first = (await get(path)).body.AccessKeyId;
    state.commit(() => state.table(roles).put({ ...role, id: "AROANEW" }));
    expect((await get(path)).body.AccessKeyId).not.toBe(first);
  });

  test.each([
    ["the role is gone", () => state.commit(() => state.table(roles).delete(roleKey("123456789012", "app")))],
    ["the role does not trust tasks any more", () => putRole(state, "app", { trust: trustOf("ec2.amazonaws.com") })],
  ])("end when %s", async (_what, change) => {
    putRole(state, "app");
    const path = credentialsPath(mine());
    expect((await get(path)).status).toBe(200);
    change();
    expect(await get(path)).toMatchObject({ status: 404, body: { code: "NoCredentialsAssociated", HTTPErrorCode: 404 } });
  });

  test("end with the task, also for who knows the path", async () => {
    putRole(state, "app");
    const task = mine();
    const path = credentialsPath(task);
    expect((await get(path)).status).toBe(200);
    state.commit(() => state.table(tasks).put({ ...task, lastStatus: "STOPPED" }));
    expect(await get(path)).toMatchObject({ status: 404, body: { code: "InvalidIdInRequest" } });
  });

  test("of a task without a role: there are none", async () => {
    const task = putTask(state, taskRecord(MINE, { networkInterface: interfaceOf(HERE) }));
    expect((await get(credentialsPath(task))).status).toBe(404);
  });
});

describe("who asks from somewhere else gets nothing", () => {
  test.each([
    ["awsvpc, from the task's address", { networkInterface: interfaceOf(HERE) }, [], 200],
    ["awsvpc, from another task's address", { networkInterface: interfaceOf("10.0.0.5") }, [], 403],
    ["bridge, from a container of the task", { networkMode: "bridge" }, ["172.17.0.2", HERE], 200],
    ["bridge, from another container", { networkMode: "bridge" }, ["172.17.0.2"], 403],
    ["host, from this host", { networkMode: "host" }, [], 200],
    ["none", { networkMode: "none" }, [HERE], 403],
  ] as const)("%s", async (_what, changes, addresses, status) => {
    putRole(state, "app");
    speaking = addresses;
    const task = mine(changes);
    for (const path of [credentialsPath(task), metadataPath(task)]) expect((await get(path)).status).toBe(status);
  });

  test("host, from another machine or a container with an address of its own", async () => {
    putRole(state, "app");
    const task = mine({ networkMode: "host" });
    const strange = createServer(
      taskEndpoint({
        platform: { state, secrets, clock, ids: systemIds },
        addressesOf: () => Promise.resolve([HERE]),
        hostAddresses: () => ["192.0.2.1"],
        otherwise: () => undefined,
        failed: () => undefined,
      }),
    ).listen(0, HERE);
    await once(strange, "listening");
    const answer = await fetch(`http://${HERE}:${(strange.address() as AddressInfo).port}${credentialsPath(task)}`);
    strange.close();
    expect(answer.status).toBe(403);
  });
});

describe("ids", () => {
  test.each([
    ["a made-up one", () => `/v2/credentials/${MINE}-${"0".repeat(40)}`],
    ["the bare task's id", () => `/v2/credentials/${MINE}`],
    ["that of the metadata", (task: TaskRecord) => metadataPath(task).replace("/v4/", "/v2/credentials/")],
    ["that of the credentials, for metadata", (task: TaskRecord) => credentialsPath(task).replace("/v2/credentials/", "/v4/")],
    [
      "another installation's",
      (task: TaskRecord) => `/v2/credentials/${taskEndpointId(secretBox(Buffer.alloc(32, 9)), task, { kind: "credentials" })}`,
    ],
    ["none", () => "/v2/credentials/"],
    ["a path of the registry", () => "/v2/"],
  ])("%s opens nothing", async (_what, path) => {
    putRole(state, "app");
    expect(await get(path(mine()))).toMatchObject({ status: 404, body: { code: "InvalidIdInRequest", HTTPErrorCode: 404 } });
  });

  test("differ from task to task and from container to container", () => {
    const ids = [MINE, OTHER].flatMap((id) =>
      ["app", "sidecar"].map((container) => taskEndpointId(secrets, taskRecord(id), { kind: "metadata", container })),
    );
    expect(new Set(ids).size).toBe(4);
  });
});

describe("metadata", () => {
  test("of the container and of its task, from the records", async () => {
    const task = mine({ tags: [{ key: "team", value: "shop" }] });
    const container = await get(metadataPath(task));
    expect(container.body).toMatchObject({
      DockerId: `${MINE}-1`,
      Name: "app",
      Image: "busybox",
      KnownStatus: "RUNNING",
      ContainerARN: task.containers[0]?.arn,
      Networks: [{ NetworkMode: "awsvpc", IPv4Addresses: [HERE] }],
    });
    const whole = await get(`${metadataPath(task)}/task`);
    expect(whole.body).toMatchObject({
      TaskARN: task.arn,
      Cluster: task.clusterArn,
      Family: "app",
      Revision: "1",
      KnownStatus: "RUNNING",
      LaunchType: "FARGATE",
      Limits: { CPU: 0.25, Memory: 512 },
      Containers: [{ Name: "app" }],
    });
    expect(whole.body).not.toHaveProperty("TaskTags");
    expect((await get(`${metadataPath(task)}/taskWithTags`)).body).toMatchObject({ TaskTags: { team: "shop" } });
    expect((await get(`${metadataPath(task)}/stats`)).status).toBe(404);
  });
});

test("only GET is answered", async () => {
  expect((await get(credentialsPath(mine()), { method: "POST" })).status).toBe(405);
});

describe("in the words of ECS's agent is told", () => {
  const unknown = `${MINE}-${"0".repeat(40)}`;
  test.each<[string, (task: TaskRecord) => string, RequestInit, number, string, string]>([
    ["that it is not asked so", credentialsPath, { method: "POST" }, 405, "MethodNotAllowed", "only GET is answered here"],
    ["that nobody has the id", () => `/v2/credentials/${unknown}`, {}, 404, "InvalidIdInRequest", "CredentialsV2Request: ID not found"],
    ["that no container has it", () => `/v4/${unknown}`, {}, 404, "InvalidIdInRequest", "V4 metadata handler: ID not found"],
    ["that there is no id", () => "/v4", {}, 404, "InvalidIdInRequest", "ID not found"],
    ["that an older version has none", () => "/v3/x", {}, 404, "InvalidIdInRequest", "ID not found"],
    [
      "that the task has no role",
      (task) => credentialsPath(task),
      {},
      404,
      "NoCredentialsAssociated",
      "CredentialsV2Request: no role that ECS can assume belongs to this task",
    ],
    [
      "that there is no such part",
      (task) => `${metadataPath(task)}/task/stats`,
      {},
      404,
      "NotFound",
      "V4 metadata handler: there is nothing at /task/stats",
    ],
    [
      "that credentials are another task's",
      () => credentialsPath(mine({ networkInterface: interfaceOf("10.0.0.5") })),
      {},
      403,
      "AccessDenied",
      "CredentialsV2Request: the request does not come from the task that this ID belongs to",
    ],
    [
      "that metadata are another task's",
      () => metadataPath(mine({ networkInterface: interfaceOf("10.0.0.5") })),
      {},
      403,
      "AccessDenied",
      "V4 metadata handler: the request does not come from the task that this ID belongs to",
    ],
  ])("%s", async (_what, path, init, status, code, message) => {
    expect(await get(path(mine()), init)).toEqual({ status, body: { code, message, HTTPErrorCode: status } });
  });

  test("nothing of a defect, which is logged", async () => {
    const cause = new Error("secret");
    lookedUp = () => Promise.reject(cause);
    expect(await get(metadataPath(mine({ networkMode: "bridge" })))).toEqual({
      status: 500,
      body: { code: "InternalServerError", message: "the endpoint failed", HTTPErrorCode: 500 },
    });
    expect(defects).toEqual([cause]);
  });
});

test.each([
  ["of what is asked", (task: TaskRecord) => `${metadataPath(task)}/`],
  ["of a part of it", (task: TaskRecord) => `${metadataPath(task)}/task/`],
  ["of what is asked with a query", (task: TaskRecord) => `${metadataPath(task)}?a=b`],
  ["of a part with a query", (task: TaskRecord) => `${metadataPath(task)}/task/?a=b`],
])("a slash or a query at the end changes nothing: %s", async (_what, path) => {
  expect((await get(path(mine()))).status).toBe(200);
});

test("an answer is JSON, of its length, and kept by nobody", async () => {
  const { headers } = await fetch(`http://${HERE}:${(server.address() as AddressInfo).port}${metadataPath(mine())}`);
  expect(headers.get("content-type")).toBe("application/json");
  expect(headers.get("cache-control")).toBe("no-store");
  expect(Number(headers.get("content-length"))).toBeGreaterThan(100);
});

test("everything else is for the APIs", async () => {
  const answer = await fetch(`http://${HERE}:${(server.address() as AddressInfo).port}/`, {
    method: "POST",
    body: "Action=GetCallerIdentity",
  });
  expect(await answer.text()).toBe("the APIs");
});

test.each([
  ["credentials", credentialsPath],
  ["metadata", metadataPath],
])("%s are told only once all that they tell of is durable", async (_what, pathOf) => {
  const path = pathOf(mine());
  putRole(state, "app");
  journal.hold();
  state.commit(() => state.table(tasks).update(mine().arn, (task) => ({ ...task, version: task.version + 1 })));
  const { early, answer } = await askHeld(
    journal,
    () => get(path),
    async () => {
      // What is nobody's is answered in the same way, and waits for nothing.
      for (let count = 0; count < 40; count += 1) await (await fetch(`http://${HERE}:${(server.address() as AddressInfo).port}/`)).text();
    },
  );
  expect([early, answer.status]).toEqual([false, 200]);
});
