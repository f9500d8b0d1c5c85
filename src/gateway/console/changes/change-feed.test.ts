import { CreateClusterCommand, DeleteClusterCommand, ECSClient } from "@aws-sdk/client-ecs";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient } from "@aws-sdk/client-iam";
import { expect, test } from "vitest";
import { apiWorld, FOREIGN_KEYS, TEST_KEYS, type ApiWorld, type Keys } from "../../../testing/api-world.ts";
import { signedHeaders } from "../../../testing/signed-request.ts";
import { accessKeys, users } from "../../../state/iam.ts";
import { clusters } from "../../../state/ecs.ts";
import { memoryJournal } from "../../../drivers/memory/journal.ts";
import type { Journal } from "../../../ports/journal.ts";
import { JournaledState } from "../../../state/journaled-state.ts";
import { HeldJournal } from "../../../testing/held-journal.ts";
import { ManualClock } from "../../../testing/manual-clock.ts";
import { rootPrincipal } from "../../../authorization/credentials.ts";
import { changeFeed } from "./change-feed.ts";
import type { ToldChange } from "./kinds.ts";

interface Heard extends AsyncDisposable {
  /** The next changes that are told. */
  next(): Promise<readonly ToldChange[] | "end">;
}

async function listen(api: ApiWorld, keys: Keys = TEST_KEYS, region = "us-east-1"): Promise<Heard> {
  const path = "/console/api/changes";
  const headers = await signedHeaders(api.url, { service: "airfield", method: "GET", path, keys, region });
  const over = new AbortController();
  const answer = await fetch(api.url + path, { headers, signal: over.signal });
  expect([answer.status, answer.headers.get("content-type"), answer.headers.get("cache-control")]).toEqual([
    200,
    "text/event-stream",
    "no-store",
  ]);
  const reader = answer.body?.getReader();
  let rest = "";
  return {
    async next() {
      for (;;) {
        const at = rest.indexOf("\n\n");
        if (at >= 0) {
          const event = rest.slice(0, at);
          rest = rest.slice(at + 2);
          if (event.startsWith("data: ")) return JSON.parse(event.slice(6)) as readonly ToldChange[];
        } else {
          const part = await reader?.read();
          if (!part || part.done) return "end";
          rest += Buffer.from(part.value).toString();
        }
      }
    },
    async [Symbol.asyncDispose]() {
      over.abort();
      await reader?.cancel().catch(() => undefined);
    },
  };
}

const allow = (Action: string, Resource: string): object => ({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource }] });
const cluster = (name: string, account = "123456789012", region = "us-east-1"): ToldChange => ({
  kind: "ecs:cluster",
  arn: `arn:aws:ecs:${region}:${account}:cluster/${name}`,
});
const make = (api: ApiWorld, clusterName: string, keys: Keys = TEST_KEYS, region = "us-east-1") =>
  api.client(ECSClient, region, keys).send(new CreateClusterCommand({ clusterName }));

test("what comes, changes and goes is told by kind and name, and nothing of what it is", async () => {
  await using api = await apiWorld();
  await using heard = await listen(api);
  await api.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "team/app" }));
  expect(await heard.next()).toEqual([{ kind: "ecr:repository", arn: "arn:aws:ecr:us-east-1:123456789012:repository/team/app" }]);
  await make(api, "web");
  expect(await heard.next()).toEqual([cluster("web")]);
  await api.client(ECSClient).send(new DeleteClusterCommand({ cluster: "web" }));
  expect(await heard.next()).toEqual([cluster("web")]);
});

test("what is of another account or region is not told", async () => {
  await using api = await apiWorld();
  await using heard = await listen(api);
  await using abroad = await listen(api, TEST_KEYS, "eu-west-1");
  await using foreign = await listen(api, FOREIGN_KEYS);
  await make(api, "theirs", FOREIGN_KEYS);
  await make(api, "far", TEST_KEYS, "eu-west-1");
  await make(api, "ours");
  expect(await foreign.next()).toEqual([cluster("theirs", "210987654321")]);
  expect(await abroad.next()).toEqual([cluster("far", "123456789012", "eu-west-1")]);
  expect(await heard.next()).toEqual([cluster("ours")]);
});

test("what is in no region is told in all", async () => {
  await using api = await apiWorld();
  await using heard = await listen(api);
  await using abroad = await listen(api, TEST_KEYS, "eu-west-1");
  await using foreign = await listen(api, FOREIGN_KEYS);
  const iam = api.client(IAMClient);
  await iam.send(new CreateUserCommand({ UserName: "ann" }));
  const user = { kind: "iam:user", arn: "arn:aws:iam::123456789012:user/ann" };
  for (const one of [heard, abroad]) expect(await one.next()).toEqual([user]);
  await iam.send(new CreateAccessKeyCommand({ UserName: "ann" }));
  for (const one of [heard, abroad]) expect(await one.next()).toEqual([{ ...user, kind: "iam:access-key" }]);
  await make(api, "theirs", FOREIGN_KEYS);
  expect(await foreign.next()).toEqual([cluster("theirs", "210987654321")]);
});

test("who may not see a resource does not hear of it; who may see one hears of that one", async () => {
  await using api = await apiWorld();
  const keys = api.user("ann", allow("ecs:DescribeClusters", "arn:aws:ecs:us-east-1:123456789012:cluster/open-*"));
  await using heard = await listen(api, keys);
  await make(api, "secret");
  await api.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "secret" }));
  await make(api, "open-1");
  expect(await heard.next()).toEqual([cluster("open-1")]);
});

test("whose key is taken away hears no more", async () => {
  await using api = await apiWorld();
  const keys = api.user("ann", allow("*", "*"));
  await using heard = await listen(api, keys);
  await make(api, "one");
  expect(await heard.next()).toEqual([cluster("one")]);
  api.state.commit(() => api.state.table(accessKeys).delete(keys.accessKeyId));
  await make(api, "two");
  expect(await heard.next()).toBe("end");
});

test("a policy that is taken away is missed at the next change", async () => {
  await using api = await apiWorld();
  const keys = api.user("ann", allow("ecs:DescribeClusters", "*"));
  await using heard = await listen(api, keys);
  await make(api, "one");
  expect(await heard.next()).toEqual([cluster("one")]);
  const change = (inlinePolicies: Readonly<Record<string, string>>) =>
    api.state.commit(() => api.state.table(users).update("123456789012/ann", (user) => ({ ...user, inlinePolicies })));
  expect(change({})).toMatchObject({ name: "ann" });
  await using root = await listen(api);
  await make(api, "two");
  // All hear of a change in the same turn: when root has, the other one's policies were asked.
  const toldOfTwo = async (): Promise<boolean> => JSON.stringify(await root.next()).includes("cluster/two");
  while (!(await toldOfTwo()));
  change({ again: JSON.stringify(allow("ecs:DescribeClusters", "*")) });
  await make(api, "three");
  expect(await heard.next()).toEqual([cluster("three")]);
});

test("who shows no signature hears nothing", async () => {
  await using api = await apiWorld();
  const answer = await fetch(`${api.url}/console/api/changes`);
  expect([answer.status, await answer.json()]).toMatchObject([400, { __type: "MissingAuthenticationTokenException" }]);
});

/** A feed over memory, on a clock of the test's own. */
function quietFeed(journal: Journal = memoryJournal()) {
  const state = new JournaledState(journal);
  const clock = new ManualClock();
  const credentials = { find: () => ({ kind: "unknown" }) as const, stand: () => true };
  const feed = changeFeed({ state, clock, credentials });
  const record = (name: string) => ({
    ...{ arn: cluster(name).arn, name, account: "123456789012", region: "us-east-1", status: "ACTIVE" as const },
    ...{ settings: [], capacityProviders: [], defaultCapacityProviderStrategy: [], tags: [], createdAt: 0 },
  });
  return {
    clock,
    feed,
    put: (name: string) => state.commit(() => state.table(clusters).put(record(name))),
    open: (account = "123456789012", expiresAt?: number) => {
      const heard: string[] = [];
      const session = { issuedAt: 0, expiresAt: expiresAt ?? 0, policyArns: [], tags: [], transitiveTagKeys: [], context: {} };
      const principal = { ...rootPrincipal(account, "AKIA"), ...(expiresAt === undefined ? {} : { session }) };
      const origin = { sourceIp: "127.0.0.1", userAgent: "", secureTransport: false, region: "us-east-1" };
      const listening = feed.listen({ principal, origin }, { write: (text) => void heard.push(text), end: () => void heard.push("end") });
      return { heard, listening };
    },
  };
}

const data = (...names: readonly string[]): string => `data: ${JSON.stringify(names.map((name) => cluster(name)))}\n\n`;

test("what happens together is told together, each once", async () => {
  const { clock, put, open } = quietFeed();
  const { heard } = open();
  for (const name of ["a", "b", "a", "b", "a"]) put(name);
  await clock.pass(24);
  expect(heard).toEqual([": listening\n\n"]);
  await clock.pass(1);
  expect(heard).toEqual([": listening\n\n", data("a", "b")]);
});

test("while nothing changes a console gets a line every two minutes, and who has left nothing", async () => {
  const { clock, put, open } = quietFeed();
  const { heard, listening } = open();
  await clock.pass(250_000);
  expect(heard).toEqual([": listening\n\n", ": alive\n\n", ": alive\n\n"]);
  listening[Symbol.dispose]();
  put("a");
  await clock.pass(250_000);
  expect(heard).toHaveLength(3);
});

test("nothing is told before it is on disk", async () => {
  const journal = new HeldJournal();
  const { clock, put, open } = quietFeed(journal);
  const { heard } = open();
  journal.hold();
  put("a");
  await clock.pass(1000);
  expect(heard).toEqual([": listening\n\n"]);
  journal.release();
  await clock.pass(1000);
  expect(heard).toEqual([": listening\n\n", data("a")]);
});

test("a session hears until its time is over", async () => {
  const { clock, open } = quietFeed();
  const { heard } = open("123456789012", clock.now() + 60_000);
  await clock.pass(59_999);
  expect(heard).toEqual([": listening\n\n"]);
  await clock.pass(1);
  expect(heard).toEqual([": listening\n\n", "end"]);
});

test("an account has room for its consoles, and leaves others theirs", () => {
  const { open } = quietFeed();
  const all = Array.from({ length: 512 }, () => open());
  expect(() => open()).toThrow("Too many consoles");
  expect(open("210987654321").heard).toHaveLength(1);
  all[0]?.listening[Symbol.dispose]();
  expect(open().heard).toHaveLength(1);
});

test("when it is closed all are told", () => {
  const { feed, open } = quietFeed();
  const { heard } = open();
  feed[Symbol.dispose]();
  expect(heard.at(-1)).toBe("end");
});
