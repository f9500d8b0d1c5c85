import {
  CreateNetworkInsightsPathCommand,
  DeleteNetworkInsightsAnalysisCommand,
  DeleteNetworkInsightsPathCommand,
  DescribeNetworkInsightsAnalysesCommand,
  DescribeNetworkInsightsPathsCommand,
  StartNetworkInsightsAnalysisCommand,
  type CreateNetworkInsightsPathCommandInput,
} from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { internetGateways } from "../../../state/ec2-gateways.ts";
import { networkAcls } from "../../../state/ec2-network-acls.ts";
import { routeTables } from "../../../state/ec2-routing.ts";
import { vpcEndpoints } from "../../../state/ec2-endpoints.ts";
import { networkWorld, putTask } from "../../../testing/network-world.ts";

const ENI = "eni-0123456789abcdef0";

async function world() {
  const api = await networkWorld();
  const { vpc, securityGroup } = api.network();
  putTask(api, securityGroup.id);
  const create = async (input: Partial<CreateNetworkInsightsPathCommandInput> = {}) =>
    (
      await api.client.send(
        new CreateNetworkInsightsPathCommand({ Source: ENI, DestinationIp: "192.0.2.7", Protocol: "tcp", DestinationPort: 443, ...input }),
      )
    ).NetworkInsightsPath!;
  const start = async (input: Partial<CreateNetworkInsightsPathCommandInput> = {}) => {
    const { NetworkInsightsPathId } = await create(input);
    return (await api.client.send(new StartNetworkInsightsAnalysisCommand({ NetworkInsightsPathId }))).NetworkInsightsAnalysis!;
  };
  const gateway = api.state.table(internetGateways).by("vpc", vpc.id)[0]!.id;
  const endpoint = (type: string) =>
    api.state
      .table(vpcEndpoints)
      .by("vpc", vpc.id)
      .find((one) => one.type === type)!.id;
  return Object.assign(api, { vpc, create, start, gateway, endpoint });
}

test("a way that is there is told component by component", async () => {
  await using at = await world();
  const found = await at.start();
  expect(found).toMatchObject({ Status: "succeeded", NetworkPathFound: true });
  expect(found.NetworkInsightsAnalysisId).toMatch(/^nia-[0-9a-f]{17}$/);
  const ids = found.ForwardPathComponents!.map(({ Component, SequenceNumber }) => [SequenceNumber, Component?.Id]);
  const table = at.state.table(routeTables).by("main", at.vpc.id)[0]!;
  const acl = at.state.table(networkAcls).by("default", at.vpc.id)[0]!;
  expect(ids).toEqual([ENI, at.network().securityGroup.id, acl.id, table.id, at.gateway, "192.0.2.7"].map((id, index) => [index + 1, id]));
  expect(found.ForwardPathComponents![1]!.SecurityGroupRule).toEqual({ Direction: "egress", Cidr: "0.0.0.0/0", Protocol: "all" });
  expect(found.ForwardPathComponents![2]!.AclRule).toMatchObject({ RuleAction: "allow", RuleNumber: 100, Egress: true });
  expect(found.ForwardPathComponents![3]!.RouteTableRoute).toEqual({
    DestinationCidr: "0.0.0.0/0",
    GatewayId: at.gateway,
    State: "active",
  });
});

test("a way that is barred is explained, and the answer stays what it was when things change", async () => {
  await using at = await world();
  const table = at.state.table(routeTables).by("main", at.vpc.id)[0]!;
  at.state.commit(() => at.state.table(routeTables).put({ ...table, routes: [] }));
  const { NetworkInsightsAnalysisId, ...found } = await at.start();
  expect(found).toMatchObject({
    NetworkPathFound: false,
    Explanations: [
      {
        ExplanationCode: "NO_ROUTE_TO_DESTINATION",
        RouteTable: { Id: table.id },
        Component: { Id: table.id },
        Address: "192.0.2.7",
        Port: 443,
      },
    ],
  });
  expect(found.ForwardPathComponents).toBeUndefined();
  at.state.commit(() => at.state.table(routeTables).put(table));
  const all = await at.client.send(new DescribeNetworkInsightsAnalysesCommand({ Filters: [{ Name: "path-found", Values: ["false"] }] }));
  expect(all.NetworkInsightsAnalyses).toEqual([{ NetworkInsightsAnalysisId, ...found }]);
  expect((await at.start()).NetworkPathFound).toBe(true);
});

test("ends are interfaces, endpoints of both kinds and internet gateways", async () => {
  await using at = await world();
  const to = async (input: Partial<CreateNetworkInsightsPathCommandInput>) => {
    const { NetworkPathFound, Explanations } = await at.start({ DestinationIp: undefined, ...input });
    return NetworkPathFound || Explanations?.[0]?.ExplanationCode;
  };
  expect(await to({ Destination: at.endpoint("Interface") })).toBe(true);
  expect(await to({ Destination: at.endpoint("Gateway") })).toBe(true);
  expect(await to({ Destination: at.gateway })).toBe(true);
  expect(await to({ Source: at.gateway, Destination: ENI, DestinationPort: 80 })).toBe("ENI_SG_RULES_MISMATCH");
});

test("paths and analyses are kept, found, and taken away one after the other", async () => {
  await using at = await world();
  const path = await at.create({
    ClientToken: "a",
    TagSpecifications: [{ ResourceType: "network-insights-path", Tags: [{ Key: "k", Value: "v" }] }],
  });
  expect(path).toMatchObject({
    Source: ENI,
    DestinationIp: "192.0.2.7",
    Protocol: "tcp",
    DestinationPort: 443,
    Tags: [{ Key: "k", Value: "v" }],
  });
  expect(await at.create({ ClientToken: "a" })).toEqual(path);
  await expect(at.create({ ClientToken: "a", DestinationPort: 80 })).rejects.toMatchObject({ name: "IdempotentParameterMismatch" });
  const { NetworkInsightsPathId } = path;
  const started = await at.client.send(new StartNetworkInsightsAnalysisCommand({ NetworkInsightsPathId }));
  const { NetworkInsightsAnalysisId } = started.NetworkInsightsAnalysis!;
  await expect(at.client.send(new DeleteNetworkInsightsPathCommand({ NetworkInsightsPathId }))).rejects.toMatchObject({
    name: "AnalysisExistsForNetworkInsightsPath",
  });
  await at.client.send(new DeleteNetworkInsightsAnalysisCommand({ NetworkInsightsAnalysisId }));
  await at.client.send(new DeleteNetworkInsightsPathCommand({ NetworkInsightsPathId }));
  expect((await at.client.send(new DescribeNetworkInsightsPathsCommand({}))).NetworkInsightsPaths).toEqual([]);
});

test("an end that is gone is told in the analysis", async () => {
  await using at = await world();
  const { NetworkInsightsPathId } = await at.create({ Destination: at.endpoint("Interface"), DestinationIp: undefined });
  at.state.commit(() => at.state.table(vpcEndpoints).delete(at.endpoint("Interface")));
  const { NetworkInsightsAnalysis } = await at.client.send(new StartNetworkInsightsAnalysisCommand({ NetworkInsightsPathId }));
  expect(NetworkInsightsAnalysis).toMatchObject({
    NetworkPathFound: false,
    Explanations: [{ ExplanationCode: "NO_SOURCE_OR_DESTINATION" }],
  });
});

test.each<[what: string, input: Partial<CreateNetworkInsightsPathCommandInput>, name: string]>([
  ["an interface that is not there", { Source: "eni-1" }, "InvalidNetworkInterfaceID.NotFound"],
  ["an endpoint as a source", { Source: "vpce-1" }, "InvalidParameterValue"],
  ["something that has no interface", { Destination: "i-1234567890abcdef0" }, "InvalidParameterValue"],
  ["an endpoint that is not there", { Destination: "vpce-1" }, "InvalidVpcEndpointId.NotFound"],
  ["an address that is none", { DestinationIp: "10.0.0.256" }, "InvalidParameterValue"],
  ["no destination", { DestinationIp: undefined }, "MissingParameter"],
  ["an empty source", { Source: "" }, "MissingParameter"],
  ["a protocol that is none", { Protocol: "icmp" as never }, "InvalidParameterValue"],
  ["a filter at the destination", { FilterAtDestination: { SourceAddress: "10.0.0.1" } }, "UnsupportedOperation"],
])("%s is refused", async (_what, input, name) => {
  await using at = await world();
  await expect(at.create(input)).rejects.toMatchObject({ name });
});
