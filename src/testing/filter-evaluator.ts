import { blockHas, parseAddress } from "../domain/cidr.ts";
import type { FilterAction, FilterContents, FilterHook, FilterKey, FilterTest } from "../domain/packet-filter.ts";

/** A packet as the kernel sees it, at one hook. */
export interface FilteredPacket {
  readonly hook: FilterHook["at"];
  readonly source: string;
  readonly destination: string;
  /** What its opener called, where that was translated. */
  readonly called?: string;
  readonly protocol: number;
  readonly port?: number;
  readonly sourcePort?: number;
  readonly icmp?: { readonly type: number; readonly code: number };
  readonly incoming?: string;
  readonly outgoing?: string;
  readonly state: "new" | "established" | "related";
  readonly direction: "original" | "reply";
  /** The marks of its connection. */
  readonly marks: number;
}

/** What becomes of a packet, the marks that its connection has then, and into how many sets and maps was looked on the way. */
export function filtered(
  contents: FilterContents,
  packet: FilteredPacket,
): { readonly passes: boolean; readonly marks: number; readonly looks: number } {
  let { marks } = packet;
  let looks = 0;
  const hooked = [...contents.chains].filter(([, { hook }]) => hook?.at === packet.hook);
  for (const [name] of hooked.toSorted(([, a], [, b]) => (a.hook?.stage ?? 0) - (b.hook?.stage ?? 0))) {
    const verdict = run(name, 0);
    if (verdict === "drop") return { passes: false, marks, looks };
  }
  return { passes: true, marks, looks };

  function run(name: string, depth: number): "accept" | "drop" | "end" {
    if (depth > 15) throw new Error("the kernel takes no more than sixteen jumps");
    const chain = contents.chains.get(name);
    if (!chain) throw new Error(`there is no chain ${name}`);
    for (const one of chain.rules) {
      if (!one.tests.every((test) => holds(test))) continue;
      const { action: then } = one;
      if (then.kind === "accept" || then.kind === "drop") return then.kind;
      if (then.kind === "return") return "end";
      if (then.kind === "mark") marks |= then.marks;
      else {
        const [kind, target] = verdictOf(then);
        if (kind === "accept") return "accept";
        if (kind === undefined) continue;
        const outcome = run(target ?? "", depth + 1);
        if (outcome !== "end" || kind === "goto") return outcome;
      }
    }
    return "end";
  }

  function verdictOf(then: FilterAction): readonly (string | undefined)[] {
    if (then.kind === "jump" || then.kind === "goto") return [then.kind, then.chain];
    if (then.kind === "look-up") looks += 1;
    return then.kind === "look-up" ? (contents.sets.get(then.map)?.elements.get(addressOf(then.key))?.split(" ") ?? []) : [];
  }

  function holds(test: FilterTest): boolean {
    switch (test.kind) {
      case "in-set":
        return isIn(test.set, test.keys);
      case "not-in-set":
        return !isIn(test.set, test.keys);
      case "in-block":
        return blockHas(test.block, packet[test.key]);
      case "protocol":
        return test.is.includes(packet.protocol);
      case "between": {
        const value = test.key === "source-port" ? packet.sourcePort : numberOf(test.key);
        return value !== undefined && value >= test.from && value <= test.to;
      }
      case "over":
        return packet[test.key] === test.name;
      case "version-6":
        return false;
      case "translated":
        return packet.called !== undefined;
      case "state":
        return packet.state === test.is;
      case "direction":
        return packet.direction === test.is;
      case "without-marks":
        return (marks & test.marks) === 0;
    }
  }

  function isIn(name: string, keys: readonly FilterKey[]): boolean {
    const set = contents.sets.get(name);
    if (!set) throw new Error(`there is no set ${name}`);
    looks += 1;
    const values = keys.map((key) =>
      key === "source" || key === "destination" || key === "called" ? parseAddress(addressOf(key)) : valueOf(key),
    );
    if (values.some((value) => value === undefined)) return false;
    const matching = [...set.elements.keys()].filter((element) => element.split(" . ").every((part, at) => partHas(part, values[at])));
    if (matching.length > 1) throw new Error(`elements of ${name} overlap: ${matching.join(", ")}`);
    return matching.length === 1;
  }

  /** What was not translated was called by its name. */
  function addressOf(key: "source" | "destination" | "called"): string {
    return key === "called" ? (packet.called ?? (packet.direction === "reply" ? packet.source : packet.destination)) : packet[key];
  }

  function valueOf(key: Exclude<FilterKey, "source" | "destination" | "called">): number | string | undefined {
    if (key === "incoming" || key === "outgoing") return packet[key];
    return key === "protocol" ? packet.protocol : numberOf(key);
  }

  function numberOf(key: "port" | "type-and-code"): number | undefined {
    if (key === "port") return packet.port;
    return packet.icmp && packet.icmp.type * 256 + packet.icmp.code;
  }
}

function partHas(part: string, value: number | string | undefined): boolean {
  if (typeof value !== "number") return part === value;
  if (part.includes("/")) {
    const [base = "", prefix] = part.split("/");
    const size = 2 ** (32 - Number(prefix));
    const start = parseAddress(base) ?? 0;
    return value >= start && value < start + size;
  }
  const [from = "", to = from] = part.split("-");
  return value >= numeric(from) && value <= numeric(to);
}

function numeric(text: string): number {
  return parseAddress(text) ?? Number(text);
}
