import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DeleteResourcePolicyCommand,
  PutResourcePolicyCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  CreateQueryLoggingConfigCommand,
  DeleteHostedZoneCommand,
  DeleteQueryLoggingConfigCommand,
  GetQueryLoggingConfigCommand,
  ListQueryLoggingConfigsCommand,
  Route53Client,
} from "@aws-sdk/client-route-53";
import { decode, encode, type RecordType } from "dns-packet";
import { expect, test } from "vitest";
import { resolveOnHost } from "../../control/name-resolution/resolve.ts";
import { queryLog } from "../../control/query-logs/query-log.ts";
import { respond } from "../../drivers/dns/respond.ts";
import { sqliteLogStore } from "../../drivers/sqlite/log-store.ts";
import { apiWorld, FOREIGN_KEYS } from "../../testing/api-world.ts";
import { ManualClock } from "../../testing/manual-clock.ts";

const ACCOUNT = "123456789012";
const GROUP = "/aws/route53/example.com";
const arnOf = (group = GROUP, region = "us-east-1", account = ACCOUNT): string => `arn:aws:logs:${region}:${account}:log-group:${group}`;
const POLICY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    {
      ...{ Effect: "Allow", Principal: { Service: "route53.amazonaws.com" }, Action: ["logs:CreateLogStream", "logs:PutLogEvents"] },
      Resource: `${arnOf("/aws/route53/*")}`,
    },
  ],
});

/** A zone `example.com`, a group, and a policy that lets Route 53 write into it. */
async function world() {
  const logs = sqliteLogStore(":memory:");
  const api = await apiWorld({ logs });
  const client = api.client(Route53Client);
  const { HostedZone } = await client.send(new CreateHostedZoneCommand({ Name: "example.com", CallerReference: "one" }));
  const HostedZoneId = HostedZone?.Id ?? "";
  const cloudWatch = api.client(CloudWatchLogsClient);
  await cloudWatch.send(new CreateLogGroupCommand({ logGroupName: GROUP }));
  await cloudWatch.send(new PutResourcePolicyCommand({ policyName: "dns", policyDocument: POLICY }));
  const errors: unknown[] = [];
  const logger = { info: () => undefined, warn: () => undefined, error: (...told: unknown[]) => void errors.push(told) };
  const clock = new ManualClock(Date.parse("2026-11-29T12:00:00.123Z"));
  const queries = queryLog({ state: api.state, logs, clock, logger });
  return {
    ...{ api, client, cloudWatch, HostedZoneId, clock, queries },
    create: (groupArn = arnOf(), zone = HostedZoneId) =>
      client.send(new CreateQueryLoggingConfigCommand({ HostedZoneId: zone, CloudWatchLogsLogGroupArn: groupArn })),
    ask: async (name: string, type: RecordType = "A", transport: "udp" | "tcp" = "udp"): Promise<string> => {
      const query = encode({ id: 7, type: "query", flags: 0, questions: [{ type, name }] });
      const resolve = resolveOnHost({ state: api.state, chance: () => 0 }, "127.0.0.1");
      const octets = await respond(query, "127.0.0.9", transport, { resolve, answered: queries.note });
      await clock.pass(1000);
      return (decode(Buffer.from(octets ?? [])) as unknown as { readonly rcode: string }).rcode;
    },
    lines: () =>
      logs.query({ account: ACCOUNT, region: "us-east-1", group: GROUP, limit: 100 }).map(({ message, stream }) => [stream, message]),
    async [Symbol.asyncDispose]() {
      await queries[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
      await logs.close();
      expect([...errors, ...api.defects.map(String)]).toEqual([]);
    },
  };
}

test("what is asked about a zone is a line in its group, for as long as there is a configuration", async () => {
  await using at = await world();
  const { client, HostedZoneId } = at;
  const id = HostedZoneId.replace("/hostedzone/", "");
  await at.ask("example.com");
  const { QueryLoggingConfig: made, Location } = await at.create();
  expect([made, Location]).toEqual([
    { Id: expect.any(String) as string, HostedZoneId: id, CloudWatchLogsLogGroupArn: arnOf() },
    `https://route53.amazonaws.com/2013-04-01/queryloggingconfig/${made?.Id}`,
  ]);
  const ResourceRecordSet = { Name: "www.example.com", Type: "A" as const, TTL: 60, ResourceRecords: [{ Value: "192.0.2.1" }] };
  await client.send(
    new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes: [{ Action: "CREATE", ResourceRecordSet }] } }),
  );
  expect(await at.ask("WWW.example.com")).toBe("NOERROR");
  expect(await at.ask("none.example.com", "AAAA", "tcp")).toBe("NXDOMAIN");
  await at.ask("example.org");
  expect(at.lines()).toEqual([
    [`${id}/LOCAL`, `1.0 2026-11-29T12:00:01.123Z ${id} www.example.com A NOERROR UDP LOCAL 127.0.0.9 -`],
    [`${id}/LOCAL`, `1.0 2026-11-29T12:00:02.123Z ${id} none.example.com AAAA NXDOMAIN TCP LOCAL 127.0.0.9 -`],
  ]);
  expect((await client.send(new GetQueryLoggingConfigCommand({ Id: made?.Id }))).QueryLoggingConfig).toEqual(made);
  expect((await client.send(new ListQueryLoggingConfigsCommand({}))).QueryLoggingConfigs).toEqual([made]);
  await client.send(new DeleteQueryLoggingConfigCommand({ Id: made?.Id }));
  await at.ask("www.example.com");
  expect(at.lines()).toHaveLength(2);
  await expect(client.send(new GetQueryLoggingConfigCommand({ Id: made?.Id }))).rejects.toMatchObject({ name: "NoSuchQueryLoggingConfig" });
});

test("nothing is written that the account's policies do not allow any more", async () => {
  await using at = await world();
  await at.create();
  await at.cloudWatch.send(new DeleteResourcePolicyCommand({ policyName: "dns" }));
  await at.ask("www.example.com");
  expect(at.lines()).toEqual([]);
});

test("what waits is written at the end", async () => {
  await using at = await world();
  await at.create();
  await at.ask("a.example.com");
  const question = { name: "b.example.com.", type: "A" };
  at.queries.note({
    zoneId: at.HostedZoneId.replace("/hostedzone/", ""),
    question,
    code: "NOERROR",
    transport: "udp",
    client: "127.0.0.1",
  });
  await at.queries[Symbol.asyncDispose]();
  expect(at.lines()).toHaveLength(2);
});

test.each([
  ["InvalidInput", "nothing"],
  ["InvalidInput", arnOf(GROUP, "eu-central-1")],
  ["InvalidInput", arnOf(GROUP, "us-east-1", "210987654321")],
  ["InvalidInput", arnOf("*")],
  ["NoSuchCloudWatchLogsLogGroup", arnOf("/none")],
  ["InsufficientCloudWatchLogsResourcePolicy", arnOf("/closed")],
])("%s: %s", async (name, groupArn) => {
  await using at = await world();
  await at.cloudWatch.send(new CreateLogGroupCommand({ logGroupName: "/closed" }));
  await expect(at.create(groupArn)).rejects.toMatchObject({ name });
  expect((await at.client.send(new ListQueryLoggingConfigsCommand({}))).QueryLoggingConfigs).toEqual([]);
});

test("a zone has one, a private one none, and another account's is not there", async () => {
  await using at = await world();
  const { QueryLoggingConfig: made } = await at.create(`${arnOf()}:*`);
  await expect(at.create()).rejects.toMatchObject({ name: "QueryLoggingConfigAlreadyExists" });
  const { Vpcs = [] } = await at.api.client(EC2Client).send(new DescribeVpcsCommand());
  const VPC = { VPCId: Vpcs[0]?.VpcId, VPCRegion: "us-east-1" as const };
  const { HostedZone } = await at.client.send(new CreateHostedZoneCommand({ Name: "p.test", CallerReference: "p", VPC }));
  await expect(at.create(arnOf(), HostedZone?.Id)).rejects.toMatchObject({ name: "InvalidInput" });
  const foreign = at.api.client(Route53Client, "us-east-1", FOREIGN_KEYS);
  await expect(foreign.send(new GetQueryLoggingConfigCommand({ Id: made?.Id }))).rejects.toMatchObject({
    name: "NoSuchQueryLoggingConfig",
  });
  const { HostedZoneId } = at;
  await expect(foreign.send(new ListQueryLoggingConfigsCommand({ HostedZoneId }))).rejects.toMatchObject({ name: "NoSuchHostedZone" });
  // It goes with its zone.
  await at.client.send(new DeleteHostedZoneCommand({ Id: HostedZoneId }));
  expect((await at.client.send(new ListQueryLoggingConfigsCommand({}))).QueryLoggingConfigs).toEqual([]);
});
