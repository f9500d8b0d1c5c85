import { expect, test } from "vitest";
import type { CountedFlow } from "../../domain/counted-flows.ts";
import { DEFAULT_FLOW_FORMAT, parseFlowFormat, type FlowFormat } from "../../domain/flow-log-format.ts";
import { flowLine, flowRecords, statusLine, type RecordedInterface, type StoppedAt } from "./flow-records.ts";

const at = (id: string, address: string, more: Partial<RecordedInterface> = {}): RecordedInterface => ({
  ...{ id, address, account: "123456789012", region: "us-east-1", vpcId: "vpc-1", subnetId: "subnet-1" },
  ...{ availabilityZoneId: "use1-az1", hasPublicAddress: false },
  ...more,
});
const A = at("eni-a", "10.0.0.5");
const B = at("eni-b", "10.0.0.6");
const BOTH = new Map([A, B].map((one) => [one.address, one]));
const count = (packets: number) => ({ packets, bytes: packets * 60 });
const flow = (sent: number, passedSender: number, passedReceiver: number, more: Partial<CountedFlow> = {}): CountedFlow => ({
  ...{ source: A.address, destination: B.address, protocol: 6, sourcePort: 40000, destinationPort: 80, firstAt: 1_500_500, tcpFlags: 2 },
  ...{ sent: count(sent), passedSender: count(passedSender), passedReceiver: count(passedReceiver) },
  ...more,
});
const seen = (flows: readonly CountedFlow[], by = BOTH, stopped: StoppedAt = "sender"): readonly string[] =>
  flowRecords(flows, by, new Set(["10.0.0.2"]), () => stopped).map(
    ({ interfaceId, direction, action, count: { packets, bytes } }) => `${interfaceId} ${direction} ${action} ${packets} ${bytes}`,
  );

test.each([
  ["what passes both is accepted at both ends", flow(3, 3, 3), "sender", ["eni-a egress ACCEPT 3 180", "eni-b ingress ACCEPT 3 180"]],
  ["what the sender's rules stop, the receiver never sees", flow(3, 0, 0), "sender", ["eni-a egress REJECT 3 180"]],
  [
    "what the receiver's rules stop has left the sender",
    flow(3, 3, 0),
    "sender",
    ["eni-a egress ACCEPT 3 180", "eni-b ingress REJECT 3 180"],
  ],
  ["a network ACL on the way in is the receiver's", flow(3, 0, 0), "receiver", ["eni-a egress ACCEPT 3 180", "eni-b ingress REJECT 3 180"]],
  ["what no route leads anywhere is nobody's", flow(3, 0, 0), "way", []],
  [
    "what left by a route that is gone meanwhile has left",
    flow(5, 2, 2),
    "way",
    ["eni-a egress ACCEPT 2 120", "eni-b ingress ACCEPT 2 120"],
  ],
  [
    "rules that change meanwhile leave some of both",
    flow(5, 4, 1),
    "sender",
    ["eni-a egress ACCEPT 4 240", "eni-a egress REJECT 1 60", "eni-b ingress ACCEPT 1 60", "eni-b ingress REJECT 3 180"],
  ],
  ["who is not recorded has none", flow(1, 1, 1, { source: "192.0.2.1" }), "sender", ["eni-b ingress ACCEPT 1 60"]],
  ["this host's programs at one of its addresses", flow(2, 0, 0, { source: B.address }), "sender", ["eni-b ingress REJECT 2 120"]],
  ["the resolver is not recorded", flow(1, 1, 1, { protocol: 17, destination: "10.0.0.2", destinationPort: 53 }), "sender", []],
  ["nor are its answers", flow(1, 1, 1, { protocol: 17, source: "10.0.0.2", sourcePort: 53 }), "sender", []],
  ["nor what is link-local", flow(1, 1, 1, { destination: "169.254.170.2" }), "sender", []],
  ["another port of that address is", flow(1, 1, 1, { destination: "10.0.0.2" }), "sender", ["eni-a egress ACCEPT 1 60"]],
] as const)("%s", (_name, one, stopped, expected) => {
  expect(seen([one], BOTH, stopped)).toEqual(expected);
});

const format = (text: string): FlowFormat => parseFlowFormat(text) as FlowFormat;
const interval = { startedAt: 1_500_000, endedAt: 1_560_000 };

test("a line of the default format is as AWS's", () => {
  const [sent, got] = flowRecords([flow(3, 3, 0)], BOTH, new Set(), () => "sender");
  expect(flowLine(format(DEFAULT_FLOW_FORMAT), sent!, A, interval)).toBe(
    "2 123456789012 eni-a 10.0.0.5 10.0.0.6 40000 80 6 3 180 1500 1560 ACCEPT OK",
  );
  expect(flowLine(format(DEFAULT_FLOW_FORMAT), got!, B, interval)).toBe(
    "2 123456789012 eni-b 10.0.0.5 10.0.0.6 40000 80 6 3 180 1500 1560 REJECT OK",
  );
  expect(statusLine(format(DEFAULT_FLOW_FORMAT), "NODATA", A, interval)).toBe("2 123456789012 eni-a - - - - - - - 1500 1560 - NODATA");
});

test("a format has what it asks for, the version of its newest field, and `-` for what is not known", () => {
  const task = { arn: "arn:task", id: "t1", definitionArn: "arn:def", clusterArn: "arn:aws:ecs:r:1:cluster/web", serviceName: "s" };
  const own = at("eni-a", A.address, { task, hasPublicAddress: true });
  const by = new Map([[own.address, own]]);
  const line = (text: string, one = flow(1, 1, 1)) =>
    flowLine(format(text), flowRecords([one], by, new Set(), () => "sender")[0]!, own, interval);
  expect(line("${version} ${vpc-id} ${subnet-id} ${instance-id} ${tcp-flags} ${type} ${pkt-srcaddr} ${pkt-dstaddr}")).toBe(
    "3 vpc-1 subnet-1 - 2 IPv4 10.0.0.5 10.0.0.6",
  );
  expect(line("${version} ${region} ${az-id} ${sublocation-type} ${sublocation-id}")).toBe("4 us-east-1 use1-az1 - -");
  expect(line("${version} ${pkt-src-aws-service} ${flow-direction} ${traffic-path}")).toBe("5 - egress 1");
  expect(line("${traffic-path}", flow(1, 1, 1, { destination: "192.0.2.1" }))).toBe("8");
  expect(line("${version} ${ecs-cluster-name} ${ecs-service-name} ${ecs-task-id} ${ecs-container-id}")).toBe("7 web s t1 -");
  expect(line("${srcaddr}")).toBe("10.0.0.5");
});

test.each([
  ["${version} ${colour}", ["colour"]],
  ["version", ["version"]],
  ["${version}${srcaddr}", ["${version}${srcaddr}"]],
])("%s is no format", (text, unknown) => {
  expect(parseFlowFormat(text)).toEqual({ unknown });
});
