import { existsSync, readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { formatAddress, parseAddress } from "../../domain/cidr.ts";
import { hostNameServers } from "./name-servers.ts";

/** This host in its IPv4 networks, at this moment. */
export interface HostNetworks {
  /** What it has itself: addresses as `192.0.2.2/32`, and `127.0.0.0/8`. */
  readonly ownBlocks: readonly string[];
  /** The blocks, such as `172.17.0.0/16`, of networks that it bridges itself: an engine's containers, virtual machines. */
  readonly bridgedBlocks: readonly string[];
}

/**
 * Linux tells by its routing tables: the list of interfaces leaves out bridges that nothing is plugged into, whose addresses answer all the same.
 * Elsewhere an engine keeps its networks in a machine of its own, where load balancers of this host do not reach them.
 */
export function hostNetworks(): HostNetworks {
  if (process.platform === "linux")
    return {
      ownBlocks: localBlocks(readFileSync("/proc/net/fib_trie", "utf8")),
      bridgedBlocks: routedBlocks(readFileSync("/proc/net/route", "utf8"), (device) => existsSync(`/sys/class/net/${device}/bridge`)),
    };
  const all = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  const own = all.flatMap(({ family, address }) => (family === "IPv4" ? [`${address}/32`] : []));
  return { ownBlocks: ["127.0.0.0/8", ...own], bridgedBlocks: [] };
}

/** No network of a host's own is larger; a route to more, such as a VPN's to 10.0.0.0/8, leaves room for blocks that are more specific. */
const SHORTEST_PREFIX = 12;

/**
 * The IPv4 blocks that this host has networks of its own in, or routes to, whatever is bridged there included, and its name servers, which are often beyond a router: a VPC that had
 * their addresses would answer for them.
 */
export function claimedBlocks(nameServers: () => readonly string[] = hostNameServers): readonly string[] {
  const routed = process.platform === "linux" ? blocksOfRoutes(readFileSync("/proc/net/route", "utf8"), () => true) : [];
  const addressed = Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.flatMap(({ family, cidr }) => (family === "IPv4" && cidr ? blockAround(cidr) : [])),
  );
  const asked = nameServers().map((address) => `${address}/32`);
  return [...new Set([...routed, ...addressed, ...asked])].filter((block) => Number(block.split("/")[1]) >= SHORTEST_PREFIX);
}

/** `172.17.0.1/16` → `172.17.0.0/16`. */
function blockAround(cidr: string): string {
  const [address = "", prefix = "32"] = cidr.split("/");
  const number = parseAddress(address) ?? 0;
  return `${formatAddress(number - (number % 2 ** (32 - Number(prefix))))}/${prefix}`;
}

/** The blocks that a dump of Linux's tables, `/proc/net/fib_trie`, says are this host's. */
export function localBlocks(trie: string): readonly string[] {
  const found = new Set<string>();
  let address = "";
  for (const line of trie.split("\n")) {
    address = /(?:\|--|\+--) ([\d.]+)/.exec(line)?.[1] ?? address;
    const prefix = /\/(\d+) host LOCAL/.exec(line)?.[1];
    if (prefix !== undefined) found.add(`${address}/${prefix}`);
  }
  return [...found];
}

/** The blocks that a dump of Linux's main table, `/proc/net/route`, sends straight to these devices. */
export function routedBlocks(routes: string, isWanted: (device: string) => boolean): readonly string[] {
  return blocksOfRoutes(routes, (device, gateway) => gateway === "00000000" && isWanted(device));
}

/** The blocks of the routes that are wanted: by their device, and their gateway as the kernel prints it. */
export function blocksOfRoutes(routes: string, isWanted: (device: string, gateway: string) => boolean): readonly string[] {
  return routes.split("\n").flatMap((line) => {
    const [device = "", destination = "", gateway = "", , , , , mask = ""] = line.split("\t");
    if (!/^[0-9A-F]{8}$/.test(destination) || !isWanted(device, gateway)) return [];
    const prefix = mask.split("").reduce((bits, digit) => bits + (Number.parseInt(digit, 16).toString(2).split("1").length - 1), 0);
    return [`${formatAddress(fromLittleEndian(destination))}/${prefix}`];
  });
}

/** `000011AC` is 172.17.0.0: the kernel prints the number as the machine holds it, and all that Node.js runs on hold it so. */
function fromLittleEndian(hex: string): number {
  return Buffer.from(hex, "hex").readUInt32LE();
}
