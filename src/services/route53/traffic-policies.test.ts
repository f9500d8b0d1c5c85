import {
  ChangeResourceRecordSetsCommand,
  CreateHealthCheckCommand,
  CreateHostedZoneCommand,
  CreateResourceRecordSetProtectionsCommand,
  CreateTrafficPolicyCommand,
  CreateTrafficPolicyInstanceCommand,
  CreateTrafficPolicyVersionCommand,
  DeleteHostedZoneCommand,
  DeleteTrafficPolicyCommand,
  DeleteTrafficPolicyInstanceCommand,
  GetAccountLimitCommand,
  GetTrafficPolicyCommand,
  GetTrafficPolicyInstanceCommand,
  GetTrafficPolicyInstanceCountCommand,
  ListResourceRecordSetsCommand,
  ListTrafficPoliciesCommand,
  ListTrafficPolicyInstancesByHostedZoneCommand,
  ListTrafficPolicyInstancesByPolicyCommand,
  ListTrafficPolicyInstancesCommand,
  ListTrafficPolicyVersionsCommand,
  Route53Client,
  UpdateTrafficPolicyCommentCommand,
  UpdateTrafficPolicyInstanceCommand,
  type Change,
} from "@aws-sdk/client-route-53";
import { expect, test } from "vitest";
import { resolveOnHost } from "../../control/name-resolution/resolve.ts";
import { apiWorld, FOREIGN_KEYS } from "../../testing/api-world.ts";

const value = (Value: string) => ({ Type: "value", Value });
const simple = (address: string, more: object = {}): string =>
  JSON.stringify({
    ...{ AWSPolicyFormatVersion: "2015-10-01", RecordType: "A", StartEndpoint: "one", Endpoints: { one: value(address) } },
    ...more,
  });
/** Half of the time the first of two, whose primary is a rule of its own. */
const NESTED = simple("192.0.2.1", {
  StartEndpoint: undefined,
  StartRule: "start",
  Endpoints: { one: value("192.0.2.1"), two: value("192.0.2.2"), three: value("192.0.2.3") },
  Rules: {
    start: {
      RuleType: "weighted",
      Items: [
        { RuleReference: "pair", Weight: "1" },
        { EndpointReference: "three", Weight: "1" },
      ],
    },
    pair: { RuleType: "failover", Primary: { EndpointReference: "one" }, Secondary: { EndpointReference: "two" } },
  },
});

async function world() {
  const api = await apiWorld();
  const client = api.client(Route53Client);
  const { HostedZone } = await client.send(new CreateHostedZoneCommand({ Name: "example.com", CallerReference: "one" }));
  const HostedZoneId = HostedZone?.Id ?? "";
  const policy = async (Document = simple("192.0.2.1"), Name = "shop"): Promise<string> => {
    const made = await client.send(new CreateTrafficPolicyCommand({ Name, Document }));
    return made.TrafficPolicy?.Id ?? "";
  };
  return {
    ...{ api, client, HostedZoneId, policy },
    foreign: api.client(Route53Client, "us-east-1", FOREIGN_KEYS),
    follow: async (TrafficPolicyId: string, Name = "www.example.com", TrafficPolicyVersion = 1) => {
      const command = new CreateTrafficPolicyInstanceCommand({ HostedZoneId, Name, TTL: 60, TrafficPolicyId, TrafficPolicyVersion });
      return (await client.send(command)).TrafficPolicyInstance!;
    },
    change: (...Changes: Change[]) => client.send(new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes } })),
    listed: async () => {
      const { ResourceRecordSets = [] } = await client.send(new ListResourceRecordSetsCommand({ HostedZoneId }));
      return ResourceRecordSets.filter(({ Type }) => Type === "A");
    },
    answer: (name = "www.example.com", chance = 0): unknown => {
      const resolve = resolveOnHost({ state: api.state, chance: () => chance }, "127.0.0.1");
      const found = resolve({ name: `${name}.`, type: "A" }, "127.0.0.1");
      return found.kind === "reply" ? found.answers.map(({ data }) => (data.type === "A" ? data.address : data.type)) : found.kind;
    },
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      expect(api.defects.map(String)).toEqual([]);
    },
  };
}

test("a policy has versions, which come and go; the policy goes with the last", async () => {
  await using at = await world();
  const { client } = at;
  const Id = await at.policy();
  await at.policy(simple("192.0.2.1"), "other");
  const second = await client.send(new CreateTrafficPolicyVersionCommand({ Id, Document: NESTED, Comment: "two" }));
  expect(second.TrafficPolicy).toEqual({ Id, Version: 2, Name: "shop", Type: "A", Document: NESTED, Comment: "two" });
  expect(second.Location).toBe(`https://route53.amazonaws.com/2013-04-01/trafficpolicy/${Id}/2`);
  const commented = await client.send(new UpdateTrafficPolicyCommentCommand({ Id, Version: 1, Comment: "one" }));
  expect(commented.TrafficPolicy?.Comment).toBe("one");
  expect((await client.send(new GetTrafficPolicyCommand({ Id, Version: 1 }))).TrafficPolicy).toMatchObject({ Version: 1, Comment: "one" });
  const first = await client.send(new ListTrafficPoliciesCommand({ MaxItems: 1 }));
  expect(first).toMatchObject({ IsTruncated: true, TrafficPolicySummaries: [{ Id, LatestVersion: 2, TrafficPolicyCount: 2, Type: "A" }] });
  const { TrafficPolicyIdMarker } = first;
  const rest = await client.send(new ListTrafficPoliciesCommand({ TrafficPolicyIdMarker }));
  expect(rest).toMatchObject({ IsTruncated: false, TrafficPolicySummaries: [{ Name: "other" }] });
  const versions = await client.send(new ListTrafficPolicyVersionsCommand({ Id, MaxItems: 1 }));
  expect(versions).toMatchObject({ IsTruncated: true, TrafficPolicyVersionMarker: "2", TrafficPolicies: [{ Version: 1 }] });
  const { TrafficPolicyVersionMarker } = versions;
  const more = await client.send(new ListTrafficPolicyVersionsCommand({ Id, TrafficPolicyVersionMarker }));
  expect(more).toMatchObject({ IsTruncated: false, TrafficPolicies: [{ Version: 2 }] });
  await client.send(new DeleteTrafficPolicyCommand({ Id, Version: 2 }));
  // A number is given once.
  const third = await client.send(new CreateTrafficPolicyVersionCommand({ Id, Document: NESTED }));
  expect(third.TrafficPolicy?.Version).toBe(3);
  await client.send(new DeleteTrafficPolicyCommand({ Id, Version: 1 }));
  await client.send(new DeleteTrafficPolicyCommand({ Id, Version: 3 }));
  await expect(client.send(new GetTrafficPolicyCommand({ Id, Version: 1 }))).rejects.toMatchObject({ name: "NoSuchTrafficPolicy" });
  expect((await client.send(new ListTrafficPoliciesCommand({}))).TrafficPolicySummaries).toHaveLength(1);
});

test("a policy is followed at a name, is one record set to look at, and goes with its instance", async () => {
  await using at = await world();
  const { client, HostedZoneId } = at;
  const Id = await at.policy(NESTED);
  const instance = await at.follow(Id, "WWW.example.com");
  expect(instance).toMatchObject({ Name: "www.example.com.", State: "Applied", TTL: 60, TrafficPolicyType: "A", TrafficPolicyVersion: 1 });
  expect([at.answer(undefined, 0), at.answer(undefined, 0.9)]).toEqual([["192.0.2.1"], ["192.0.2.3"]]);
  expect(await at.listed()).toEqual([{ Name: "www.example.com.", Type: "A", TrafficPolicyInstanceId: instance.Id }]);
  await expect(client.send(new DeleteTrafficPolicyCommand({ Id, Version: 1 }))).rejects.toMatchObject({ name: "TrafficPolicyInUse" });
  await expect(client.send(new DeleteHostedZoneCommand({ Id: HostedZoneId }))).rejects.toMatchObject({ name: "HostedZoneNotEmpty" });
  await client.send(new CreateTrafficPolicyVersionCommand({ Id, Document: simple("192.0.2.9") }));
  const moved = { Id: instance.Id, TTL: 5, TrafficPolicyId: Id, TrafficPolicyVersion: 2 };
  await client.send(new UpdateTrafficPolicyInstanceCommand(moved));
  expect((await client.send(new GetTrafficPolicyInstanceCommand({ Id: instance.Id }))).TrafficPolicyInstance).toMatchObject({ TTL: 5 });
  expect(at.answer()).toEqual(["192.0.2.9"]);
  await client.send(new DeleteTrafficPolicyCommand({ Id, Version: 1 }));
  await client.send(new DeleteTrafficPolicyInstanceCommand({ Id: instance.Id }));
  expect([at.answer(), await at.listed()]).toEqual([[], []]);
  const gone = client.send(new GetTrafficPolicyInstanceCommand({ Id: instance.Id }));
  await expect(gone).rejects.toMatchObject({ name: "NoSuchTrafficPolicyInstance" });
  await client.send(new DeleteHostedZoneCommand({ Id: HostedZoneId }));
});

test("nobody else changes what a policy comes to, and it takes no name that is there", async () => {
  await using at = await world();
  const Id = await at.policy(NESTED);
  const own = (Name: string, more: object = {}) => ({
    Name,
    Type: "A" as const,
    TTL: 60,
    ResourceRecords: [{ Value: "192.0.2.7" }],
    ...more,
  });
  await at.change({ Action: "CREATE", ResourceRecordSet: own("www.example.com") });
  await expect(at.follow(Id)).rejects.toMatchObject({ name: "InvalidInput" });
  await at.change({ Action: "DELETE", ResourceRecordSet: own("www.example.com") });
  const { Id: instanceId } = await at.follow(Id);
  for (const [Action, set] of [
    ["CREATE", own("www.example.com", { SetIdentifier: "x", Weight: 1 })],
    ["UPSERT", own("www.example.com")],
    ["DELETE", own(`_${instanceId}-1.example.com`)],
  ] as const)
    await expect(at.change({ Action, ResourceRecordSet: set })).rejects.toMatchObject({ name: "InvalidChangeBatch" });
  const named = { Name: "www.example.com", Type: "A" as const, TrafficPolicyInstanceId: instanceId };
  await expect(at.change({ Action: "DELETE", ResourceRecordSet: named })).rejects.toThrow("DeleteTrafficPolicyInstance");
  await expect(at.follow(Id)).rejects.toMatchObject({ name: "TrafficPolicyInstanceAlreadyExists" });
  await expect(at.follow(Id, "www.example.org")).rejects.toThrow("is not permitted in zone");
  const Protections = [{ RecordName: "kept.example.com", RecordType: "A" as const }];
  await at.client.send(new CreateResourceRecordSetProtectionsCommand({ HostedZoneId: at.HostedZoneId, Protections }));
  await expect(at.follow(Id, "kept.example.com")).rejects.toThrow("is protected");
});

test("documents, names and numbers are looked at", async () => {
  await using at = await world();
  const { client } = at;
  const Id = await at.policy();
  await expect(at.policy()).rejects.toMatchObject({ name: "TrafficPolicyAlreadyExists" });
  await expect(at.policy("{}", "bad")).rejects.toMatchObject({ name: "InvalidTrafficPolicyDocument" });
  const text = simple("x", { RecordType: "TXT", Endpoints: { one: value('"x"') } });
  const other = client.send(new CreateTrafficPolicyVersionCommand({ Id, Document: text }));
  await expect(other).rejects.toMatchObject({ name: "InvalidTrafficPolicyDocument" });
  const { Id: instanceId } = await at.follow(Id);
  const textId = await at.policy(text, "text");
  const retyped = { Id: instanceId, TTL: 60, TrafficPolicyId: textId, TrafficPolicyVersion: 1 };
  await expect(client.send(new UpdateTrafficPolicyInstanceCommand(retyped))).rejects.toMatchObject({ name: "ConflictingTypes" });
  await expect(at.follow(Id, "a.example.com", 2)).rejects.toMatchObject({ name: "NoSuchTrafficPolicy" });
  const checked = simple("192.0.2.1", {
    StartEndpoint: undefined,
    StartRule: "r",
    Rules: { r: { RuleType: "multivalue", Items: [{ EndpointReference: "one", HealthCheck: "nobody" }] } },
  });
  await expect(at.follow(await at.policy(checked, "checked"), "a.example.com")).rejects.toMatchObject({ name: "NoSuchHealthCheck" });
  for (let count = 1; count < 5; count += 1) await at.follow(Id, `${count}.example.com`);
  await expect(at.follow(Id, "6.example.com")).rejects.toMatchObject({ name: "TooManyTrafficPolicyInstances" });
  expect((await client.send(new GetTrafficPolicyInstanceCountCommand({}))).TrafficPolicyInstanceCount).toBe(5);
  const limit = await client.send(new GetAccountLimitCommand({ Type: "MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER" }));
  expect([limit.Limit?.Value, limit.Count]).toEqual([5, 5]);
});

test("a health check of a branch counts", async () => {
  await using at = await world();
  const HealthCheckConfig = { Type: "CALCULATED" as const, ChildHealthChecks: [], HealthThreshold: 0, Inverted: true };
  const { HealthCheck } = await at.client.send(new CreateHealthCheckCommand({ CallerReference: "h", HealthCheckConfig }));
  const Rules = {
    r: {
      RuleType: "failover",
      Primary: { EndpointReference: "one", HealthCheck: HealthCheck?.Id },
      Secondary: { EndpointReference: "two" },
    },
  };
  const Endpoints = { one: value("192.0.2.1"), two: value("192.0.2.2") };
  await at.follow(await at.policy(simple("", { StartEndpoint: undefined, StartRule: "r", Rules, Endpoints })));
  expect(at.answer()).toEqual(["192.0.2.2"]);
});

test("instances are listed by name, by zone and by policy, a page at a time", async () => {
  await using at = await world();
  const { client, HostedZoneId } = at;
  const [one, two] = [await at.policy(), await at.policy(simple("192.0.2.2"), "two")];
  await at.follow(one, "b.example.com");
  await at.follow(one, "a.example.com");
  await at.follow(two, "c.example.com");
  const page = await client.send(new ListTrafficPolicyInstancesCommand({ MaxItems: 2 }));
  expect(page.TrafficPolicyInstances?.map(({ Name }) => Name)).toEqual(["a.example.com.", "b.example.com."]);
  const { HostedZoneIdMarker, TrafficPolicyInstanceNameMarker, TrafficPolicyInstanceTypeMarker } = page;
  const next = { HostedZoneIdMarker, TrafficPolicyInstanceNameMarker, TrafficPolicyInstanceTypeMarker };
  const rest = await client.send(new ListTrafficPolicyInstancesCommand(next));
  expect([page.IsTruncated, rest.IsTruncated, rest.TrafficPolicyInstances?.[0]?.Name]).toEqual([true, false, "c.example.com."]);
  const inZone = await client.send(
    new ListTrafficPolicyInstancesByHostedZoneCommand({ HostedZoneId, TrafficPolicyInstanceNameMarker: "b.example.com" }),
  );
  expect(inZone.TrafficPolicyInstances?.map(({ Name }) => Name)).toEqual(["b.example.com.", "c.example.com."]);
  const ofPolicy = new ListTrafficPolicyInstancesByPolicyCommand({ TrafficPolicyId: one, TrafficPolicyVersion: 1 });
  expect((await client.send(ofPolicy)).TrafficPolicyInstances).toHaveLength(2);
});

test("another account's policies, instances and zones are not there", async () => {
  await using at = await world();
  const Id = await at.policy();
  const instance = await at.follow(Id);
  const { foreign, HostedZoneId } = at;
  await expect(foreign.send(new GetTrafficPolicyCommand({ Id, Version: 1 }))).rejects.toMatchObject({ name: "NoSuchTrafficPolicy" });
  await expect(foreign.send(new DeleteTrafficPolicyInstanceCommand({ Id: instance.Id }))).rejects.toMatchObject({
    name: "NoSuchTrafficPolicyInstance",
  });
  expect((await foreign.send(new ListTrafficPolicyInstancesCommand({}))).TrafficPolicyInstances).toEqual([]);
  const { TrafficPolicy } = await foreign.send(new CreateTrafficPolicyCommand({ Name: "shop", Document: simple("192.0.2.6") }));
  const parts = { HostedZoneId, Name: "evil.example.com", TTL: 1, TrafficPolicyId: TrafficPolicy?.Id, TrafficPolicyVersion: 1 };
  await expect(foreign.send(new CreateTrafficPolicyInstanceCommand(parts))).rejects.toMatchObject({ name: "NoSuchHostedZone" });
  await expect(at.follow(TrafficPolicy?.Id ?? "", "own.example.com")).rejects.toMatchObject({ name: "NoSuchTrafficPolicy" });
});
