import type { Count, CountedFlow, FlowInterval } from "../../domain/counted-flows.ts";
import type { FlowCounts } from "../../ports/flow-counts.ts";
import type { Nft, NftObject } from "./nft.ts";
import { removeTable } from "./remove-table.ts";
import { hookOf } from "./render.ts";

/** The most flows of an interval, over all accounts: as many elements have each account's sets together. */
const MOST_FLOWS = 65_536;
/** What each account has of it at least, however many there are. */
const LEAST_FLOWS = 4096;
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
 * Flows in sets of nftables with counters, in a table beside the filter's: what comes before its first stage, between its stages and after the second one. An interval has sets of its own for each account, named
 * by when it began; the next one begins as the rules name other sets, in one transaction. A packet between two accounts counts in the sets of both.
 */
export function nftFlowCounts(nft: Nft, installation: string, now: () => number): FlowCounts {
  const name = flowTableOf(installation);
  const table = `inet ${name}`;
  /** The account of each address that is watched. */
  let held: Map<string, string> | undefined;
  /** Those that have chains. */
  let chained = new Set<string>();
  /** The interval that is counted now. */
  let current: number | undefined;
  /** The sets of intervals that were read, by when these began. */
  const read = new Map<number, readonly string[]>();

  async function look(): Promise<Map<string, string>> {
    if (held) return held;
    let objects = (await nft.read("inet", name)) ?? [];
    // An earlier version counted for all accounts together.
    if (objects.some(({ set }) => set?.["name"] === "watched")) {
      await nft.run(`delete table ${table}\n`);
      objects = [];
    }
    const owners = namesIn(objects).flatMap((set) => /^of-(\d+)$/.exec(set)?.[1] ?? []);
    held = new Map(owners.flatMap((account) => elementsOf(objects, `of-${account}`).map((element) => [String(valueOf(element)), account])));
    chained = new Set(owners);
    current = startsIn(objects).at(-1);
    return held;
  }

  return {
    async watch(addresses) {
      const had = await look();
      if (addresses.size === 0) {
        if (current !== undefined || had.size > 0) await nft.run(`delete table ${table}\n`);
        held = new Map();
        chained = new Set();
        current = undefined;
        return;
      }
      const gone = [...had].filter(([one, account]) => addresses.get(one) !== account);
      const added = [...addresses].filter(([one, account]) => had.get(one) !== account);
      const start = current ?? now();
      const accounts = new Set(addresses.values());
      const coming = [...accounts].filter((account) => !chained.has(account));
      const lines = [
        ...(current === undefined ? skeleton(table) : []),
        ...coming.flatMap((account) => [...accountParts(table, account), ...interval(table, start, account, shareOf(accounts.size))]),
        ...gone.flatMap(([address, account]) => elementCommands("delete", table, address, account)),
        ...added.flatMap(([address, account]) => elementCommands("add", table, address, account)),
      ];
      if (lines.length === 0) return;
      // What stands there is not known where it is refused.
      held = undefined;
      await nft.run(lines.map((line) => `${line}\n`).join(""));
      held = new Map(addresses);
      chained = new Set([...chained, ...coming]);
      current = start;
    },

    async turn(at) {
      const had = await look();
      if (current === undefined) return [];
      const next = Math.max(at, current + 1);
      const accounts = new Set(had.values());
      const leaving = [...chained].filter((account) => !accounts.has(account));
      const lines = [
        ...[...accounts].flatMap((account) => interval(table, next, account, shareOf(accounts.size))),
        ...leaving.flatMap((account) => withoutAccount(table, account)),
      ];
      // Somebody may have taken the table away.
      held = undefined;
      await nft.run(lines.map((line) => `${line}\n`).join(""));
      held = had;
      chained = accounts;
      current = next;
      const objects = (await nft.read("inet", name)) ?? [];
      const starts = startsIn(objects);
      return starts.slice(0, -1).map((startedAt, place) => {
        read.set(
          startedAt,
          namesIn(objects).filter((set) => startOf(set) === startedAt),
        );
        return intervalIn(objects, startedAt, starts[place + 1] ?? next, at);
      });
    },

    async forget({ startedAt }) {
      if (startedAt === current) return;
      await nft.run((read.get(startedAt) ?? []).map((set) => `delete set ${table} ${set}\n`).join(""));
      read.delete(startedAt);
    },
  };
}

/** Whoever has more to count than that has the rest of it not recorded, and nobody else has. */
function shareOf(accounts: number): number {
  return Math.max(LEAST_FLOWS, Math.floor(MOST_FLOWS / accounts));
}

/** Takes away what is counted, where this user could have made it. */
export async function removeFlowCounts(nft: Pick<Nft, "run">, installation: string): Promise<void> {
  await removeTable(nft, `inet ${flowTableOf(installation)}`);
}

/** Who sends, and who gets, is looked for in maps, which lead to the account's chains. */
function skeleton(table: string): readonly string[] {
  const lines = [`add table ${table}`];
  for (const point of POINTS) {
    for (const end of ["from", "to"]) lines.push(`add map ${table} ${end}-${point} { type ipv4_addr : verdict; }`);
    for (const hook of HOOKS) {
      const chain = `${hook}-${point}`;
      lines.push(
        `add chain ${table} ${chain} { type filter hook ${hook} priority ${hookOf({ at: hook, stage: 1 }).priority - 1 + 2 * point}; policy accept; }`,
      );
      // It is looked at when it comes in.
      if (hook === "output") lines.push(`add rule ${table} ${chain} oifname "lo" return`);
      lines.push(`add rule ${table} ${chain} ip saddr vmap @from-${point}`, `add rule ${table} ${chain} ip daddr vmap @to-${point}`);
    }
  }
  return lines;
}

/** What an account has besides its intervals: its addresses, and chains in which a packet within the account is counted once. */
function accountParts(table: string, account: string): readonly string[] {
  return [
    `add set ${table} of-${account} { type ipv4_addr; }`,
    ...POINTS.flatMap((point) => [
      `add chain ${table} count-${point}-${account}`,
      `add chain ${table} got-${point}-${account}`,
      `add rule ${table} got-${point}-${account} ip saddr @of-${account} return`,
      `add rule ${table} got-${point}-${account} goto count-${point}-${account}`,
    ]),
  ];
}

function withoutAccount(table: string, account: string): readonly string[] {
  const chains = POINTS.flatMap((point) => [`got-${point}-${account}`, `count-${point}-${account}`]);
  return [
    ...chains.map((chain) => `flush chain ${table} ${chain}`),
    ...chains.map((chain) => `delete chain ${table} ${chain}`),
    `delete set ${table} of-${account}`,
  ];
}

/** With the verdicts, so that the kernel knows whose use is over. */
function elementCommands(what: "add" | "delete", table: string, address: string, account: string): readonly string[] {
  return [
    `${what} element ${table} of-${account} { ${address} }`,
    ...POINTS.flatMap((point) => [
      `${what} element ${table} from-${point} { ${address} : jump count-${point}-${account} }`,
      `${what} element ${table} to-${point} { ${address} : jump got-${point}-${account} }`,
    ]),
  ];
}

function setsOf(start: number, account: string): readonly { readonly set: string; readonly type: string }[] {
  const counted = POINTS.flatMap((point) =>
    (["ports", "plain"] as const).map((kind) => ({ set: `${kind}-${point}-${start}-${account}`, type: KINDS[kind].type })),
  );
  return [...counted, ...Object.keys(FLAGS).map((flag) => ({ set: `${flag}-0-${start}-${account}`, type: KINDS.ports.type }))];
}

/** Has all that comes of an account from now on counted in sets of the interval that begins. */
function interval(table: string, start: number, account: string, most: number): readonly string[] {
  const lines = setsOf(start, account).map(
    ({ set, type }) => `add set ${table} ${set} { type ${type}; size ${most}; flags dynamic,timeout; timeout ${KEPT_SECONDS}s; }`,
  );
  const of = `${start}-${account}`;
  for (const point of POINTS) {
    const chain = `${table} count-${point}-${account}`;
    lines.push(
      `flush chain ${chain}`,
      `add rule ${chain} meta l4proto ${WITH_PORTS} add @ports-${point}-${of} { ${KINDS.ports.key} counter }`,
      `add rule ${chain} meta l4proto != ${WITH_PORTS} add @plain-${point}-${of} { ${KINDS.plain.key} counter }`,
    );
  }
  for (const [flag, { test }] of Object.entries(FLAGS))
    lines.push(`add rule ${table} count-0-${account} ${test} add @${flag}-0-${of} { ${KINDS.ports.key} }`);
  return lines;
}

function namesIn(objects: readonly NftObject[]): readonly string[] {
  return objects.flatMap(({ set }) => (typeof set?.["name"] === "string" ? [set["name"]] : []));
}

/** When the interval began that a set is of. */
function startOf(set: string): number | undefined {
  const start = /^[a-z]+-\d-(\d+)-\d+$/.exec(set)?.[1];
  return start === undefined ? undefined : Number(start);
}

/** When the intervals began of which there are sets, the first one first. */
function startsIn(objects: readonly NftObject[]): readonly number[] {
  const starts = new Set(namesIn(objects).flatMap((name) => startOf(name) ?? []));
  return [...starts].sort((a, b) => a - b);
}

function intervalIn(objects: readonly NftObject[], startedAt: number, endedAt: number, now: number): FlowInterval {
  const flows = new Map<string, { -readonly [Key in keyof CountedFlow]: CountedFlow[Key] }>();
  const none: Count = { packets: 0, bytes: 0 };
  const full = new Set<string>();
  for (const { set } of objects) {
    const name = String(set?.["name"]);
    const [, part = "", point = "", start, account = ""] = /^([a-z]+)-(\d)-(\d+)-(\d+)$/.exec(name) ?? [];
    if (Number(start) !== startedAt || !(part === "ports" || part === "plain")) continue;
    const elements = elementsOf(objects, name);
    if (elements.length >= Number(set?.["size"] ?? MOST_FLOWS)) full.add(account);
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
      const at = (["sent", "passedSender", "passedReceiver"] as const)[Number(point) as 0 | 1 | 2];
      // Of two accounts that counted it, one may have begun later.
      if (count.packets > flow[at].packets) flow[at] = count;
      flows.set(key, flow);
    }
  }
  for (const { set } of objects) {
    const name = String(set?.["name"]);
    const [, flag = "", start] = /^([a-z]+)-0-(\d+)-\d+$/.exec(name) ?? [];
    const bits = FLAGS[flag as keyof typeof FLAGS]?.bits;
    if (bits === undefined || Number(start) !== startedAt) continue;
    for (const element of elementsOf(objects, name)) {
      const flow = flows.get(keysOf(element).join(" "));
      if (flow) flow.tcpFlags |= bits;
    }
  }
  return { startedAt, endedAt, flows: [...flows.values()], full };
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
