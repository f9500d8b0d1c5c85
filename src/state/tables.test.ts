import { describe, expect, test } from "vitest";
import { interfaceOf, taskRecord } from "../testing/task-record.ts";
import { withoutDefaultVpc } from "./default-vpc.ts";
import { dhcpOptions } from "./ec2-dhcp-options.ts";
import { vpcPeerings } from "./ec2-peering.ts";
import { prefixLists, prefixListVersions } from "./ec2-prefix-lists.ts";
import { defaultEndpointsDue } from "./default-endpoints.ts";
import { vpcEndpoints } from "./ec2-endpoints.ts";
import { subnetReservations } from "./ec2-subnet-reservations.ts";
import { securityGroups, subnets, vpcs } from "./ec2.ts";
import { layerUploads } from "./ecr-layer-uploads.ts";
import { lifecyclePolicies, lifecyclePreviews } from "./ecr-lifecycle.ts";
import { pullThroughRules } from "./ecr-pull-through.ts";
import { pullTimeExclusions, registries } from "./ecr-registries.ts";
import { backfills } from "./ecr-replication-backfills.ts";
import { imports } from "./ecr-imports.ts";
import { images, layers, repositories } from "./ecr.ts";
import { accountSettings } from "./ecs-account-settings.ts";
import { serviceDeployments } from "./ecs-service-deployments.ts";
import { clusters, families, services, taskDefinitions, tasks, type TaskRecord } from "./ecs.ts";
import { acmAccounts, certificates } from "./acm.ts";
import { listeners, loadBalancers, rules, targetGroups, targets } from "./elb.ts";
import { hostBlocks } from "./host-blocks.ts";
import { iamAccounts, roleDeletions } from "./iam-account.ts";
import { accessKeys, groups, instanceProfiles, oidcProviders, policies, roles, users } from "./iam.ts";
import { logGroups, logStreams } from "./logs.ts";
import { connectAddresses, connectServers } from "./ecs-connect.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { parameters } from "./parameters.ts";
import { changes, cidrCollections, delegationSets, healthChecks, hostedZones, recordSetProtections, recordSets } from "./route53.ts";
import { healthStatuses } from "./route53-health.ts";
import { secrets } from "./secrets.ts";
import { serverCertificates } from "./server-certificates.ts";
import { accountOfArn, accountOfKey, type TableDefinition } from "./table.ts";

const ME = "123456789012";
const scope = { account: ME, region: "us-east-1" };
const SCOPE = `${ME}/us-east-1`;
const GROUP = `arn:aws:elasticloadbalancing:us-east-1:${ME}:targetgroup/web/1`;
const APP = `${SCOPE}/app`;
/** An action that looks at tokens by the keys of an endpoint. */
const JWT = { Type: "jwt-validation", JwtValidationConfig: { JwksEndpoint: "https://keys", Issuer: "i" } } as const;
const forward = (...arns: readonly string[]) => arns.map((TargetGroupArn) => ({ TargetGroupArn }));

/** A table of whatever records, as the state sees it. */
type AnyTable = TableDefinition<never, never>;

/** A table, a record of it, the record's key, and under what it is filed. */
type Case = readonly [table: AnyTable, record: object, key: string, filed: Readonly<Record<string, unknown>>];

const filedUnder = ({ indexes }: AnyTable, record: object): object =>
  Object.fromEntries(Object.entries<(record: object) => unknown>(indexes).map(([name, valueOf]) => [name, valueOf(record)]));
const entry = (table: unknown, record: object, key: string, filed: Case[3] = {}): Case => [
  table as AnyTable,
  { ...scope, ...record },
  key,
  filed,
];

describe("records are kept where earlier versions look for them, and found by what they say", () => {
  test.each<Case>([
    entry(vpcs, { id: "vpc-1" }, "vpc-1", { scope: SCOPE }),
    entry(subnets, { id: "subnet-1", vpcId: "vpc-1" }, "subnet-1", { scope: SCOPE, vpc: "vpc-1" }),
    entry(
      securityGroups,
      { id: "sg-1", vpcId: "vpc-1", rules: [{ referencedGroupId: "sg-2" }, { referencedGroupId: "sg-2" }, {}] },
      "sg-1",
      {
        ...{ scope: SCOPE, vpc: "vpc-1", reference: ["sg-2"] },
      },
    ),
    entry(
      networkInterfaces,
      {
        ...{ id: "eni-1", vpcId: "vpc-1", subnetId: "s", privateIpv4Address: "10.0.0.4", secondaryAddresses: ["10.0.0.5"] },
        ...{ loadBalancerArn: "lb", natGatewayId: "nat", vpcEndpointId: "vpce", groupIds: ["sg-1"] },
      },
      "eni-1",
      {
        ...{ scope: SCOPE, vpc: "vpc-1", subnet: "s", severalIn: "s", address: ["s/10.0.0.4", "s/10.0.0.5"] },
        ...{ loadBalancer: "lb", natGateway: "nat", vpcEndpoint: "vpce", group: ["sg-1"] },
        endpointAddress: "10.0.0.4",
      },
    ),
    entry(
      vpcEndpoints,
      { id: "vpce-1", vpcId: "vpc-1", subnetIds: ["s"], groupIds: ["sg-1"], routeTableIds: ["rtb-1"], serviceName: "com.s3" },
      "vpce-1",
      { scope: SCOPE, vpc: "vpc-1", subnet: ["s"], group: ["sg-1"], routeTable: ["rtb-1"], service: "vpc-1/com.s3" },
    ),
    entry(defaultEndpointsDue, { vpcId: "vpc-1" }, "vpc-1"),
    entry(clusters, { arn: "c" }, "c", { scope: SCOPE }),
    entry(taskDefinitions, { arn: "d", family: "web" }, "d", { scope: SCOPE, family: `${SCOPE}/web` }),
    entry(families, { family: "web" }, `${SCOPE}/web`),
    entry(services, { arn: "s", clusterArn: "c", status: "DRAINING", deployments: [{ connect: { namespaceId: "ns-1" } }, {}] }, "s", {
      ...{ cluster: "c", scope: SCOPE, status: "DRAINING", connect: ["ns-1"] },
    }),
    entry(connectAddresses, { vpcId: "vpc-1", namespaceId: "ns-1", name: "api", address: "240.0.0.1" }, "vpc-1/ns-1/api", {
      ...{ namespace: "ns-1", name: "ns-1/api", vpc: "vpc-1", address: "240.0.0.1" },
    }),
    entry(connectServers, { discoveryServiceId: "srv-1", taskId: "1", taskArn: "t", drainingUntil: 1 }, "srv-1/1", {
      ...{ endpoint: "srv-1", task: "t", draining: "draining" },
    }),
    entry(serviceDeployments, { arn: "d", serviceArn: "s", revisionArn: "r", deploymentId: "ecs-svc/1" }, "d", {
      service: "s",
      revision: "r",
      deployment: "s/ecs-svc/1",
    }),
    entry(accountSettings, { principalArn: "arn:user", name: "containerInsights" }, `${SCOPE}/arn:user/containerInsights`, {
      scope: SCOPE,
    }),
    entry(certificates, { arn: "c", status: "ISSUED" }, "c", { scope: SCOPE, validation: undefined, pending: undefined }),
    entry(
      certificates,
      { arn: "c", status: "PENDING_VALIDATION", request: { validations: [{ recordName: "_x.a." }, { recordName: "_x.b." }] } },
      "c",
      { scope: SCOPE, validation: ["_x.a.", "_x.b."], pending: "pending" },
    ),
    entry(certificates, { arn: "c", status: "ISSUED", renewal: { status: "PENDING_VALIDATION" } }, "c", {
      ...{ scope: SCOPE, validation: undefined, pending: "pending" },
    }),
    entry(acmAccounts, {}, SCOPE),
    entry(loadBalancers, { arn: "lb", dnsName: "Web-1.elb", securityGroups: ["sg-1"] }, "lb", {
      scope: SCOPE,
      dnsName: "web-1.elb",
      securityGroup: ["sg-1"],
    }),
    entry(
      listeners,
      {
        ...{ arn: "l", loadBalancerArn: "lb", certificates: [{ certificateArn: "c", isDefault: true }] },
        defaultActions: [JWT, ...forward("g")],
      },
      "l",
      { loadBalancer: "lb", targetGroup: ["g"], certificate: ["c"], trustStore: undefined, signingKeys: [`${ME}/https://keys`] },
    ),
    entry(rules, { arn: "r", listenerArn: "l", loadBalancerArn: "lb", actions: [JWT, ...forward("g", "h")] }, "r", {
      listener: "l",
      loadBalancer: "lb",
      targetGroup: ["g", "h"],
      signingKeys: [`${ME}/https://keys`],
    }),
    entry(targetGroups, { arn: GROUP }, GROUP, { scope: SCOPE }),
    entry(targets, { targetGroupArn: GROUP, id: "10.0.0.1", port: 80, health: { state: "healthy" } }, `${GROUP}|10.0.0.1|80`, {
      ...{ targetGroup: GROUP, healthy: GROUP, healthyIn: `${GROUP}|all`, loadBalancer: undefined },
      draining: undefined,
    }),
    entry(targets, { targetGroupArn: GROUP, id: "i", port: 1, health: { state: "draining" }, drainingUntil: 0 }, `${GROUP}|i|1`, {
      ...{ targetGroup: GROUP, healthy: undefined, healthyIn: undefined, loadBalancer: undefined },
      draining: "draining",
    }),
    entry(repositories, { name: "app", arn: "arn" }, APP, { scope: SCOPE, account: ME, arn: "arn" }),
    entry(
      images,
      { repository: APP, digest: "a", tags: ["1", "2"], blobs: ["b"], manifests: [{ digest: "m" }], subject: "s", status: "ARCHIVED" },
      `${APP}@a`,
      {
        ...{ repository: APP, tag: [`${APP}:1`, `${APP}:2`], blob: [`${APP}@b`], listed: [`${APP}@m`] },
        ...{ subject: `${APP}@s`, status: "ARCHIVED", manifest: "a" },
      },
    ),
    entry(images, { repository: APP, digest: "a", tags: [], blobs: [], manifests: [] }, `${APP}@a`, {
      ...{ repository: APP, tag: [], blob: [], listed: [], subject: undefined, status: undefined, manifest: "a" },
    }),
    entry(layers, { repository: APP, digest: "b" }, `${APP}@b`, { repository: APP, digest: "b" }),
    entry(imports, { repository: APP, digest: "a", tags: ["1"], manifest: { blobs: [{ digest: "b" }] } }, `${APP}@a`, {
      repository: APP,
      tag: [`${APP}:1`],
      blob: [`${APP}@b`],
    }),
    entry(layerUploads, { id: "u", repository: APP }, "u", { repository: APP }),
    entry(lifecyclePolicies, { repository: APP }, APP),
    entry(lifecyclePreviews, { repository: APP }, APP),
    entry(pullThroughRules, { prefix: "quay" }, `${SCOPE}/quay`, { scope: SCOPE }),
    entry(registries, {}, SCOPE),
    entry(pullTimeExclusions, { principalArn: "arn:user" }, `${SCOPE}/arn:user`, { registry: SCOPE }),
    entry(backfills, { id: "b" }, "b", { scope: SCOPE }),
    entry(roles, { name: "App", attachedPolicies: ["p"], permissionsBoundary: "b" }, `${ME}/app`, {
      account: ME,
      policy: ["p"],
      boundary: "b",
    }),
    entry(users, { name: "Ada", groups: ["Staff"], attachedPolicies: ["p"] }, `${ME}/ada`, {
      ...{ account: ME, group: [`${ME}/staff`], policy: ["p"], boundary: undefined },
    }),
    entry(groups, { name: "Staff", attachedPolicies: ["p"] }, `${ME}/staff`, { account: ME, policy: ["p"] }),
    entry(accessKeys, { id: "AKIA", userName: "Ada" }, "AKIA", { account: ME, user: `${ME}/ada` }),
    entry(accessKeys, { id: "AKIA" }, "AKIA", { account: ME, user: undefined }),
    entry(instanceProfiles, { name: "Web", roleName: "App" }, `${ME}/web`, { account: ME, role: `${ME}/app` }),
    entry(instanceProfiles, { name: "Web" }, `${ME}/web`, { account: ME, role: undefined }),
    entry(serverCertificates, { arn: "s", name: "Web" }, `${ME}/web`, { account: ME, arn: "s" }),
    entry(oidcProviders, { arn: "o" }, "o", { account: ME }),
    entry(policies, { arn: "p" }, "p", { account: ME }),
    entry(iamAccounts, { alias: "shop" }, ME, { alias: "shop" }),
    entry(roleDeletions, { id: "task/1" }, `${ME}/task/1`),
    entry(logGroups, { name: "/ecs/web" }, `${SCOPE}//ecs/web`, { scope: SCOPE }),
    entry(logStreams, { name: "app/1", group: "/ecs/web" }, `${SCOPE}//ecs/web:app/1`, { group: `${SCOPE}//ecs/web` }),
    entry(dhcpOptions, { id: "dopt-1" }, "dopt-1", { scope: SCOPE }),
    entry(prefixLists, { id: "pl-1" }, "pl-1", { scope: SCOPE }),
    entry(prefixListVersions, { listId: "pl-1", version: 2 }, "pl-1/2", { list: "pl-1" }),
    entry(subnetReservations, { id: "scr-1", subnetId: "subnet-1" }, "scr-1", { scope: SCOPE, subnet: "subnet-1" }),
    entry(withoutDefaultVpc, {}, SCOPE),
    entry(vpcPeerings, { id: "pcx-1", requester: { vpcId: "vpc-1" }, accepter: { vpcId: "vpc-2" } }, `${SCOPE}/pcx-1`, {
      ...{ scope: SCOPE, id: "pcx-1", vpc: ["vpc-1", "vpc-2"] },
    }),
    entry(parameters, { name: "/db" }, `${SCOPE}//db`, { scope: SCOPE, shared: undefined }),
    entry(parameters, { name: "db", sharing: {} }, `${SCOPE}/db`, { scope: SCOPE, shared: "us-east-1" }),
    entry(hostedZones, { id: "Z1", name: "a.b.", privateZone: false, vpcs: [] }, "Z1", {
      ...{ account: ME, publicName: "a.b.", vpc: [], nameInVpc: [] },
    }),
    entry(hostedZones, { id: "Z1", name: "a.b.", privateZone: true, vpcs: [{ id: "vpc-1" }] }, "Z1", {
      ...{ account: ME, publicName: undefined, vpc: ["vpc-1"], nameInVpc: ["vpc-1/a.b."] },
    }),
    entry(hostedZones, { id: "Z2", name: "a.b.", privateZone: false, vpcs: [], delegationSetId: "N1" }, "Z2", {
      ...{ account: ME, publicName: "a.b.", vpc: [], nameInVpc: [], delegationSet: "N1" },
    }),
    entry(delegationSets, { id: "N1", nameServers: ["ns-1.", "ns-2."] }, "N1", { account: ME, nameServer: ["ns-1.", "ns-2."] }),
    entry(recordSets, { zoneId: "Z1", name: "x.a.b.", type: "A", setIdentifier: "i", healthCheckId: "h" }, "Z1/x.a.b./A/i", {
      ...{ zone: "Z1", name: "Z1/x.a.b.", below: ["Z1/a.b.", "Z1/b."], healthCheck: "h" },
    }),
    entry(recordSets, { zoneId: "Z1", name: "b.", type: "A", cidrRouting: { CollectionId: "c" } }, "Z1/b./A/", {
      ...{ zone: "Z1", name: "Z1/b.", below: [], healthCheck: undefined, cidrCollection: "c" },
    }),
    entry(recordSetProtections, { zoneId: "Z1", name: "b.", type: "A" }, "Z1/b./A", { zone: "Z1" }),
    entry(cidrCollections, { id: "c" }, "c", { account: ME }),
    entry(changes, { id: "C1" }, "C1", { account: ME }),
    entry(healthChecks, { id: "h", config: { ChildHealthChecks: ["c"] } }, "h", { account: ME, child: ["c"] }),
    entry(healthStatuses, { id: "h" }, "h"),
    entry(secrets, { arn: "s", name: "db" }, "s", { scope: SCOPE, name: `${SCOPE}/db`, rotationTask: undefined }),
    entry(secrets, { arn: "s", name: "db", rotation: { run: { taskArn: "t" } } }, "s", {
      ...{ scope: SCOPE, name: `${SCOPE}/db`, rotationTask: "t" },
    }),
  ])("$name: %o", (table, record, key, filed) => {
    const { key: keyOf, owner } = table as unknown as TableDefinition<object, never>;
    expect([keyOf(record), owner(record), filedUnder(table, record)]).toEqual([key, ME, filed]);
  });

  test("what the host has is everybody's", () => {
    expect([hostBlocks.key({ cidr: "10.0.0.0/8" }), hostBlocks.owner({ cidr: "10.0.0.0/8" })]).toEqual(["10.0.0.0/8", undefined]);
  });

  test("whose a record is that only an ARN or a key names", () => {
    expect([accountOfArn(GROUP), accountOfKey(APP), accountOfKey("a/b")]).toEqual([ME, ME, "a"]);
    expect(() => accountOfArn("web")).toThrow("a record's owner cannot be told from web");
  });
});

describe("a task is filed", () => {
  const filed = (changes: Partial<TaskRecord> = {}): object => filedUnder(tasks as unknown as AnyTable, taskRecord("1", changes));
  const anywhere = {
    ...{ id: "1", cluster: "arn:aws:ecs:us-east-1:123456789012:cluster/c", service: undefined, scheduled: undefined, live: "live" },
    ...{ address: undefined, subnet: undefined, groupInSubnet: undefined, clientToken: undefined, target: [] },
    ...{ interface: undefined, securityGroup: undefined },
  };
  const networkInterface = interfaceOf("10.0.0.5");

  test.each<[string, Partial<TaskRecord>, object]>([
    ["that runs alone", {}, {}],
    ["of a service", { serviceArn: "s" }, { service: "s", scheduled: "s" }],
    [
      "with an address",
      { networkInterface },
      {
        ...{ address: "subnet-0/10.0.0.5", subnet: "subnet-0", groupInSubnet: "subnet-0 family:app" },
        ...{ interface: "eni-0", from: "10.0.0.5", securityGroup: ["sg-0"] },
      },
    ],
    [
      "that stopped, and gave its place up, but not its address",
      { networkInterface, lastStatus: "STOPPED" },
      { address: "subnet-0/10.0.0.5", live: undefined },
    ],
    ["that stops", { lastStatus: "STOPPING" }, {}],
    ["under a token, in its cluster", { clientToken: "t" }, { clientToken: "arn:aws:ecs:us-east-1:123456789012:cluster/c/t" }],
    [
      "behind load balancers",
      {
        targets: [
          { targetGroupArn: "g", targetId: "10.0.0.5", port: 80 },
          { targetGroupArn: "h", targetId: "i", port: 81 },
        ],
      },
      { target: ["g|10.0.0.5|80", "h|i|81"] },
    ],
  ])("%s", (_, changes, more) => {
    expect(filed(changes)).toEqual({ ...anywhere, ...more });
  });

  test.each<[string, Partial<TaskRecord>, boolean]>([
    ["runs", {}, true],
    ["has stopped by itself, and is not counted", { lastStatus: "STOPPED", stopCode: "EssentialContainerExited" }, true],
    ["could not start, and is not counted", { lastStatus: "STOPPED", stopCode: "TaskFailedToStart" }, true],
    ["is counted", { lastStatus: "STOPPED", stopCode: "EssentialContainerExited", failureCounted: true }, false],
    ["was healthy before", { lastStatus: "STOPPED", stopCode: "EssentialContainerExited", healthySeen: true }, false],
    ["was stopped by somebody", { lastStatus: "STOPPED", stopCode: "UserInitiated" }, false],
    ["has stopped, nobody knows why", { lastStatus: "STOPPED" }, false],
    ["stops, and is counted", { lastStatus: "STOPPING", stopCode: "UserInitiated", failureCounted: true, healthySeen: true }, true],
  ])("where its service's scheduler looks, when it %s: %s", (_, changes, scheduled) => {
    expect(filed({ serviceArn: "s", ...changes })).toMatchObject({ service: "s", scheduled: scheduled ? "s" : undefined });
  });
});
