import { randomInt } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { AuthorizeSecurityGroupIngressCommand, EC2Client, RevokeSecurityGroupIngressCommand, type IpPermission } from "@aws-sdk/client-ec2";
import { ECSClient, RunTaskCommand, StopTaskCommand } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import type { AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { differences } from "./kernel-and-records.ts";
import { ANY, networkWorld, prober } from "./network-world.ts";

/** How often the control plane is killed: a few times in every run, 200 at night (`npm run kills`). */
const KILLS = Number(process.env["AIRFIELD_KILLS"] ?? 10);

test(
  "a control plane that is killed while groups change leaves nothing open and nothing cut, and the next one has the kernel hold what the records say",
  {
    timeout: 120_000 + KILLS * 20_000,
  },
  async () => {
    await using at = await networkWorld("10.178.0.0/16");
    const subnet = await at.subnet("10.178.0.0/24");
    const group = await at.group("changing");
    await at.letIn(group, { IpProtocol: "tcp", FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: "10.178.0.0/24" }] });
    await at.letOut(group, { IpProtocol: "-1", IpRanges: [{ CidrIp: ANY }] });
    const [one, other] = await Promise.all([at.task(subnet, [group]), at.task(subnet, [group])]);
    await using client = await prober(one.pid, [], []);
    await using server = await prober(other.pid, [80, 81], []);
    expect(await client.connects({ kind: "tcp", to: other.address, port: 80, keep: "long" })).toBe(true);

    let isOver = false;
    let cut = 0;
    const echoes = async (): Promise<void> => {
      while (!isOver) if (!(await client.connects({ kind: "echo", keep: "long" }, 5000))) cut += 1;
    };
    const intrusions = async (): Promise<void> => {
      while (!isOver) await client.connects({ kind: "tcp", to: other.address, port: 81 }, 200);
    };
    const watching = [echoes(), intrusions()];
    let airfield: AirfieldProcess = at.airfield;
    const known: string[] = [];
    try {
      for (let kill = 0; kill < KILLS; kill += 1) {
        const changing = Promise.allSettled([changes(airfield, group), intruders(airfield, subnet, group, other.address, known)]);
        await pause(randomInt(20, 600));
        await airfield.kill();
        await changing;
        airfield = await airfield.restart();
        expect(await differencesThatStay(airfield.dataDirectory)).toEqual([]);
      }
      expect(await client.connects({ kind: "tcp", to: other.address, port: 80 })).toBe(true);
    } finally {
      isOver = true;
      await Promise.all(watching);
      if (airfield !== at.airfield) await airfield.stop();
    }
    // The server itself tells whether anybody came, whose containers ended before they could tell, too.
    expect([cut, await server.connects({ kind: "accepted", port: 80 }), await server.connects({ kind: "accepted", port: 81 })]).toEqual([
      0,
      true,
      false,
    ]);
  },
);

/** The kernel is told in a moment after the start, and tasks that were on their way go on theirs: what differs after that. */
async function differencesThatStay(dataDirectory: string): Promise<readonly string[]> {
  const until = Date.now() + 30_000;
  for (;;) {
    const found = await differences(dataDirectory);
    if (found.length === 0 || Date.now() > until) return found;
    await pause(20);
  }
}

/** Rules come and go, of other ports than those that are looked at, until the server is gone. */
async function changes(airfield: AirfieldProcess, GroupId: string): Promise<void> {
  const client = airfield.client(EC2Client);
  for (;;) {
    const port = 1000 + 2 * randomInt(20);
    const peers: Pick<IpPermission, "IpRanges" | "UserIdGroupPairs"> = [
      { IpRanges: [{ CidrIp: `192.0.2.${randomInt(4)}/32` }] },
      { IpRanges: [{ CidrIp: ANY }] },
      { UserIdGroupPairs: [{ GroupId }] },
    ][randomInt(3)]!;
    const input = { GroupId, IpPermissions: [{ IpProtocol: "tcp", FromPort: port, ToPort: port, ...peers }] };
    const command = randomInt(2) === 0 ? new AuthorizeSecurityGroupIngressCommand(input) : new RevokeSecurityGroupIngressCommand(input);
    await client.send(command as AuthorizeSecurityGroupIngressCommand).catch((error: unknown) => {
      if (!(error instanceof Error) || !error.name.startsWith("InvalidPermission")) throw error;
    });
  }
}

/** A task that does nothing but try what no rule lets it, from its first moment on. Those before it are stopped; some at once, others after the next kill. */
async function intruders(airfield: AirfieldProcess, subnet: string, group: string, victim: string, known: string[]): Promise<void> {
  const ecs = airfield.client(ECSClient);
  for (const task of known.splice(0)) await ecs.send(new StopTaskCommand({ cluster: "net", task }));
  const command = ["sh", "-c", `while :; do nc -w 1 ${victim} 81 < /dev/null; done`];
  const { tasks = [] } = await ecs.send(
    new RunTaskCommand({
      ...{ cluster: "net", taskDefinition: "private", launchType: "EC2" },
      networkConfiguration: { awsvpcConfiguration: { subnets: [subnet], securityGroups: [group] } },
      overrides: { containerOverrides: [{ name: "app", command }] },
    }),
  );
  for (const { taskArn } of tasks) if (taskArn !== undefined) known.push(taskArn);
  if (randomInt(2) === 0) for (const task of known) await ecs.send(new StopTaskCommand({ cluster: "net", task }));
}
