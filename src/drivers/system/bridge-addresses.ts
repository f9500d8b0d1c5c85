import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import type { HostAddresses } from "../../ports/host-addresses.ts";
import { hostNetworks } from "./host-networks.ts";

/** What `ip -json address show` tells of an interface. */
export interface ShownInterface {
  readonly ifname: string;
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number }[];
}

/** What a program said, and whether it did what it was to. */
export interface Said {
  readonly ok: boolean;
  readonly output: string;
  readonly errors: string;
}

/** Runs `ip` with arguments and something on its input. Rejects with `ENOENT` where there is none. */
export type Ip = (args: readonly string[], input?: string) => Promise<Said>;

/**
 * Addresses on the bridges of VPCs' networks, put there by `ip` (iproute2): each as one of a single host, as nothing else is on a bridge of ours. They go
 * with the bridge, and are not there after the machine has been started anew.
 */
export function bridgeAddresses(ip: Ip = ipProgram): HostAddresses {
  return {
    present: () => new Set(hostNetworks().ownBlocks.flatMap((block) => (block.endsWith("/32") ? block.slice(0, -3) : []))),
    async hold({ address }, addresses) {
      let said: Said;
      try {
        said = await ip(["-json", "-4", "address", "show"]);
        if (!said.ok) throw new Error(`ip does not tell this host's addresses: ${said.errors.trim()}`);
        const changes = addressChanges(JSON.parse(said.output) as readonly ShownInterface[], address, addresses);
        if (changes.length === 0) return { kind: "held" };
        said = await ip(["-batch", "-"], changes.map((line) => `${line}\n`).join(""));
      } catch (cause) {
        if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return { kind: "unable", reason: MISSING };
        throw cause;
      }
      if (said.ok) return { kind: "held" };
      if (/not permitted/i.test(said.errors)) return { kind: "unable", reason: FORBIDDEN };
      throw new Error(`ip does not change this host's addresses: ${said.errors.trim()}`);
    },
  };
}

const MISSING = "the program `ip` (iproute2), which gives this host addresses, is not installed";
const FORBIDDEN = "this user may not give this host addresses, which takes root or the capability CAP_NET_ADMIN";

/**
 * What turns the addresses of the interface that has the gateway's into that and these.
 * @throws Error where no interface has the gateway's
 */
export function addressChanges(shown: readonly ShownInterface[], gateway: string, wanted: readonly string[]): readonly string[] {
  const found = shown.find(({ addr_info = [] }) => addr_info.some(({ local }) => local === gateway));
  if (!found) throw new Error(`no interface of this host has the address ${gateway}`);
  const { ifname, addr_info = [] } = found;
  const present = new Set(addr_info.flatMap(({ local, prefixlen }) => (local !== undefined && prefixlen === 32 ? local : [])));
  return [
    ...wanted.filter((address) => !present.has(address)).map((address) => `address add ${address}/32 dev ${ifname}`),
    ...[...present].filter((address) => !wanted.includes(address)).map((address) => `address del ${address}/32 dev ${ifname}`),
  ];
}

/** Why this user cannot give this host addresses; `undefined` where they can. Nothing is changed. */
export async function whyNoAddresses(
  ip: Ip = ipProgram,
  status = (): string => readFileSync("/proc/self/status", "utf8"),
): Promise<string | undefined> {
  try {
    await ip(["-Version"]);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return MISSING;
    throw cause;
  }
  return mayGiveAddresses(status()) ? undefined : FORBIDDEN;
}

/** Whether a program that a process with this `/proc/<pid>/status` starts has the right: root's keep what root may, others' what is ambient. */
export function mayGiveAddresses(status: string): boolean {
  const of = (name: string): bigint => BigInt(`0x${new RegExp(`^${name}:\\t([0-9a-f]+)$`, "m").exec(status)?.[1] ?? "0"}`);
  const isRoot = /^Uid:\t\d+\t0\t/m.test(status);
  return ((isRoot ? of("CapBnd") : of("CapAmb")) & CAP_NET_ADMIN) !== 0n;
}

/** Source: capabilities(7). */
const CAP_NET_ADMIN = 1n << 12n;

async function ipProgram(args: readonly string[], input = ""): Promise<Said> {
  const child = spawn("ip", args, { stdio: "pipe" });
  const ended = new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  // It may end before it has read all; how it ended says why.
  child.stdin.on("error", () => undefined).end(input);
  const [code, output, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { ok: code === 0, output, errors };
}
