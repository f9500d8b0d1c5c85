import type { Count, CountedFlow, FlowInterval } from "../../domain/counted-flows.ts";
import type { FlowCounts } from "../../ports/flow-counts.ts";
import type { Nft, NftObject } from "./nft.ts";
import { removeTable } from "./remove-table.ts";
import { hookOf } from "./render.ts";

/** The most flows of an interval: as many elements has each of its sets. */
const MOST_FLOWS = 65_536;
/** For so long the kernel keeps what nobody asks for. From what is left of it follows when a flow began. */
const KEPT_SECONDS = 86_400;

/** Before the filter's stages, between them and after them. */
const POINTS = [0, 1, 2] as const;
const HOOKS = ["forward", "input", "output"] as const;
/** Of TCP, UDP and SCTP. */
const WITH_PORTS = "{ 6, 17, 132 }";

const BASE = "ip saddr . ip daddr . meta l4proto";
const KINDS = {
  ports: { type: "ipv4_addr . ipv4_addr . inet_proto . inet_service . inet_service", key: `${BASE} . th sport . th dport` },
  plain: { type: "ipv4_addr . ipv4_addr . inet_proto", key: BASE },
} as const;
/** Sets of flows that had such a packet, and the bits that AWS tells of it. */
const FLAGS = {
  fin: { bits: 1, test: "tcp flags & fin == fin" },
  syn: { bits: 2, test: "tcp flags & (syn | ack) == syn" },
  rst: { bits: 4, test: "tcp flags & rst == rst" },
  synack: { bits: 18, test: "tcp flags & (syn | ack) == (syn | ack)" },
} as const;

export function flowTableOf(installation: string): string {
  return `airfield-${installation}-flows`;
}

/**
 * Flows in sets of nftables with counters, in a table beside the filter's: what comes before its first stage, between its stages and after the second one. An interval has sets of its own, named by when it
 * began; the next one begins as the rules name other sets, in one transaction.
 */
export function nftFlowCounts(nft: Nft, installation: string, now: () => number): FlowCounts {
  const name = flowTableOf(installation);
  const table = `inet ${name}`;
  let held: Set<string> | undefined;
  /** The interval that is counted now. */
  let current: number | undefined;

  async function look(): Promise<Set<string>> {
    if (held) return held;
    const objects = await nft.read("inet", name);
    held = new Set(objects === undefined ? [] : elementsOf(objects, "watched").map((element) => String(valueOf(element))));
    current = startsIn(objects ?? []).at(-1);
    return held;
  }

  return {
    async watch(addresses) {
      const had = await look();
      if (addresses.size === 0) {
        if (current !== undefined || had.size > 0) await nft.run(`delete table ${table}\n`);
        held = new Set();
        current = undefined;
        return;
      }
      const gone = [...had].filter((one) => !addresses.has(one));
      const added = [...addresses].filter((one) => !had.has(one));
      const lines: string[] = [];
      const start = current ?? now();
      if (current === undefined) lines.push(...skeleton(table), ...interval(table, start));
      if (gone.length > 0) lines.push(`delete element ${table} watched { ${gone.join(", ")} }`);
      if (added.length > 0) lines.push(`add element ${table} watched { ${added.join(", ")} }`);
      if (lines.length === 0) return;
      // What stands there is not known where it is refused.
      held = undefined;
      await nft.run(lines.map((line) => `${line}\n`).join(""));
      held = new Set(addresses);
      current = start;
    },

    async turn(at) {
      const had = await look();
      if (current === undefined) return [];
      const next = Math.max(at, current + 1);
      const lines = interval(table, next).map((line) => `${line}\n`);
      // Somebody may have taken the table away.
      held = undefined;
      await nft.run(lines.join(""));
      held = had;
      current = next;
      const objects = (await nft.read("inet", name)) ?? [];
      const starts = startsIn(objects);
      return starts.slice(0, -1).map((startedAt, place) => intervalIn(objects, startedAt, starts[place + 1] ?? next, at));
    },

    async forget({ startedAt }) {
      if (startedAt === current) return;
      await nft.run(
        setsOf(startedAt)
          .map(({ set }) => `delete set ${table} ${set}\n`)
          .join(""),
      );
    },
  };
}

/** Takes away what is counted, where this user could have made it. */
export async function removeFlowCounts(nft: Pick<Nft, "run">, installation: string): Promise<void> {
  await removeTable(nft, `inet ${flowTableOf(installation)}`);
}

function skeleton(table: string): readonly string[] {
  const lines = [`add table ${table}`, `add set ${table} watched { type ipv4_addr; }`];
  for (const point of POINTS) {
    lines.push(`add chain ${table} count-${point}`);
    for (const hook of HOOKS) {
      const chain = `${hook}-${point}`;
      lines.push(
        `add chain ${table} ${chain} { type filter hook ${hook} priority ${hookOf({ at: hook, stage: 1 }).priority - 1 + 2 * point}; policy accept; }`,
      );
      // It is looked at when it comes in.
      if (hook === "output") lines.push(`add rule ${table} ${chain} oifname "lo" return`);
      for (const end of ["saddr", "daddr"]) lines.push(`add rule ${table} ${chain} ip ${end} @watched goto count-${point}`);
    }
  }
  return lines;
}

function setsOf(start: number): readonly { readonly set: string; readonly type: string }[] {
  const counted = POINTS.flatMap((point) =>
    (["ports", "plain"] as const).map((kind) => ({ set: `${kind}-${point}-${start}`, type: KINDS[kind].type })),
  );
  return [...counted, ...Object.keys(FLAGS).map((flag) => ({ set: `${flag}-0-${start}`, type: KINDS.ports.type }))];
}

/** Has all that comes from now on counted in sets of the interval that begins. */
function interval(table: string, start: number): readonly string[] {
  const lines = setsOf(start).map(
    ({ set, type }) => `add set ${table} ${set} { type ${type}; size ${MOST_FLOWS}; flags dynamic,timeout; timeout ${KEPT_SECONDS}s; }`,
  );
  for (const point of POINTS) {
    const chain = `${table} count-${point}`;
    lines.push(
      `flush chain ${chain}`,
      `add rule ${chain} meta l4proto ${WITH_PORTS} add @ports-${point}-${start} { ${KINDS.ports.key} counter }`,
      `add rule ${chain} meta l4proto != ${WITH_PORTS} add @plain-${point}-${start} { ${KINDS.plain.key} counter }`,
    );
  }
  for (const [flag, { test }] of Object.entries(FLAGS))
    lines.push(`add rule ${table} count-0 ${test} add @${flag}-0-${start} { ${KINDS.ports.key} }`);
  return lines;
}

/** When the intervals began of which there are sets, the first one first. */
function startsIn(objects: readonly NftObject[]): readonly number[] {
  const starts = objects.flatMap(({ set }) => /^ports-0-(\d+)$/.exec(String(set?.["name"]))?.[1] ?? []).map(Number);
  return starts.sort((a, b) => a - b);
}

function intervalIn(objects: readonly NftObject[], startedAt: number, endedAt: number, now: number): FlowInterval {
  const flows = new Map<string, { -readonly [Key in keyof CountedFlow]: CountedFlow[Key] }>();
  const none: Count = { packets: 0, bytes: 0 };
  let isFull = false;
  for (const point of POINTS)
    for (const kind of ["ports", "plain"] as const) {
      const elements = elementsOf(objects, `${kind}-${point}-${startedAt}`);
      isFull ||= elements.length >= MOST_FLOWS;
      for (const element of elements) {
        const [source = "", destination = "", protocol, sourcePort = 0, destinationPort = 0] = keysOf(element);
        const key = keysOf(element).join(" ");
        const { expires, count } = countOf(element);
        const firstAt = Math.min(endedAt, Math.max(startedAt, now - (KEPT_SECONDS - expires) * 1000));
        const flow = flows.get(key) ?? {
          ...{ source: String(source), destination: String(destination), protocol: Number(protocol) },
          ...{ sourcePort: Number(sourcePort), destinationPort: Number(destinationPort), firstAt, tcpFlags: 0 },
          ...{ sent: none, passedSender: none, passedReceiver: none },
        };
        flow.firstAt = Math.min(flow.firstAt, firstAt);
        flow[(["sent", "passedSender", "passedReceiver"] as const)[point]] = count;
        flows.set(key, flow);
      }
    }
  for (const [flag, { bits }] of Object.entries(FLAGS))
    for (const element of elementsOf(objects, `${flag}-0-${startedAt}`)) {
      const flow = flows.get(keysOf(element).join(" "));
      if (flow) flow.tcpFlags |= bits;
    }
  return { startedAt, endedAt, flows: [...flows.values()], isFull };
}

function elementsOf(objects: readonly NftObject[], name: string): readonly unknown[] {
  const found = objects.find(({ set }) => set?.["name"] === name)?.["set"]?.["elem"];
  return Array.isArray(found) ? (found as readonly unknown[]) : [];
}

/** As nft tells an element: by itself, or with what else there is of it. */
interface ToldElement {
  readonly elem?: { readonly val: unknown; readonly expires?: number; readonly counter?: Count };
}

function valueOf(element: unknown): unknown {
  return typeof element === "object" && element !== null && "elem" in element ? (element as ToldElement).elem?.val : element;
}

function keysOf(element: unknown): readonly (string | number)[] {
  return (valueOf(element) as { readonly concat?: readonly (string | number)[] } | undefined)?.concat ?? [];
}

function countOf(element: unknown): { readonly expires: number; readonly count: Count } {
  const { expires = KEPT_SECONDS, counter } = (element as ToldElement).elem ?? {};
  return { expires, count: { packets: counter?.packets ?? 0, bytes: counter?.bytes ?? 0 } };
}
