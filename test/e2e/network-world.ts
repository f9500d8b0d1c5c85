import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import * as ec2 from "@aws-sdk/client-ec2";
import {
  CreateClusterCommand,
  DescribeTasksCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  waitUntilTasksRunning,
} from "@aws-sdk/client-ecs";
import { airfieldProcess, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { runCommand } from "../../src/testing/aws-cli.ts";
import { buildImage, removeImage } from "../../src/testing/images.ts";

export interface Probe {
  readonly kind: "tcp" | "udp" | "icmp" | "echo" | "accepted";
  readonly to?: string;
  readonly port?: number | string;
  /** The address that a datagram is sent from. */
  readonly from?: string;
  /** Bytes of a datagram; one where absent. */
  readonly size?: number;
  /** Under which name a connection is kept, or what is kept is asked. */
  readonly keep?: string;
}

/** A program in a network namespace that listens, and connects. */
export interface Prober extends AsyncDisposable {
  connects(probe: Probe, within?: number): Promise<boolean>;
}

/** @param pid of a process in the namespace; none for this host */
export async function prober(pid: string | undefined, tcp: readonly number[], udp: readonly number[], host = "0.0.0.0"): Promise<Prober> {
  const program = [process.execPath, fileURLToPath(new URL("prober.mjs", import.meta.url)), JSON.stringify([tcp, udp, host])];
  const [command = "", ...args] = pid === undefined ? program : ["nsenter", "--target", pid, "--net", ...program];
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = new Map<string, (connected: boolean) => void>();
  let next = 0;
  const ready = new Promise<void>((resolve, reject) => {
    child.on("close", (code) => reject(new Error(`the prober ended with ${code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const { id, connected } = JSON.parse(line) as { readonly id: string; readonly connected: boolean };
      if (id === "ready") resolve();
      waiting.get(id)?.(connected);
      waiting.delete(id);
    });
  });
  await ready;
  return {
    connects(probe, within = 2000) {
      next += 1;
      const id = String(next);
      child.stdin.write(`${JSON.stringify({ id, within, ...probe })}\n`);
      return new Promise((resolve) => waiting.set(id, resolve));
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "close");
    },
  };
}

/** Another machine, on a network beside this host: what the internet is to a task. This host has the first address there. @param routes blocks to which it leads */
export async function machineOutside(
  routes: readonly string[] = [],
): Promise<AsyncDisposable & { readonly pid: string; readonly address: string; readonly hostAddress: string }> {
  const [hostAddress, address] = ["198.51.100.1", "198.51.100.2"];
  const [here, there] = [`af${process.pid}h`, `af${process.pid}t`];
  const child = spawn("unshare", ["--net", "sh", "-c", "echo ready; exec sleep 2147483647"], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  const pid = String(child.pid);
  const inside = ["nsenter", "--target", pid, "--net"];
  for (const [command = "", ...args] of [
    ["ip", "link", "add", here, "type", "veth", "peer", "name", there],
    ["ip", "link", "set", there, "netns", pid],
    ["ip", "address", "add", `${hostAddress}/24`, "dev", here],
    ["ip", "link", "set", here, "up"],
    [...inside, "ip", "address", "add", `${address}/24`, "dev", there],
    [...inside, "ip", "link", "set", there, "up"],
    ...routes.map((block) => [...inside, "ip", "route", "add", block, "via", hostAddress]),
  ]) {
    const { code, stderr } = await runCommand(command, args, process.env);
    if (code !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
  }
  return {
    ...{ pid, address, hostAddress },
    async [Symbol.asyncDispose]() {
      // Its end of the pair goes with it, and so does ours.
      await runCommand("ip", ["link", "delete", here], process.env);
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "close");
    },
  };
}

/** Does nothing, and has the programs of a small system. */
export const IMAGE = "airfield-test/sleeper:1";
export const ANY = "0.0.0.0/0";

/** Airfield with a VPC of its own, and what it takes to have tasks and groups there. */
export async function networkWorld(block: string, environment: Readonly<Record<string, string>> = {}) {
  const airfield = await airfieldProcess({ environment });
  await buildImage({ name: IMAGE, instructions: ['CMD ["sleep", "2147483647"]'] });
  const client = airfield.client(ec2.EC2Client);
  const ecs = airfield.client(ECSClient);
  const vpc = (await client.send(new ec2.CreateVpcCommand({ CidrBlock: block }))).Vpc?.VpcId ?? "";
  await ecs.send(new CreateClusterCommand({ clusterName: "net" }));
  const containerDefinitions = [{ name: "app", image: IMAGE, essential: true }];
  for (const [family, type] of [
    ["fargate", "FARGATE"],
    ["instance", "EC2"],
  ] as const)
    await ecs.send(
      new RegisterTaskDefinitionCommand({
        ...{ family, networkMode: "awsvpc", requiresCompatibilities: [type], cpu: "256", memory: "512", containerDefinitions },
      }),
    );
  return {
    airfield,
    client,
    ecs,
    vpc,
    subnet: async (CidrBlock: string) =>
      (await client.send(new ec2.CreateSubnetCommand({ VpcId: vpc, CidrBlock, AvailabilityZone: "us-east-1a" }))).Subnet?.SubnetId ?? "",
    /** A group without rules. */
    group: async (GroupName: string) => {
      const { GroupId = "" } = await client.send(new ec2.CreateSecurityGroupCommand({ GroupName, Description: "d", VpcId: vpc }));
      await client.send(
        new ec2.RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: ANY }] }] }),
      );
      return GroupId;
    },
    letIn: (GroupId: string, ...IpPermissions: ec2.IpPermission[]) =>
      client.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions })),
    letOut: (GroupId: string, ...IpPermissions: ec2.IpPermission[]) =>
      client.send(new ec2.AuthorizeSecurityGroupEgressCommand({ GroupId, IpPermissions })),
    /** Runs a task that does nothing. `public` and `private` ones are Fargate's, and `public` ones have a public address; any other is of that family, on an instance. */
    task: (subnet: string, securityGroups: string[], where = "instance") => runTask(airfield, ecs, subnet, securityGroups, where),
    async [Symbol.asyncDispose]() {
      await airfield[Symbol.asyncDispose]();
      await removeImage(IMAGE);
    },
  };
}

export type NetworkTestWorld = Awaited<ReturnType<typeof networkWorld>>;

export interface RunningTask {
  readonly arn: string;
  readonly address: string;
  /** Of its container, on this host. */
  readonly pid: string;
}

async function runTask(
  airfield: AirfieldProcess,
  ecs: ECSClient,
  subnet: string,
  securityGroups: string[],
  where: string,
): Promise<RunningTask> {
  const { tasks = [], failures } = await ecs.send(
    new RunTaskCommand({
      cluster: "net",
      ...(where === "public" || where === "private"
        ? { taskDefinition: "fargate", launchType: "FARGATE" }
        : { taskDefinition: where, launchType: "EC2" }),
      networkConfiguration: {
        awsvpcConfiguration: { subnets: [subnet], securityGroups, ...(where === "public" && { assignPublicIp: "ENABLED" }) },
      },
    }),
  );
  const arn = tasks[0]?.taskArn;
  if (arn === undefined) throw new Error(JSON.stringify(failures));
  await waitUntilTasksRunning({ client: ecs, maxWaitTime: 20, minDelay: 1, maxDelay: 1 }, { cluster: "net", tasks: [arn] }).catch(
    async (cause: unknown) => {
      const { tasks: late = [] } = await ecs.send(new DescribeTasksCommand({ cluster: "net", tasks: [arn] }));
      throw new Error(`${arn} is ${late[0]?.lastStatus} (${late[0]?.stoppedReason}):\n${airfield.output()}`, { cause });
    },
  );
  const { tasks: described = [] } = await ecs.send(new DescribeTasksCommand({ cluster: "net", tasks: [arn] }));
  const address = described[0]?.containers?.[0]?.networkInterfaces?.[0]?.privateIpv4Address ?? "";
  const pid = await pidOf(arn);
  if (!/^[1-9]/.test(pid)) throw new Error(`${arn} of ${airfield.url} has no process`);
  return { arn, address, pid };
}

async function pidOf(taskArn: string): Promise<string> {
  return (await runCommand("docker", ["inspect", "--format", "{{.State.Pid}}", await containerOf(taskArn)], process.env)).stdout.trim();
}

/** The engine's id of a task's container. */
export async function containerOf(taskArn: string): Promise<string> {
  const filters = ["--filter", `label=airfield.task-arn=${taskArn}`, "--filter", "label=airfield.container-name=app"];
  return (await runCommand("docker", ["ps", "--quiet", ...filters], process.env)).stdout.trim();
}
