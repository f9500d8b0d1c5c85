import { CloudWatchClient, DeleteDashboardsCommand, GetDashboardCommand, type CloudWatchClientConfig } from "@aws-sdk/client-cloudwatch";
import * as cloudwatch from "@aws-sdk/client-cloudwatch";
import { AwsQueryProtocol } from "@aws-sdk/core/protocols";
import { ChangeResourceRecordSetsCommand, GetHostedZoneCommand, InvalidChangeBatch, Route53Client } from "@aws-sdk/client-route-53";
import type * as route53 from "@aws-sdk/client-route-53";
import { GetScheduleCommand, ResourceNotFoundException, SchedulerClient, TagResourceCommand } from "@aws-sdk/client-scheduler";
import type * as scheduler from "@aws-sdk/client-scheduler";
import { SmithyRpcV2CborProtocol } from "@smithy/core/cbor";
import { encode } from "cborg";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { because, operationsOf } from "../services/operation.ts";
import { apiWorld, TEST_KEYS, type ApiWorld } from "../testing/api-world.ts";
import { furtherService } from "../testing/further-services.ts";
import { sendSigned, type RawRequest } from "../testing/signed-request.ts";

const schedulerOperation = operationsOf<typeof scheduler>();
const route53Operation = operationsOf<typeof route53>();
const cloudwatchOperation = operationsOf<typeof cloudwatch>();

const RESOURCE = "arn:aws:scheduler:us-east-1:123456789012:schedule/default/nightly";
const CREATED = new Date("2026-02-03T04:05:06.000Z");

/** Services that are not offered, each with an operation or two, so that their protocols are tried from end to end. */
const SERVICES = [
  furtherService("scheduler", [
    schedulerOperation("GetSchedule", {
      authorize: ({ Name }, at) => ({ action: "scheduler:GetSchedule", resource: at.arn("scheduler", `schedule/default/${Name}`) }),
      run({ Name, GroupName }) {
        if (Name === "absent")
          throw new ResourceNotFoundException({ $metadata: {}, message: "gone", Message: `Schedule ${Name} does not exist.` });
        return { Name, GroupName, Arn: RESOURCE, CreationDate: CREATED };
      },
    }),
    schedulerOperation("TagResource", {
      authorize: ({ ResourceArn }) => ({ action: "scheduler:TagResource", resource: ResourceArn ?? "*" }),
      run({ ResourceArn, Tags }) {
        const [tag] = Tags ?? [];
        if (ResourceArn !== RESOURCE || tag?.Key !== "a" || tag.Value !== "b") throw new Error("path and body are not what was sent");
        return {};
      },
    }),
  ]),
  furtherService("route53", [
    route53Operation("GetHostedZone", {
      authorize: () => ({ action: "route53:GetHostedZone", resource: "*" }),
      run: ({ Id }) => ({
        HostedZone: { Id: `/hostedzone/${Id}`, Name: "example.com.", CallerReference: "<&>" },
        VPCs: [{ VPCId: "vpc-1" }],
      }),
    }),
    route53Operation("ChangeResourceRecordSets", {
      authorize: () => ({ action: "route53:ChangeResourceRecordSets", resource: "*" }),
      run({ ChangeBatch }) {
        throw new InvalidChangeBatch({
          ...because("Tried to create a record that exists."),
          messages: [ChangeBatch?.Comment ?? "", "two"],
        });
      },
    }),
  ]),
  furtherService("cloudwatch", [
    cloudwatchOperation("GetDashboard", {
      authorize: () => ({ action: "cloudwatch:GetDashboard", resource: "*" }),
      run: ({ DashboardName }) => ({ DashboardName, DashboardBody: "{}" }),
    }),
    cloudwatchOperation("DeleteDashboards", {
      authorize: () => ({ action: "cloudwatch:DeleteDashboards", resource: "*" }),
      run() {
        throw new cloudwatch.DashboardNotFoundError(because("Dashboard x does not exist."));
      },
    }),
  ]),
];

const world = (): Promise<ApiWorld> => apiWorld({}, { services: SERVICES });

describe("restJson", () => {
  test("an answer and a modelled error reach the SDK", async () => {
    await using api = await world();
    const client = api.client(SchedulerClient);
    const answer = await client.send(new GetScheduleCommand({ Name: "a b/ü?", GroupName: "g&h" }));
    expect(answer).toMatchObject({ Name: "a b/ü?", GroupName: "g&h", Arn: RESOURCE, CreationDate: CREATED });
    await expect(client.send(new TagResourceCommand({ ResourceArn: RESOURCE, Tags: [{ Key: "a", Value: "b" }] }))).resolves.toBeDefined();
    await expect(client.send(new GetScheduleCommand({ Name: "absent" }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      $metadata: { httpStatusCode: 404 },
    });
    expect(api.defects).toEqual([]);
  });

  test("the aws command line reads answers and errors", async () => {
    await using api = await world();
    const found = await api.aws("scheduler", "get-schedule", "--name", "nightly", "--group-name", "default");
    expect(JSON.parse(found.stdout)).toMatchObject({ Name: "nightly", GroupName: "default" });
    const { stderr } = await api.aws("scheduler", "get-schedule", "--name", "absent");
    expect(stderr).toContain("(ResourceNotFoundException)");
  });

  test.each<[string, Partial<RawRequest>, number, string]>([
    ["is not JSON", { body: "{" }, 400, "SerializationException"],
    ["is JSON but no object", { body: "[]" }, 400, "SerializationException"],
    ["has a member of the wrong type", { body: '{"Tags":"a"}' }, 400, "SerializationException"],
    ["lacks a required member", { body: "{}" }, 400, "ValidationException"],
    ["has a label that is no text", { path: "/tags/%zz", body: '{"Tags":[]}' }, 400, "SerializationException"],
    ["has a path of no operation", { path: "/nothing" }, 404, "UnknownOperationException"],
    ["has a method of no operation", { method: "PATCH" }, 404, "UnknownOperationException"],
    ["names an operation that is not here yet", { path: "/schedules/x", body: "{}" }, 501, "NotImplemented"],
  ])("a request is refused that %s", async (_, request, status, code) => {
    await using api = await world();
    const response = await sendSigned(api.url, { service: "scheduler", path: "/tags/x", body: '{"Tags":[]}', ...request });
    expect(response.headers.get("x-amzn-errortype")).toBe(code);
    expect(response.status).toBe(status);
    expect(await response.text()).toMatch(/^\{"[mM]essage":"/);
    expect(api.defects).toEqual([]);
  });

  test.each<[string, object, number, string]>([
    ["a key that does not exist", { accessKeyId: "AKIANOBODY" }, 403, "UnrecognizedClientException"],
    ["a wrong secret", { secretAccessKey: "wrong" }, 403, "InvalidSignatureException"],
  ])("who may not come in is told so: %s", async (_, keys, status, code) => {
    await using api = await world();
    const error = api.client(SchedulerClient, "us-east-1", { ...TEST_KEYS, ...keys }).send(new GetScheduleCommand({ Name: "a" }));
    await expect(error).rejects.toMatchObject({ name: code, $metadata: { httpStatusCode: status } });
  });

  test("who has no permission is told so, and the name of the path is what is asked for", async () => {
    await using api = await world();
    const may = { Effect: "Allow", Action: "scheduler:GetSchedule", Resource: "arn:aws:scheduler:*:*:schedule/default/mine" };
    const client = api.client(SchedulerClient, "us-east-1", api.user("u", { Version: "2012-10-17", Statement: [may] }));
    await expect(client.send(new GetScheduleCommand({ Name: "mine" }))).resolves.toMatchObject({ Name: "mine" });
    await expect(client.send(new GetScheduleCommand({ Name: "other" }))).rejects.toMatchObject({
      name: "AccessDeniedException",
      $metadata: { httpStatusCode: 403 },
    });
  });
});

describe("restXml", () => {
  test("an answer and a modelled error with its members reach the SDK", async () => {
    await using api = await world();
    const client = api.client(Route53Client);
    const { HostedZone, VPCs } = await client.send(new GetHostedZoneCommand({ Id: "Z1" }));
    expect({ HostedZone, VPCs }).toEqual({
      HostedZone: { Id: "/hostedzone/Z1", Name: "example.com.", CallerReference: "<&>" },
      VPCs: [{ VPCId: "vpc-1" }],
    });
    const Changes = [{ Action: "CREATE" as const, ResourceRecordSet: { Name: "a", Type: "A" as const } }];
    const change = new ChangeResourceRecordSetsCommand({ HostedZoneId: "Z1", ChangeBatch: { Comment: "<one>", Changes } });
    await expect(client.send(change)).rejects.toMatchObject({
      name: "InvalidChangeBatch",
      message: "Tried to create a record that exists.",
      messages: ["<one>", "two"],
      $metadata: { httpStatusCode: 400 },
    });
    expect(api.defects).toEqual([]);
  });

  test("the aws command line reads answers and errors", async () => {
    await using api = await world();
    const found = await api.aws("route53", "get-hosted-zone", "--id", "Z1");
    expect(JSON.parse(found.stdout)).toMatchObject({ HostedZone: { Name: "example.com." }, VPCs: [{ VPCId: "vpc-1" }] });
    const { stderr } = await api.aws("route53", "list-hosted-zones");
    expect(stderr).toContain("(NotImplemented)");
  });

  const change = (batch: string): string =>
    `<ChangeResourceRecordSetsRequest><ChangeBatch>${batch}</ChangeBatch></ChangeResourceRecordSetsRequest>`;
  const LAUGHS = '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a><ChangeBatch><Comment>&c;</Comment></ChangeBatch></a>';

  test.each([
    ["is not XML", "<a>", "InvalidInput"],
    ["is text", "text", "InvalidInput"],
    ["is empty where something is required", "", "InvalidInput"],
    ["defines entities", LAUGHS, "InvalidInput"],
    ["uses an entity that is none", change("<Comment>&x;</Comment>"), "InvalidInput"],
    ["nests too deeply", "<a>".repeat(200) + "</a>".repeat(200), "InvalidInput"],
    ["lacks a required member", change("<Comment>x</Comment>"), "InvalidInput"],
    [
      "has a number that is none",
      change(
        "<Changes><Change><Action>CREATE</Action><ResourceRecordSet><Name>a</Name><Type>A</Type><TTL>x</TTL></ResourceRecordSet></Change></Changes>",
      ),
      "InvalidInput",
    ],
  ])("a request is refused that %s", async (_, body, code) => {
    await using api = await world();
    const response = await sendSigned(api.url, { service: "route53", path: "/2013-04-01/hostedzone/Z1/rrset", body });
    const text = await response.text();
    expect(text).toContain(`<Error><Type>Sender</Type><Code>${code}</Code>`);
    expect(text).not.toContain("bbbb");
    expect(response.status).toBe(400);
    expect(api.defects).toEqual([]);
  });
});

describe("a service with three protocols", () => {
  const client = ({ url: endpoint }: ApiWorld, protocol?: unknown): CloudWatchClient =>
    new CloudWatchClient({
      endpoint,
      region: "us-east-1",
      credentials: TEST_KEYS,
      maxAttempts: 1,
      ...(protocol ? { protocol } : {}),
    } as CloudWatchClientConfig);

  test.each([
    ["awsJson1.0", undefined],
    ["rpcv2Cbor", SmithyRpcV2CborProtocol],
    ["awsQuery", AwsQueryProtocol],
  ])("answers each in its own: %s", async (_, protocol) => {
    await using api = await world();
    const speaker = client(api, protocol);
    await expect(speaker.send(new GetDashboardCommand({ DashboardName: "d" }))).resolves.toMatchObject({
      DashboardName: "d",
      DashboardBody: "{}",
    });
    // The SDK gives an error that its service has had since its Query days the name of those.
    await expect(speaker.send(new DeleteDashboardsCommand({ DashboardNames: ["d"] }))).rejects.toMatchObject({
      message: "Dashboard x does not exist.",
      $fault: "client",
      $metadata: { httpStatusCode: 404 },
    });
    expect(api.defects).toEqual([]);
  });

  test("the aws command line speaks the oldest", async () => {
    await using api = await world();
    const found = await api.aws("cloudwatch", "get-dashboard", "--dashboard-name", "d");
    expect(JSON.parse(found.stdout)).toMatchObject({ DashboardName: "d" });
    const { stderr } = await api.aws("cloudwatch", "delete-dashboards", "--dashboard-names", "d");
    expect(stderr).toContain("(ResourceNotFound)");
  });

  const cbor = { "smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor" };
  const path = "/service/GraniteServiceVersion20100801/operation/GetDashboard";

  test.each<[string, Partial<RawRequest>, number, string]>([
    ["is not CBOR", { body: Buffer.from([0xff]) }, 400, "SerializationException"],
    ["claims more than it holds", { body: Buffer.from("9affffffff", "hex") }, 400, "SerializationException"],
    ["nests without end", { body: Buffer.alloc(100_000, 0x81) }, 400, "SerializationException"],
    [
      "holds too many values",
      { body: Buffer.concat([Buffer.from("9a000f4240", "hex"), Buffer.alloc(1_000_000)]) },
      400,
      "SerializationException",
    ],
    ["is no map", { body: encode([1]) }, 400, "SerializationException"],
    ["has a member of the wrong type", { body: encode({ DashboardName: 1 }) }, 400, "SerializationException"],
    ["lacks a required member", { body: encode({}) }, 400, "ValidationException"],
    ["names no operation", { path: "/service/GraniteServiceVersion20100801/operation/MakeCoffee" }, 400, "UnknownOperationException"],
    ["names no service", { path: "/service/Nobody/operation/GetDashboard" }, 501, "UnknownService"],
  ])("a request in CBOR is refused that %s", async (_, request, status, code) => {
    await using api = await world();
    const response = await sendSigned(api.url, {
      service: "monitoring",
      headers: cbor,
      path,
      body: encode({ DashboardName: "d" }),
      ...request,
    });
    expect(response.status).toBe(status);
    expect(response.headers.get("smithy-protocol")).toBe("rpc-v2-cbor");
    expect(Buffer.from(await response.arrayBuffer()).toString("latin1")).toContain(code);
    expect(api.defects).toEqual([]);
  });

  test("a key of a map in CBOR may be __proto__", async () => {
    await using api = await world();
    const body = encode(
      new Map([
        ["DashboardName", "d"],
        ["__proto__", "x"],
      ]),
    );
    expect((await sendSigned(api.url, { service: "monitoring", headers: cbor, path, body })).status).toBe(200);
  });
});

test.each([
  ["a REST service that speaks JSON", "GET", "/schedules/x", {}, "MissingAuthenticationTokenException", '{"message":'],
  [
    "the same, with a body",
    "POST",
    "/tags/x",
    { "content-type": "application/json" },
    "MissingAuthenticationTokenException",
    '{"message":',
  ],
  ["Route 53", "GET", "/2013-04-01/hostedzone/Z1", {}, "MissingAuthenticationToken", "<ErrorResponse "],
])("without a signature, the path tells how %s answers", async (_, method, path, headers, code, beginning) => {
  await using api = await world();
  const response = await fetch(`${api.url}${path}`, { method, headers });
  const text = await response.text();
  expect(response.status).toBe(403);
  expect(text).toContain(beginning);
  expect([response.headers.get("x-amzn-errortype") ?? text]).toEqual([expect.stringContaining(code)]);
});

test("whatever comes, none of the protocols fails inside", async () => {
  await using api = await world();
  const requests = fc.oneof(
    fc.record({ service: fc.constant("scheduler"), path: fc.constant("/tags/x"), body: fc.oneof(fc.json(), fc.string()) }),
    fc.record({
      service: fc.constant("route53"),
      path: fc.constant("/2013-04-01/hostedzone/Z1/rrset"),
      body: fc
        .array(fc.constantFrom("<a>", "</a>", "<ChangeBatch>", "</ChangeBatch>", "x", "&", "<![CDATA[", "]]>", "<?x?>", "<!--", "-->"))
        .map((parts) => parts.join("")),
    }),
    fc.record({
      service: fc.constant("monitoring"),
      path: fc.constant("/service/GraniteServiceVersion20100801/operation/GetDashboard"),
      headers: fc.constant({ "smithy-protocol": "rpc-v2-cbor" }),
      body: fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        fc.jsonValue().map((value) => encode(value)),
      ),
    }),
  );
  await fc.assert(
    fc.asyncProperty(requests, async (request) => {
      const response = await sendSigned(api.url, request);
      await response.arrayBuffer();
      return response.status < 500 || response.status === 501;
    }),
    { numRuns: 200 },
  );
  expect(api.defects).toEqual([]);
});
