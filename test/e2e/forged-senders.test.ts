import type { IpPermission } from "@aws-sdk/client-ec2";
import { RegisterTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { runCommand, type CliResult } from "../../src/testing/aws-cli.ts";
import { containerOf, IMAGE, networkWorld, prober } from "./network-world.ts";

const udp = (port: number, group: string): IpPermission => ({
  ...{ IpProtocol: "udp", FromPort: port, ToPort: port },
  UserIdGroupPairs: [{ GroupId: group }],
});
const FORGER = { family: "forger", networkMode: "awsvpc" as const, requiresCompatibilities: ["EC2" as const], cpu: "256", memory: "512" };

test("a task that may send whatever it likes passes for no other, neither in packets nor in ARP, and fragments are asked about as a whole", async () => {
  await using at = await networkWorld("10.184.0.0/16", { AIRFIELD_PRIVILEGED_ACCOUNTS: "123456789012" });
  const linuxParameters = { capabilities: { add: ["NET_RAW", "NET_ADMIN"] } };
  const containerDefinitions = [{ name: "app", image: IMAGE, essential: true, linuxParameters }];
  await at.ecs.send(new RegisterTaskDefinitionCommand({ ...FORGER, containerDefinitions }));
  const subnet = await at.subnet("10.184.0.0/24");
  const [client, server, other] = [await at.group("client"), await at.group("server"), await at.group("other")];
  await at.letOut(client, udp(5000, server), udp(5001, server), udp(5003, server));
  await at.letOut(other, udp(5002, server));
  await at.letIn(server, udp(5000, client), udp(5002, other), udp(5003, client));
  const [victim, target, forger] = await Promise.all([
    at.task(subnet, [client]),
    at.task(subnet, [server]),
    at.task(subnet, [other], "forger"),
  ]);
  await using clients = await prober(victim.pid, [], []);
  await using servers = await prober(target.pid, [], [5000, 5001, 5002, 5003]);
  const inside = async (task: string, ...args: readonly string[]): Promise<CliResult> =>
    runCommand("docker", ["exec", await containerOf(task), ...args], process.env);
  const forge = async (script: string): Promise<void> => {
    const { code, stderr } = await inside(forger.arn, "sh", "-c", script);
    if (code !== 0) throw new Error(stderr);
  };
  await using forgers = await prober(forger.pid, [], []);
  const sends = (port: number, from?: string): Promise<boolean> =>
    forgers.connects({ kind: "udp", to: target.address, port, ...(from !== undefined && { from }) }, 1000);
  const asks = (port: number, size = 1): Promise<boolean> => clients.connects({ kind: "udp", to: target.address, port, size }, 1000);
  const hears = (port: number): Promise<boolean> => servers.connects({ kind: "accepted", port: `u${port}` });
  const hardwareOf = async (address: string): Promise<string | undefined> => {
    const { stdout } = await runCommand("nsenter", ["--target", target.pid, "--net", "ip", "neighbour", "show", address], process.env);
    return /lladdr (\S+)/.exec(stdout)?.[1];
  };

  // Who may not send raw packets may not even try.
  expect((await inside(victim.arn, "arping", "-c", "1", "-I", "eth0", target.address)).stderr).toContain("not permitted");
  // A datagram of three fragments is one datagram, with one port.
  expect([await asks(5000, 4000), await asks(5001, 4000), await hears(5001)]).toEqual([true, false, false]);
  // In its own name it does what its groups let it do.
  expect(await sends(5002)).toBe(true);

  const hardware = await hardwareOf(victim.address);
  // With the client's address, and then with its hardware address besides.
  const own = await hardwareOf(forger.address);
  await forge(`ip address add ${victim.address}/16 dev eth0`);
  await sends(5003, victim.address);
  // By ARP it is nobody else, neither unasked nor asked.
  for (const how of ["-U", "-A"]) await forge(`arping -q -c 2 ${how} -s ${victim.address} -I eth0 ${target.address} || true`);
  const known = [await hardwareOf(victim.address)];
  for (let round = 0; round < 4; round += 1) {
    await runCommand("nsenter", ["--target", target.pid, "--net", "ip", "neighbour", "flush", "dev", "eth0"], process.env);
    known.push((await asks(5000)) ? await hardwareOf(victim.address) : "none");
  }
  expect(new Set(known)).toEqual(new Set([hardware]));
  const way = `$(ip neighbour show ${target.address} | sed 's/ dev eth0//; s/ [A-Z]*$//')`;
  await forge(`ip neighbour replace ${way} dev eth0; ip link set eth0 address ${hardware}`);
  await sends(5003, victim.address);
  await forge(`ip link set eth0 address ${own}; ip address del ${victim.address}/16 dev eth0`);
  expect([await hears(5003), await asks(5000)]).toEqual([false, true]);
  // Whose address it is may do just that.
  expect(await asks(5003)).toBe(true);
});
