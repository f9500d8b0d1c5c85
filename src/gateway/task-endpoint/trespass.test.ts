import { once } from "node:events";
import type { Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemClock } from "../../drivers/system/clock.ts";
import { systemIds } from "../../drivers/system/ids.ts";
import { secretBox } from "../../drivers/system/secret-box.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { taskEndpointId } from "../../state/task-endpoint-id.ts";
import type { TaskRecord } from "../../state/ecs.ts";
import { putRole } from "../../testing/roles.ts";
import { definitionRecord, interfaceOf, putTask, taskRecord } from "../../testing/task-record.ts";
import { guardedServer } from "../door/guarded-server.ts";
import { httpServer } from "../server.ts";
import { taskEndpoint } from "./task-endpoint.ts";

// A task of another account at the endpoint of tasks: it speaks from an address of its own, and knows everything of the tasks of this account
// that a path can say, or guesses it. `task-endpoint.test.ts` has what a task is told of itself.

const PLANTED = "planted-in-production";
/** Where the stranger speaks from; no task of this account is there. */
const STRANGER = "127.0.0.1";
const secrets = secretBox(Buffer.alloc(32, 1));
const state = new JournaledState(memoryJournal());
const defects: unknown[] = [];
const failed = (cause: unknown): void => void defects.push(cause);
/** What was led to the APIs, and what to the registry, which is not offered to tasks. */
const ledOn: { readonly apis: string[]; readonly registry: string[] } = { apis: [], registry: [] };
let server: Server;

const TASKS: Readonly<Record<string, Partial<TaskRecord>>> = {
  awsvpc: { networkMode: "awsvpc", networkInterface: interfaceOf("10.0.0.5") },
  bridge: { networkMode: "bridge" },
  host: { networkMode: "host" },
  none: { networkMode: "none" },
  "awsvpc, before it has an address": { networkMode: "awsvpc" },
  stopped: { networkMode: "awsvpc", networkInterface: interfaceOf(STRANGER), lastStatus: "STOPPED" },
};
const records: Record<string, TaskRecord> = {};

beforeAll(async () => {
  const role = putRole(state, PLANTED);
  const definition = definitionRecord({ taskRoleArn: role.arn });
  Object.entries(TASKS).forEach(([kind, changes], at) => {
    const tags = [{ key: PLANTED, value: PLANTED }];
    const containers = taskRecord("").containers.map((container) => ({ ...container, image: PLANTED }));
    records[kind] = putTask(state, taskRecord(String(at).repeat(32), { tags, containers, ...changes }), definition);
  });
  const apis = httpServer({
    gateway: ({ url }) => {
      ledOn.apis.push(url.pathname);
      return Promise.resolve({ status: 403, headers: {}, body: "unsigned" });
    },
    registry: (request, response) => {
      ledOn.registry.push(request.url ?? "");
      response.end();
    },
    failed,
  });
  server = guardedServer(
    taskEndpoint({
      platform: { state, secrets, clock: systemClock, ids: systemIds },
      addressesOf: () => Promise.resolve(["172.17.0.2"]),
      hostAddresses: () => ["192.0.2.1", "10.0.0.1"],
      otherwise: (request, response) => void apis.emit("request", request, response),
      failed,
    }),
  ).listen(0, STRANGER);
  await once(server, "listening");
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const credentialsId = (task: TaskRecord): string => taskEndpointId(secrets, task, { kind: "credentials" });
const metadataId = (task: TaskRecord): string => taskEndpointId(secrets, task, { kind: "metadata", container: "app" });

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "get"];
/** Ways to say that a request comes from elsewhere, which nobody who can say it is believed. */
const HEADERS = [
  "x-forwarded-for: 10.0.0.5",
  "forwarded: for=10.0.0.5",
  "x-real-ip: 10.0.0.5",
  "host: 10.0.0.5",
  "x-http-method-override: GET",
  "connection: upgrade\r\nupgrade: h2c",
];

describe.each(Object.keys(TASKS))("of a task (%s)", (kind) => {
  const paths = (task: TaskRecord): readonly string[] => [
    `/v2/credentials/${credentialsId(task)}`,
    ...["", "/", "/task", "/taskWithTags", "/stats", "/task/stats"].map((part) => `/v4/${metadataId(task)}${part}`),
    `/v3/${metadataId(task)}/task`,
  ];

  test("nothing is told to who knows its paths", async () => {
    for (const path of paths(taskOf(kind)))
      for (const method of METHODS) {
        const answer = await speak(`${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n`);
        expect([method, path, statusOf(answer)]).toEqual([method, path, expect.stringMatching(/^40[0345]$/) as string]);
        expectNothingTold(answer);
      }
  });

  test("nothing is told to who says that it speaks from elsewhere", async () => {
    for (const path of paths(taskOf(kind)))
      for (const header of HEADERS) {
        const host = header.startsWith("host:") ? "" : "host: 127.0.0.1\r\n";
        const answer = await speak(`GET ${path} HTTP/1.1\r\n${host}${header}\r\nconnection: close\r\n\r\n`);
        expect([header, path, statusOf(answer)]).toEqual([header, path, expect.stringMatching(/^4(?:0[034]|21)$/) as string]);
        expectNothingTold(answer);
      }
  });

  test("nothing is told by a path that goes round", async () => {
    const id = credentialsId(taskOf(kind));
    for (const path of [
      `//v2/credentials/${id}`,
      `/v2//credentials/${id}`,
      `/./v2/credentials/${id}`,
      `/v4/../v2/credentials/${id}`,
      `/v2/credentials/x/../${id}`,
      `/v2/credentials%2f${id}`,
      `/%762/credentials/${id}`,
      `/v2/credentials/${id}/`,
      `/v2/credentials/${id}?x=1`,
      `/v2/credentials/${id}#x`,
      `/v2/credentials/${id};x`,
      `/v2/credentials/${id.toUpperCase()}`,
      `/v2/credentials/${encodeURIComponent(id).replace("-", "%2d")}`,
      `http://169.254.170.2/v2/credentials/${id}`,
      `/V2/credentials/${id}`,
      `\\v2\\credentials\\${id}`,
    ]) {
      const answer = await speak(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n`);
      expect([path, statusOf(answer)]).toEqual([path, expect.stringMatching(/^4(?:0[034]|21)$/) as string]);
      expectNothingTold(answer);
    }
  });

  test("nothing is told to who guesses", async () => {
    const task = taskOf(kind);
    const other = secretBox(Buffer.alloc(32, 9));
    for (const id of [
      task.id,
      `${task.id}-`,
      `${task.id}-${"0".repeat(40)}`,
      credentialsId(task).slice(0, -1),
      `${credentialsId(task)}0`,
      metadataId(task),
      encodeURIComponent(task.arn),
      taskEndpointId(other, task, { kind: "credentials" }),
      taskEndpointId(secrets, { ...task, arn: task.arn.replace(/\d{12}/, "210987654321") }, { kind: "credentials" }),
      "__proto__",
      "constructor",
    ]) {
      const answer = await speak(`GET /v2/credentials/${id} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n`);
      // Whether there is such a task cannot be told from the answer.
      expect([id, statusOf(answer), answer.includes("ID not found")]).toEqual([id, "404", true]);
      expectNothingTold(answer);
    }
  });
});

test.each(["/v2/", "/v2/_catalog", "/v2/production/manifests/latest", "/v3/", "/v4/", "/v2?x", "/v2/credentials", "/v2/credentials/"])(
  "%s is nothing, whatever it is elsewhere",
  async (path) => {
    const answer = await speak(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Basic QVdTOng=\r\nconnection: close\r\n\r\n`);
    expect(statusOf(answer)).toBe("404");
    expect(ledOn.registry).toEqual([]);
  },
);

test("a body is not waited for where none is wanted", async () => {
  const path = `/v2/credentials/${credentialsId(taskOf("awsvpc"))}`;
  for (const method of ["GET", "POST"]) {
    const answer = await speak(`${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 99999999999\r\n\r\n{`, /\r\n\r\n\{.*\}/s);
    expect(statusOf(answer)).toBe(method === "GET" ? "403" : "405");
  }
});

test("nobody was led to the registry, and nothing failed", () => {
  expect(ledOn.registry).toEqual([]);
  expect(ledOn.apis.length).toBeGreaterThan(0);
  expect(defects).toEqual([]);
});

test("a task that speaks from its own address is told what all the others are not", async () => {
  const here = { networkMode: "awsvpc", networkInterface: interfaceOf(STRANGER) } as const;
  const task = putTask(
    state,
    taskRecord("f".repeat(32), here),
    definitionRecord({ taskRoleArn: `arn:aws:iam::123456789012:role/${PLANTED}` }),
  );
  const answer = await speak(`GET /v2/credentials/${credentialsId(task)} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n`);
  expect(statusOf(answer)).toBe("200");
  expect(answer).toContain(PLANTED);
});

function taskOf(kind: string): TaskRecord {
  const task = records[kind];
  if (!task) throw new Error(`there is no task ${kind}`);
  return task;
}

/** Sends these bytes, and gives what comes until the end, or until it is as wanted. */
function speak(bytes: string, wanted?: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect((server.address() as AddressInfo).port, STRANGER, () => socket.write(bytes));
    let answer = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      answer += chunk;
      if (wanted?.test(answer)) socket.destroy();
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
  });
}

function statusOf(answer: string): string {
  return /^HTTP\/1.1 (\d{3}) /.exec(answer)?.[1] ?? answer;
}

function expectNothingTold(answer: string): void {
  for (const secret of [PLANTED, "AccessKeyId", "SecretAccessKey", "arn:aws", "10.0.0.5"]) expect(answer).not.toContain(secret);
}
