import { access, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { PortGuard } from "../../ports/port-guard.ts";
import type { Nft } from "./nft.ts";
import { removeTable } from "./remove-table.ts";

export interface PortGuardParts {
  readonly nft: Pick<Nft, "run" | "read">;
  readonly installation: string;
  /** The folder of processes, and the one of this host's network interfaces. */
  readonly processes?: string;
  readonly interfaces?: string;
}

/** The table of an installation. */
export function guardTable(installation: string): string {
  return `airfield-${installation}-ports`;
}

/**
 * Binds ports of bridges to the hardware address and the address that is behind them, before the bridge learns anything of a frame: IPv4 packets and ARP with another sender, and all other frames, are dropped
 * there. Other ports are not looked at, and without a bound one there is no table. The kernel keeps what it was told while the control plane is away; what is of ports that are gone goes with the next one that comes.
 */
export function nftPortGuard({ nft, installation, processes = "/proc", interfaces = "/sys/class/net" }: PortGuardParts): PortGuard {
  const name = guardTable(installation);
  const table = `bridge ${name}`;
  let lane: Promise<unknown> = Promise.resolve();

  async function bind(pid: number, address: string): Promise<void> {
    const ports = await portsOf(join(processes, String(pid), "root/sys/class/net"), interfaces);
    if (ports.length === 0) throw new Error(`process ${pid} has no network interface on this host`);
    const gone = await goneFrom(await nft.read("bridge", name));
    await nft.run(
      [
        ...TABLE.map((line) => line.replace("TABLE", table)),
        ...gone.map(({ set, element }) => `delete element ${table} ${set} { ${element} }`),
        ...ports.map(({ port, hardware }) => `add element ${table} bound { "${port}" . ${hardware} . ${address} }`),
        ...ports.map(({ port }) => `add element ${table} ports { "${port}" }`),
        "",
      ].join("\n"),
    );
  }

  /** What is told of ports that are not there any more. */
  async function goneFrom(objects: Awaited<ReturnType<Nft["read"]>>): Promise<readonly Told[]> {
    const told = (objects ?? []).flatMap(elementsOf);
    const isGone = await Promise.all(told.map(({ port }) => isMissing(join(interfaces, port))));
    return told.filter((_one, at) => isGone[at]);
  }

  return {
    bind(pid, address) {
      const bound = lane.then(() => bind(pid, address));
      lane = bound.catch(() => undefined);
      return bound;
    },
  };
}

/** Takes the installation's table away, where there is one and this user could have made it. */
export async function removePortGuard(nft: Pick<Nft, "run">, installation: string): Promise<void> {
  await removeTable(nft, `bridge ${guardTable(installation)}`);
}

/** What is there already is made to be as it should. */
const TABLE = [
  "add table TABLE",
  "add set TABLE ports { type ifname; }",
  "add set TABLE bound { typeof meta iifname . ether saddr . ip saddr; }",
  "add chain TABLE arriving { type filter hook prerouting priority -300; policy accept; }",
  "flush chain TABLE arriving",
  "add rule TABLE arriving iifname != @ports accept",
  "add rule TABLE arriving ether type ip iifname . ether saddr . ip saddr @bound accept",
  "add rule TABLE arriving ether type arp iifname . ether saddr . arp saddr ip @bound accept",
  "add rule TABLE arriving drop",
];

interface Told {
  readonly set: string;
  readonly port: string;
  /** In nft's words. */
  readonly element: string;
}

function elementsOf({ set }: Readonly<Record<string, Readonly<Record<string, unknown>>>>): readonly Told[] {
  const elements = (set?.["elem"] ?? []) as readonly (string | { readonly concat: readonly string[] })[];
  return elements.map((one) => {
    const [port = "", ...rest] = typeof one === "string" ? [one] : one.concat;
    return { set: String(set?.["name"]), port, element: [`"${port}"`, ...rest].join(" . ") };
  });
}

/** The ports of bridges to which a namespace's interfaces lead, and what hardware address each has in there. @param inside the namespace's interfaces, as its own first process sees them */
async function portsOf(inside: string, interfaces: string): Promise<readonly { readonly port: string; readonly hardware: string }[]> {
  const read = async (...path: readonly string[]): Promise<string> => (await readFile(join(...path), "utf8")).trim();
  const byIndex = new Map<string, string>();
  for (const port of await readdir(interfaces)) {
    // One that goes at this moment is nobody's whom it matters to.
    const index = await read(interfaces, port, "ifindex").catch(() => undefined);
    if (index !== undefined) byIndex.set(index, port);
  }
  const found: { readonly port: string; readonly hardware: string }[] = [];
  for (const own of await readdir(inside)) {
    const [index, peer] = [await read(inside, own, "ifindex"), await read(inside, own, "iflink")];
    const port = peer === index ? undefined : byIndex.get(peer);
    if (port !== undefined) found.push({ port, hardware: await read(inside, own, "address") });
  }
  return found;
}

function isMissing(path: string): Promise<boolean> {
  return access(path).then(
    () => false,
    () => true,
  );
}
