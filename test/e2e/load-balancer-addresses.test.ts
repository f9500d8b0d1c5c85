import { setTimeout as pause } from "node:timers/promises";
import {
  ECSClient,
  CreateClusterCommand,
  CreateServiceCommand,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
  waitUntilServicesStable,
} from "@aws-sdk/client-ecs";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { DescribeNetworkInterfacesCommand, DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { airfieldProcess, freePort, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { runCommand } from "../../src/testing/aws-cli.ts";
import { buildImage, pushImage, removeImage } from "../../src/testing/images.ts";
import { load } from "../../src/testing/load.ts";
import { openGroup } from "../../src/testing/open-group.ts";
import { ensureExecutionRole } from "../../src/testing/roles.ts";
import { send } from "./load.ts";

/** A task that says who connects to it, and whose shell is a client in the VPC. */
const SERVER = 'httpd -p 8080 -h /www; trap "exit 0" TERM; sleep 2147483647 & wait';
const FILES = {
  "www/index.html": "ok",
  // It calls an IPv4 address `[::ffff:10.0.0.5]`.
  "www/cgi-bin/from": `#!/bin/sh\nfrom=\${REMOTE_ADDR##*:}\nprintf "Content-Type: text/plain\\r\\n\\r\\n%s" "\${from%]}"\n`,
};

async function run(command: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(command, args, process.env);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
  return stdout.trim();
}

async function world() {
  const airfield = await airfieldProcess();
  const local = `airfield-test-${airfield.port}/from:1`;
  await buildImage({ name: local, files: FILES, instructions: [`CMD ${JSON.stringify(["sh", "-c", SERVER])}`] });
  await airfield.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "from" }));
  const image = await pushImage(airfield, local, "from", "1");
  const open = await openGroup(airfield, "open");
  const { Subnets = [] } = await airfield.client(EC2Client).send(new DescribeSubnetsCommand());
  const [a, b] = Subnets.map(({ SubnetId = "" }) => SubnetId);
  return {
    airfield,
    local,
    image,
    /** Lets everybody in: load balancers and tasks have it. */
    open,
    subnets: [a ?? "", b ?? ""] as const,
    vpc: Subnets[0]?.VpcId ?? "",
    async [Symbol.asyncDispose]() {
      await airfield[Symbol.asyncDispose]();
      for (const one of [local, image]) await removeImage(one);
    },
  };
}

type World = Awaited<ReturnType<typeof world>>;

async function loadBalancer(at: World, type: "application" | "network", port: number, groups: string[]) {
  const client = at.airfield.client(elb.ElasticLoadBalancingV2Client);
  const { LoadBalancers } = await client.send(
    new elb.CreateLoadBalancerCommand({ Name: `own-${type}`, Type: type, Subnets: [...at.subnets], SecurityGroups: [at.open] }),
  );
  const { LoadBalancerArn: arn = "", DNSName: name = "" } = LoadBalancers?.[0] ?? {};
  const protocol = type === "network" ? "TCP" : "HTTP";
  const { TargetGroups } = await client.send(
    new elb.CreateTargetGroupCommand({
      ...{ Name: `own-${type}`, TargetType: "ip", Protocol: protocol, Port: 8080, VpcId: at.vpc },
      ...{ HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 2, HealthyThresholdCount: 2 },
    }),
  );
  const group = TargetGroups?.[0]?.TargetGroupArn ?? "";
  groups.push(group);
  const DefaultActions = [{ Type: "forward", TargetGroupArn: group } as const];
  await client.send(new elb.CreateListenerCommand({ LoadBalancerArn: arn, Protocol: protocol, Port: port, DefaultActions }));
  return { arn, name, group, port };
}

async function addressesOf(airfield: AirfieldProcess, arn: string): Promise<string[]> {
  const Filters = [{ Name: "description", Values: [`ELB ${arn.split(":loadbalancer/")[1]}`] }];
  const { NetworkInterfaces = [] } = await airfield.client(EC2Client).send(new DescribeNetworkInterfacesCommand({ Filters }));
  return NetworkInterfaces.map(({ PrivateIpAddress = "" }) => PrivateIpAddress).sort();
}

async function service(at: World, groups: readonly string[]): Promise<void> {
  const ecs = at.airfield.client(ECSClient);
  await ecs.send(new CreateClusterCommand({ clusterName: "own" }));
  const executionRoleArn = await ensureExecutionRole(at.airfield);
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      ...{ family: "from", networkMode: "awsvpc", requiresCompatibilities: ["FARGATE"], cpu: "256", memory: "512", executionRoleArn },
      containerDefinitions: [{ name: "web", image: at.image, essential: true, portMappings: [{ containerPort: 8080 }], stopTimeout: 5 }],
    }),
  );
  await ecs.send(
    new CreateServiceCommand({
      ...{ cluster: "own", serviceName: "from", taskDefinition: "from", desiredCount: 1, launchType: "FARGATE" },
      networkConfiguration: { awsvpcConfiguration: { subnets: [at.subnets[0]], securityGroups: [at.open] } },
      loadBalancers: groups.map((targetGroupArn) => ({ targetGroupArn, containerName: "web", containerPort: 8080 })),
    }),
  );
}

async function healthy(at: World, group: string): Promise<void> {
  const client = at.airfield.client(elb.ElasticLoadBalancingV2Client);
  for (;;) {
    const { TargetHealthDescriptions = [] } = await client.send(new elb.DescribeTargetHealthCommand({ TargetGroupArn: group }));
    if (TargetHealthDescriptions.some(({ TargetHealth }) => TargetHealth?.State === "healthy")) return;
    // DescribeTargetHealth is all that a client has to look at.
    await pause(50);
  }
}

test("load balancers are at addresses of their own in their VPC, from which targets see them come", { timeout: 120_000 }, async () => {
  await using at = await world();
  const { airfield } = at;
  const groups: string[] = [];
  const web = await loadBalancer(at, "application", await freePort(), groups);
  const db = await loadBalancer(at, "network", await freePort(), groups);
  await service(at, groups);
  for (const group of groups) await healthy(at, group);
  const [own, streams] = [await addressesOf(airfield, web.arn), await addressesOf(airfield, db.arn)];
  expect([own.length, streams.length]).toEqual([2, 2]);

  // From this host and from a task, at each of the addresses, and under any name.
  const seenFrom = async (host: string, port: number): Promise<string> => (await send(port, { host, path: "/cgi-bin/from" })).body;
  for (const host of own) expect(own).toContain(await seenFrom(host, web.port));
  expect(own).toContain(await seenFrom("127.0.0.1", web.port));
  expect(streams).toContain(await seenFrom("127.0.0.1", db.port));
  const container = (await run("docker", "ps", "--quiet", "--filter", `ancestor=${at.image}`)).split("\n")[0] ?? "";
  const inTask = (...args: readonly string[]): Promise<string> => run("docker", "exec", container, ...args);
  expect(own).toContain(await inTask("wget", "-qO-", `http://${own[0]}:${web.port}/cgi-bin/from`));
  const named = async (name: string): Promise<ReadonlySet<string | undefined>> => {
    const told = await inTask("nslookup", "-type=a", name.replace(".elb.localhost", ".elb.amazonaws.com"));
    return new Set([...told.matchAll(/^Address: ([\d.]+)$/gm)].map(([, address]) => address));
  };
  expect(await named(web.name)).toEqual(new Set(own));

  // The one task is in one zone: by default a network load balancer's other address has no target, and names do not lead to it.
  const [near = ""] = [...(await named(db.name))];
  const far = streams.find((address) => address !== near) ?? "";
  expect([...(await named(db.name))]).toEqual([near]);
  expect(streams).toContain(near);
  expect(await inTask("wget", "-qO-", `http://${near}:${db.port}/cgi-bin/from`)).toBe(near);
  await expect(seenFrom(far, db.port)).rejects.toThrow(/ECONNRESET|socket hang up/);
  const Attributes = [{ Key: "load_balancing.cross_zone.enabled", Value: "true" }];
  await airfield
    .client(elb.ElasticLoadBalancingV2Client)
    .send(new elb.ModifyLoadBalancerAttributesCommand({ LoadBalancerArn: db.arn, Attributes }));
  await answers(far, db.port, "ok");
  for (const host of streams) expect(streams).toContain(await seenFrom(host, db.port));
  expect(await named(db.name)).toEqual(new Set(streams));

  // Other networks of this host reach the addresses, and are closed out.
  const stranger = await runCommand("docker", ["run", "--rm", at.local, "wget", "-qO-", `http://${own[0]}:${web.port}/`], process.env);
  expect([stranger.code, stranger.stdout]).not.toEqual([0, "ok"]);

  // A restart changes nothing for the proxy.
  const worker = async (): Promise<string> => run("pgrep", "-f", `${airfield.dataDirectory}/proxy/haproxy.cfg`);
  const before = await worker();
  await airfield.kill();
  expect(own).toContain(await seenFrom(own[0] ?? "", web.port));
  await using again = await airfield.restart();
  await healthy({ ...at, airfield: again }, groups[0] ?? "");
  expect(own).toContain(await seenFrom(own[0] ?? "", web.port));
  expect(await worker()).toBe(before);

  await again.client(elb.ElasticLoadBalancingV2Client).send(new elb.DeleteLoadBalancerCommand({ LoadBalancerArn: web.arn }));
  const onHost = async (): Promise<string> => run("ip", "-4", "-oneline", "address", "show");
  for (;;) {
    const shown = await onHost();
    if (!own.some((address) => shown.includes(` ${address}/32 `))) break;
    // Nothing tells a client when the host has let go of an address.
    await pause(50);
  }
  for (const host of streams) expect(streams).toContain(await seenFrom(host, db.port));
});

test(
  "a load balancer's network is made for it, and its addresses are there again after the network is made anew",
  { timeout: 60_000 },
  async () => {
    await using airfield = await airfieldProcess();
    const client = airfield.client(elb.ElasticLoadBalancingV2Client);
    const { Subnets = [] } = await airfield.client(EC2Client).send(new DescribeSubnetsCommand());
    const { LoadBalancers } = await client.send(
      new elb.CreateLoadBalancerCommand({
        ...{ Name: "alone", Subnets: Subnets.slice(0, 2).map(({ SubnetId = "" }) => SubnetId) },
        SecurityGroups: [await openGroup(airfield, "open")],
      }),
    );
    const arn = LoadBalancers?.[0]?.LoadBalancerArn ?? "";
    const port = await freePort();
    const FixedResponseConfig = { StatusCode: "200", ContentType: "text/plain", MessageBody: "alone" };
    const DefaultActions = [{ Type: "fixed-response", FixedResponseConfig } as const];
    await client.send(new elb.CreateListenerCommand({ LoadBalancerArn: arn, Protocol: "HTTP", Port: port, DefaultActions }));
    const [address = ""] = await addressesOf(airfield, arn);
    await answers(address, port, "alone");
    const network = await run("docker", "network", "ls", "--quiet", "--filter", `label=airfield.vpc=${Subnets[0]?.VpcId}`);
    await run("docker", "network", "rm", network);
    await answers(address, port, "alone");
    const again = await run("docker", "network", "ls", "--quiet", "--filter", `label=airfield.vpc=${Subnets[0]?.VpcId}`);
    expect(again).not.toBe(network);
  },
);

test("a service behind a network load balancer is deployed anew under load, and no connection is lost", { timeout: 120_000 }, async () => {
  await using at = await world();
  const groups: string[] = [];
  const { group, port } = await loadBalancer(at, "network", await freePort(), groups);
  const Attributes = [{ Key: "deregistration_delay.timeout_seconds", Value: "5" }];
  const client = at.airfield.client(elb.ElasticLoadBalancingV2Client);
  await client.send(new elb.ModifyTargetGroupAttributesCommand({ TargetGroupArn: group, Attributes }));
  await service(at, groups);
  await healthy(at, group);
  const before = await targetsOf(at, group);
  const traffic = load(`http://127.0.0.1:${port}`, { keptConnections: 0, newConnections: 2 });
  const ecs = at.airfield.client(ECSClient);
  await ecs.send(new UpdateServiceCommand({ cluster: "own", service: "from", forceNewDeployment: true }));
  await waitUntilServicesStable({ client: ecs, maxWaitTime: 90, minDelay: 1, maxDelay: 1 }, { cluster: "own", services: ["from"] });
  const { answered, failures } = await traffic.stop();
  expect(failures).toEqual([]);
  expect(answered).toBeGreaterThan(50);
  const after = await targetsOf(at, group);
  expect(after.some((id) => before.includes(id))).toBe(false);
});

/** The targets that do not drain. */
async function targetsOf(at: World, TargetGroupArn: string): Promise<readonly (string | undefined)[]> {
  const client = at.airfield.client(elb.ElasticLoadBalancingV2Client);
  const { TargetHealthDescriptions = [] } = await client.send(new elb.DescribeTargetHealthCommand({ TargetGroupArn }));
  return TargetHealthDescriptions.flatMap(({ Target, TargetHealth }) => (TargetHealth?.State === "draining" ? [] : [Target?.Id]));
}

/** Resolves when a load balancer answers so at an address: the host has it, and the proxy listens there. */
async function answers(host: string, port: number, body: string): Promise<void> {
  for (;;) {
    const answer = await Promise.race([send(port, { host }).catch(() => undefined), pause(1000)]);
    if (answer?.body === body) return;
    // Nothing tells a client when.
    await pause(50);
  }
}
