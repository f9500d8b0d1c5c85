import { Resolver } from "node:dns/promises";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  FilterLogEventsCommand,
  PutResourcePolicyCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { CreateClusterCommand, DescribeTasksCommand, ECSClient, RegisterTaskDefinitionCommand, RunTaskCommand } from "@aws-sdk/client-ecs";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateLoadBalancerCommand, ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  ChangeResourceRecordSetsCommand,
  CreateHealthCheckCommand,
  CreateHostedZoneCommand,
  CreateQueryLoggingConfigCommand,
  ListHostedZonesByNameCommand,
  Route53Client,
  UpdateHealthCheckCommand,
  type ResourceRecordSet,
} from "@aws-sdk/client-route-53";
import { expect, test } from "vitest";
import { airfieldProcess, freePort } from "../../src/testing/airfield-process.ts";
import { runCommand } from "../../src/testing/aws-cli.ts";
import { buildImage, pushImage, removeImage } from "../../src/testing/images.ts";
import { ensureExecutionRole } from "../../src/testing/roles.ts";

/** A task whose shell is a client in the VPC, and that answers over HTTP. */
const SERVER = 'httpd -p 8080 -h /www; trap "exit 0" TERM; sleep 2147483647 & wait';

async function world() {
  const dns = `127.0.0.1:${await freePort()}`;
  const airfield = await airfieldProcess({ environment: { AIRFIELD_DNS: dns } });
  const local = `airfield-test-${airfield.port}/names:1`;
  await buildImage({ name: local, files: { "www/index.html": "up" }, instructions: [`CMD ${JSON.stringify(["sh", "-c", SERVER])}`] });
  await airfield.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "names" }));
  const image = await pushImage(airfield, local, "names", "1");
  const onHost = new Resolver({ timeout: 2000, tries: 2 });
  onHost.setServers([dns]);
  return {
    ...{ airfield, local, image, onHost },
    route53: airfield.client(Route53Client),
    async [Symbol.asyncDispose]() {
      await airfield[Symbol.asyncDispose]();
      for (const one of [local, image]) await removeImage(one);
    },
  };
}

type World = Awaited<ReturnType<typeof world>>;

async function zone({ route53 }: World, Name: string, vpc?: string): Promise<(...sets: readonly ResourceRecordSet[]) => Promise<unknown>> {
  const VPC = vpc === undefined ? {} : { VPC: { VPCId: vpc, VPCRegion: "us-east-1" as const } };
  const { HostedZone } = await route53.send(new CreateHostedZoneCommand({ Name, CallerReference: `${Name}${vpc ?? ""}`, ...VPC }));
  return (...sets) => {
    const Changes = sets.map((ResourceRecordSet) => ({ Action: "UPSERT" as const, ResourceRecordSet }));
    return route53.send(new ChangeResourceRecordSetsCommand({ HostedZoneId: HostedZone?.Id, ChangeBatch: { Changes } }));
  };
}

const a = (Name: string, ...values: readonly string[]): ResourceRecordSet => ({
  ...{ Name, Type: "A", TTL: 60 },
  ResourceRecords: values.map((Value) => ({ Value })),
});

/** Has what is asked of a public zone logged; gives its lines. */
async function queryLog({ airfield, route53 }: World, DNSName: string): Promise<() => Promise<readonly string[]>> {
  const logs = airfield.client(CloudWatchLogsClient);
  const logGroupName = `/aws/route53/${DNSName}`;
  await logs.send(new CreateLogGroupCommand({ logGroupName }));
  const Statement = [
    {
      ...{ Effect: "Allow", Principal: { Service: "route53.amazonaws.com" }, Resource: "*" },
      Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
    },
  ];
  const policyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  await logs.send(new PutResourcePolicyCommand({ policyName: "dns", policyDocument }));
  const { HostedZones = [] } = await route53.send(new ListHostedZonesByNameCommand({ DNSName, MaxItems: 1 }));
  const CloudWatchLogsLogGroupArn = `arn:aws:logs:us-east-1:123456789012:log-group:${logGroupName}`;
  await route53.send(new CreateQueryLoggingConfigCommand({ HostedZoneId: HostedZones[0]?.Id, CloudWatchLogsLogGroupArn }));
  return async () => (await logs.send(new FilterLogEventsCommand({ logGroupName }))).events?.map(({ message = "" }) => message) ?? [];
}

/** A task in the default VPC: its address, and what its resolver says of names. */
async function task({ airfield, image }: World, subnet: string) {
  const ecs = airfield.client(ECSClient);
  await ecs.send(new CreateClusterCommand({ clusterName: "names" }));
  const executionRoleArn = await ensureExecutionRole(airfield);
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      ...{ family: "names", networkMode: "awsvpc", requiresCompatibilities: ["FARGATE"], cpu: "256", memory: "512", executionRoleArn },
      containerDefinitions: [{ name: "web", image, essential: true, stopTimeout: 2 }],
    }),
  );
  const networkConfiguration = { awsvpcConfiguration: { subnets: [subnet] } };
  const { tasks } = await ecs.send(
    new RunTaskCommand({ cluster: "names", taskDefinition: "names", launchType: "FARGATE", networkConfiguration }),
  );
  const arn = tasks?.[0]?.taskArn ?? "";
  const describe = async () => (await ecs.send(new DescribeTasksCommand({ cluster: "names", tasks: [arn] }))).tasks?.[0];
  await expect.poll(async () => (await describe())?.lastStatus, { timeout: 30_000, interval: 100 }).toBe("RUNNING");
  const found = await describe();
  const address = found?.attachments?.[0]?.details?.find(({ name }) => name === "privateIPv4Address")?.value ?? "";
  const ps = await runCommand("docker", ["ps", "--quiet", "--filter", `ancestor=${image}`], process.env);
  const container = ps.stdout.trim().split("\n")[0] ?? "";
  return {
    address,
    /** Asks as most programs do, over a socket that is told where nobody listens. */
    ask: async (name: string): Promise<string> => {
      const { stdout: pid } = await runCommand("docker", ["inspect", "--format", "{{.State.Pid}}", container], process.env);
      const { stdout: told } = await runCommand("docker", ["exec", container, "cat", "/etc/resolv.conf"], process.env);
      const servers = /^nameserver (\S+)$/m.exec(told)?.slice(1);
      const asks = `const { Resolver } = require("node:dns").promises; const one = new Resolver(); one.setServers(${JSON.stringify(servers)});
        one.resolve4(${JSON.stringify(name)}).then((found) => console.log(found.join()), ({ code }) => console.log(code));`;
      const { stdout } = await runCommand("nsenter", ["--target", pid.trim(), "--net", process.execPath, "--eval", asks], process.env);
      return stdout.trim();
    },
    lookUp: async (name: string): Promise<string> => {
      const { stdout } = await runCommand("docker", ["exec", container, "nslookup", "-type=a", name], process.env);
      const addresses = [...stdout.matchAll(/^Address: ([\d.]+)$/gm)].map(([, one]) => one ?? "").toSorted((x, y) => (x < y ? -1 : 1));
      return addresses.length > 0 ? addresses.join(" ") : (/NXDOMAIN|REFUSED|SERVFAIL/.exec(stdout)?.[0] ?? "nothing");
    },
  };
}

test(
  "names of zones mean to a task and to this host what they should, and follow the health of endpoints",
  { timeout: 120_000 },
  async () => {
    await using at = await world();
    const { airfield, onHost, route53 } = at;
    const { Subnets = [] } = await airfield.client(EC2Client).send(new DescribeSubnetsCommand());
    const [first, second] = Subnets.map(({ SubnetId = "" }) => SubnetId);
    const shop = await zone(at, "shop.test");
    const inVpc = await zone(at, "shop.test", Subnets[0]?.VpcId);
    const many = Array.from({ length: 80 }, (_, index) => `192.0.2.${index}`);
    await shop(a("www.shop.test", "192.0.2.1"), a("public.shop.test", "192.0.2.2"), a("many.shop.test", ...many));
    await inVpc(a("www.shop.test", "10.9.9.9"));
    const { LoadBalancers } = await airfield
      .client(ElasticLoadBalancingV2Client)
      .send(new CreateLoadBalancerCommand({ Name: "names", Subnets: [first ?? "", second ?? ""] }));
    const { DNSName = "", CanonicalHostedZoneId: HostedZoneId = "" } = LoadBalancers?.[0] ?? {};
    const AliasTarget = { HostedZoneId, DNSName, EvaluateTargetHealth: false };
    const other = await zone(at, "other.test");
    await other({ Name: "other.test", Type: "A", AliasTarget });

    const logged = await queryLog(at, "other.test");

    // Over TCP where a datagram has no room.
    expect(await onHost.resolve4("www.shop.test")).toEqual(["192.0.2.1"]);
    expect(await onHost.resolve4("many.shop.test")).toHaveLength(80);
    expect(await onHost.resolve4("other.test")).toEqual(["127.0.0.1"]);
    await expect(onHost.resolve4("gone.shop.test")).rejects.toMatchObject({ code: "ENOTFOUND" });
    await expect(onHost.resolve6("www.shop.test")).rejects.toMatchObject({ code: "ENODATA" });

    await expect.poll(logged, { timeout: 10_000 }).toEqual([expect.stringMatching(/ other\.test A NOERROR UDP LOCAL 127\.0\.0\.1 -$/)]);

    const { address, lookUp, ask } = await task(at, first ?? "");
    expect([await lookUp("www.shop.test"), await lookUp("public.shop.test")]).toEqual(["10.9.9.9", "NXDOMAIN"]);
    expect(await lookUp("other.test")).toBe(await lookUp(DNSName));
    expect(await lookUp("other.test")).toMatch(/^[\d.]+( [\d.]+)*$/);

    const HealthCheckConfig = {
      ...{ Type: "HTTP_STR_MATCH" as const, IPAddress: address, Port: 8080, SearchString: "up" },
      ...{ RequestInterval: 10, FailureThreshold: 1 },
    };
    const made = await route53.send(new CreateHealthCheckCommand({ CallerReference: "task", HealthCheckConfig }));
    const HealthCheckId = made.HealthCheck?.Id ?? "";
    await other(
      { ...a("app.other.test", address), SetIdentifier: "1", Failover: "PRIMARY", HealthCheckId },
      { ...a("app.other.test", "192.0.2.9"), SetIdentifier: "2", Failover: "SECONDARY" },
    );
    expect(await lookUp("app.other.test")).toBe(address);
    await route53.send(new UpdateHealthCheckCommand({ HealthCheckId, SearchString: "down" }));
    await expect.poll(() => lookUp("app.other.test"), { timeout: 30_000, interval: 250 }).toBe("192.0.2.9");

    // What was acknowledged is answered after a crash, and who asks a resolver in between waits.
    await airfield.kill();
    const asked = ask("www.shop.test");
    await using _again = await airfield.restart();
    expect(await onHost.resolve4("www.shop.test")).toEqual(["192.0.2.1"]);
    expect(await asked).toBe("10.9.9.9");
  },
);
