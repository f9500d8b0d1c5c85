import { createHash } from "node:crypto";
import type {
  FilterAction,
  FilterChain,
  FilterChange,
  FilterHook,
  FilterKey,
  FilterRule,
  FilterSetKind,
  FilterTest,
} from "../../domain/packet-filter.ts";

const HOOKS = { arriving: "prerouting", departing: "output" } as const;

/**
 * Where a chain is hooked, in nft's words. Before the host's own filter, whose chains are at 0: what passes here is asked about there, too. Addresses are translated at -105 and after, and the kernel knows
 * the connection from -200 on. Where packets are forwarded and delivered there is room before each stage, and after the last one, for who counts what comes to it (`flow-counts.ts`).
 */
export function hookOf({ at, stage }: FilterHook): { readonly hook: string; readonly priority: number } {
  if (at === "arriving" || at === "departing") return { hook: HOOKS[at], priority: stage - 152 };
  return { hook: at, priority: 2 * stage - 14 };
}

/** The types of a set's keys, whether its elements may be ranges, and how many there may be, where that is told: the kernel looks faster into a set that it need not make larger. */
export const SET_TYPES: Readonly<
  Record<FilterSetKind, { readonly type: string; readonly isInterval: boolean; readonly isMap?: true; readonly size?: number }>
> = {
  verdicts: { type: "ipv4_addr : verdict", isInterval: false, isMap: true },
  addresses: { type: "ipv4_addr", isInterval: false },
  "addresses-of-all": { type: "ipv4_addr", isInterval: false, size: 65_536 },
  "address-pairs": { type: "ipv4_addr . ipv4_addr", isInterval: false },
  "addresses-and-protocols": { type: "ipv4_addr . inet_proto", isInterval: true },
  "addresses-protocols-and-ports": { type: "ipv4_addr . inet_proto . inet_service", isInterval: true },
  "protocols-and-ports": { type: "inet_proto . inet_service", isInterval: true },
  interfaces: { type: "ifname", isInterval: false },
};

/**
 * A change in nft's language, in the order in which each thing can be carried out: what is new is there before something names it, and what goes is named by
 * nothing any more. `table` has its family: `inet airfield-1`.
 */
export function commandsOf(
  table: string,
  { chains, sets, gone, added, chainsGone, setsGone }: FilterChange,
  kindOf: (set: string) => FilterSetKind,
): string {
  const lines = [`add table ${table}`];
  for (const [name, kind] of sets) lines.push(setCommand(table, name, kind));
  for (const [name, { hook }] of chains) lines.push(`add chain ${table} ${name}${hook ? hookCommand(hook) : ""}`);
  for (const name of [...chains.keys(), ...chainsGone]) lines.push(`flush chain ${table} ${name}`);
  for (const [name, { rules }] of chains)
    for (const rule of rules) lines.push(`add rule ${table} ${name} ${ruleText(rule)} comment "${ruleMark(rule)}"`);
  // With the verdict, or a kernel asked to remove a map's element does not know whose use is over.
  for (const [name, elements] of gone) lines.push(elementsCommand("delete", table, name, elements, kindOf(name)));
  for (const [name, elements] of added) lines.push(elementsCommand("add", table, name, elements, kindOf(name)));
  for (const name of chainsGone) lines.push(`delete chain ${table} ${name}`);
  for (const name of setsGone) lines.push(`delete set ${table} ${name}`);
  return lines.map((line) => `${line}\n`).join("");
}

function hookCommand(at: FilterHook): string {
  const { hook, priority } = hookOf(at);
  return ` { type filter hook ${hook} priority ${priority}; policy accept; }`;
}

function setCommand(table: string, name: string, kind: FilterSetKind): string {
  const { type, isInterval, isMap, size } = SET_TYPES[kind];
  const more = `${isInterval ? " flags interval;" : ""}${size === undefined ? "" : ` size ${size};`}`;
  return `add ${isMap ? "map" : "set"} ${table} ${name} { type ${type};${more} }`;
}

function elementsCommand(
  what: "add" | "delete",
  table: string,
  name: string,
  elements: ReadonlyMap<string, string>,
  kind: FilterSetKind,
): string {
  const text = [...elements].map(([element, verdict]) => {
    const quoted = kind === "interfaces" ? `"${element}"` : element;
    return verdict === "" ? quoted : `${quoted} : ${verdict}`;
  });
  return `${what} element ${table} ${name} { ${text.join(", ")} }`;
}

/** By which a rule is known again: what the kernel tells of it is not what was asked for letter by letter. */
export function ruleMark(rule: FilterRule): string {
  return createHash("sha256").update(ruleText(rule)).digest("hex").slice(0, 16);
}

/** The same of a whole chain. */
export function chainMarks({ rules }: FilterChain): readonly string[] {
  return rules.map(ruleMark);
}

export function ruleText({ tests, action }: FilterRule): string {
  return [...tests.map(testText), actionText(action)].filter((text) => text !== "").join(" ");
}

const KEYS: Readonly<Record<FilterKey, string>> = {
  source: "ip saddr",
  destination: "ip daddr",
  called: "ct original ip daddr",
  protocol: "meta l4proto",
  port: "th dport",
  // ICMP has its type and its code where others have the port that they come from.
  "type-and-code": "th sport",
  incoming: "iifname",
  outgoing: "oifname",
};

function testText(test: FilterTest): string {
  switch (test.kind) {
    case "in-set":
      return `${test.keys.map((key) => KEYS[key]).join(" . ")} @${test.set}`;
    case "not-in-set":
      return `${test.keys.map((key) => KEYS[key]).join(" . ")} != @${test.set}`;
    case "in-block":
      return test.block === "0.0.0.0/0" ? "" : `${KEYS[test.key]} ${test.block}`;
    case "protocol":
      return `meta l4proto ${test.is.length === 1 ? test.is[0] : `{ ${test.is.join(", ")} }`}`;
    case "between":
      return `th ${test.key === "port" ? "dport" : "sport"} ${test.from === test.to ? test.from : `${test.from}-${test.to}`}`;
    case "over":
      return `${KEYS[test.key]} "${test.name}"`;
    case "version-6":
      return "meta nfproto ipv6";
    case "translated":
      return "ct status dnat";
    case "state":
      // A packet has one: to compare is a step less than to look for the bit.
      return `ct state == ${test.is}`;
    case "direction":
      return `ct direction ${test.is}`;
    case "without-marks":
      return `ct mark and ${test.marks} == 0`;
  }
}

function actionText(then: FilterAction): string {
  switch (then.kind) {
    case "accept":
    case "drop":
    case "return":
      return then.kind;
    case "jump":
    case "goto":
      return `${then.kind} ${then.chain}`;
    case "look-up":
      return `${KEYS[then.key]} vmap @${then.map}`;
    case "mark":
      return `ct mark set ct mark or ${then.marks}`;
  }
}
