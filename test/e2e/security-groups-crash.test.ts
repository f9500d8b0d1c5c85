import { randomInt } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { AuthorizeSecurityGroupIngressCommand, EC2Client, RevokeSecurityGroupIngressCommand, type IpPermission } from "@aws-sdk/client-ec2";
import { DescribeSecurityGroupRulesCommand } from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { installationId } from "../../src/drivers/filesystem/installation.ts";
import { nftProgram } from "../../src/drivers/nftables/nft.ts";
import { tableOf } from "../../src/drivers/nftables/packet-filter.ts";
import { heldTable } from "../../src/drivers/nftables/read-back.ts";
import type { AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { ANY, networkWorld, prober } from "./network-world.ts";

/** How often the control plane is killed: a few times in every run, more where that is asked for. */
const KILLS = Number(process.env["AIRFIELD_KILLS"] ?? 3);

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
    await using _server = await prober(other.pid, [80, 81], []);
    expect(await client.connects({ kind: "tcp", to: other.address, port: 80, keep: "long" })).toBe(true);
    const table = tableOf(await installationId(at.airfield.dataDirectory));

    let isOver = false;
    let forbidden = 0;
    const watching = (async () => {
      while (!isOver) if (await client.connects({ kind: "tcp", to: other.address, port: 81 }, 200)) forbidden += 1;
    })();
    let airfield: AirfieldProcess = at.airfield;
    try {
      for (let kill = 0; kill < KILLS; kill += 1) {
        const changing = changes(airfield, group).catch(() => undefined);
        await pause(randomInt(20, 400));
        await airfield.kill();
        await changing;
        expect(await client.connects({ kind: "echo", keep: "long" })).toBe(true);
        airfield = await airfield.restart();
        const wanted = await portsOf(airfield, group);
        // The kernel is told in a moment after the start.
        for (;;) {
          const held = heldTable((await nftProgram().read("inet", table)) ?? []);
          const ports = [...(held.sets.get(`group.${group}.in.ports`)?.elements.keys() ?? [])].toSorted();
          if (JSON.stringify(ports) === JSON.stringify(wanted)) break;
          await pause(20);
        }
        expect(await client.connects({ kind: "echo", keep: "long" })).toBe(true);
      }
    } finally {
      isOver = true;
      await watching;
      if (airfield !== at.airfield) await airfield.stop();
    }
    expect(forbidden).toBe(0);
  },
);

/** Rules come and go, of other ports than those that are looked at, until the server is gone. */
async function changes(airfield: AirfieldProcess, GroupId: string): Promise<void> {
  const client = airfield.client(EC2Client);
  for (;;) {
    const port = 1000 + 2 * randomInt(20);
    const IpPermissions: IpPermission[] = [
      { IpProtocol: "tcp", FromPort: port, ToPort: port, IpRanges: [{ CidrIp: `192.0.2.${randomInt(4) * 2}/32` }] },
    ];
    const input = { GroupId, IpPermissions };
    const command = randomInt(2) === 0 ? new AuthorizeSecurityGroupIngressCommand(input) : new RevokeSecurityGroupIngressCommand(input);
    await client.send(command as AuthorizeSecurityGroupIngressCommand).catch((error: unknown) => {
      if (!(error instanceof Error) || !error.name.startsWith("InvalidPermission")) throw error;
    });
  }
}

/** As elements of the group's set: each rule is one, since they touch no other. */
async function portsOf(airfield: AirfieldProcess, group: string): Promise<readonly string[]> {
  const Filters = [{ Name: "group-id", Values: [group] }];
  const { SecurityGroupRules = [] } = await airfield
    .client(EC2Client)
    .send(new DescribeSecurityGroupRulesCommand({ Filters, MaxResults: 1000 }));
  return SecurityGroupRules.filter(({ IsEgress }) => !IsEgress)
    .map(({ CidrIpv4 = "", FromPort }) => `${CidrIpv4.replace("/32", "")} . 6 . ${FromPort}`)
    .toSorted();
}
