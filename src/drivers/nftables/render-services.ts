import type { PacketChoice, PacketService } from "../../ports/packet-balancer.ts";

/** What is known of a service in a table: the chains that lead its flows, and the rules in them. */
export interface RenderedService {
  /** Of the map of services. */
  readonly key: string;
  /** By their names; the first is where flows come in. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
}

const HOOKS = ["prerouting", "output"];
/** Before Docker's own (-100, `dstnat`), which leads published ports. */
const PRIORITY = -105;

/** The commands that make a table anew, with all of its services: what was there before is gone with the same transaction. */
export function renderTable(table: string, services: readonly PacketService[]): string {
  const at = `inet ${table}`;
  const rendered = services.map(renderService);
  return [
    // A table that is not there cannot be deleted; one that is there can be added.
    `add table ${at}`,
    `delete table ${at}`,
    `add table ${at}`,
    `add map ${at} services { typeof ip daddr . meta l4proto . th dport : verdict; }`,
    ...timeoutsOf(services).map((one) => addTimeout(at, one)),
    ...rendered.flatMap((service) => addService(at, service)),
    ...HOOKS.map((hook) => `add chain ${at} ${hook} { type nat hook ${hook} priority ${PRIORITY}; policy accept; }`),
    ...HOOKS.map((chain) => `add rule ${at} ${chain} ip daddr . meta l4proto . th dport vmap @services`),
    "",
  ].join("\n");
}

/** The commands that bring a table from some services to others. */
export function renderChanges(table: string, before: readonly PacketService[], after: readonly PacketService[]): string {
  const at = `inet ${table}`;
  const [were, are] = [before, after].map((services) => new Map(services.map((service) => [keyOf(service), service])));
  const changed = after.filter((service) => JSON.stringify(service) !== JSON.stringify(were?.get(keyOf(service))));
  const gone = before.filter((service) => !are?.has(keyOf(service)));
  const known = new Set(timeoutsOf(before).map(({ name }) => name));
  const commands = [
    ...timeoutsOf(changed).flatMap((one) => (known.has(one.name) ? [] : [addTimeout(at, one)])),
    ...changed.flatMap((service) => {
      const former = were?.get(keyOf(service));
      return former ? replaceService(at, renderService(former), renderService(service)) : addService(at, renderService(service));
    }),
    ...gone.flatMap((service) => deleteService(at, renderService(service))),
  ];
  return commands.length === 0 ? "" : `${commands.join("\n")}\n`;
}

function keyOf({ address, protocol, port }: PacketService): string {
  return `${address} . ${protocol} . ${port}`;
}

export function renderService(service: PacketService): RenderedService {
  const { address, protocol, port, clients, choices } = service;
  const name = `s_${address.replaceAll(".", "_")}_${protocol}_${port}`;
  const [timeout] = timeoutsOf([service]);
  const others = clients.length === 1 ? `${clients[0]}` : `{ ${clients.join(", ")} }`;
  const first = [`ip saddr != ${others} return`, ...(timeout ? [`ct timeout set "${timeout.name}"`] : [])];
  const leads = choices.map((choice, at) => ({ chain: `${name}_${at}`, rule: leadTo(choice, protocol), weight: choice.weight }));
  const [only] = leads;
  if (!only || leads.length === 1) return { key: keyOf(service), chains: new Map([[name, [...first, ...(only ? [only.rule] : [])]]]) };
  let from = 0;
  const parts = leads.map(({ chain, weight }) => {
    const to = from + weight - 1;
    const range = from === to ? String(from) : `${from}-${to}`;
    from = to + 1;
    return `${range} : goto ${chain}`;
  });
  const drawn = `jhash ip saddr . th sport mod ${from} seed ${CHOICE_SEED} vmap { ${parts.join(", ")} }`;
  return {
    key: keyOf(service),
    chains: new Map<string, readonly string[]>([[name, [...first, drawn]], ...leads.map(({ chain, rule }) => [chain, [rule]] as const)]),
  };
}

/** Of the choice among groups another one than of the choice within a group: the one would say half of the other. */
const CHOICE_SEED = "0x9e3779b9";
const TARGET_SEED = "0x85ebca6b";

/** A flow's target is that of its client's address and port, or of its address alone. */
function leadTo({ targets, sticky }: PacketChoice, protocol: PacketService["protocol"]): string {
  const [only] = targets;
  if (only && targets.length === 1) return `meta l4proto ${protocol} dnat ip to ${only.address}:${only.port}`;
  const all = targets.map(({ address, port }, at) => `${at} : ${address} . ${port}`).join(", ");
  const who = sticky ? "ip saddr" : "ip saddr . th sport";
  return `meta l4proto ${protocol} dnat ip to jhash ${who} mod ${targets.length} seed ${TARGET_SEED} map { ${all} }`;
}

interface Timeout {
  readonly name: string;
  readonly protocol: PacketService["protocol"];
  readonly seconds: number;
}

/** How long flows are remembered that are idle, each once. */
function timeoutsOf(services: readonly PacketService[]): readonly Timeout[] {
  const all = services.map(({ protocol, idleTimeout }) => ({ name: `idle_${protocol}_${idleTimeout}`, protocol, seconds: idleTimeout }));
  return [...new Map(all.map((one) => [one.name, one])).values()];
}

function addTimeout(at: string, { name, protocol, seconds }: Timeout): string {
  const states = protocol === "tcp" ? ["established"] : ["unreplied", "replied"];
  return `add ct timeout ${at} ${name} { protocol ${protocol}; l3proto ip; policy = { ${states.map((state) => `${state} : ${seconds}`).join(", ")} }; }`;
}

/** Chains that others lead to come first. */
function addService(at: string, { key, chains }: RenderedService): readonly string[] {
  const [first = ""] = chains.keys();
  return [...fill(at, chains), `add element ${at} services { ${key} : goto ${first} }`];
}

function fill(at: string, chains: RenderedService["chains"]): readonly string[] {
  return [...chains.keys()]
    .toReversed()
    .flatMap((chain) => [
      `add chain ${at} ${chain}`,
      `flush chain ${at} ${chain}`,
      ...(chains.get(chain) ?? []).map((rule) => `add rule ${at} ${chain} ${rule}`),
    ]);
}

function replaceService(at: string, before: RenderedService, after: RenderedService): readonly string[] {
  const gone = [...before.chains.keys()].filter((chain) => !after.chains.has(chain));
  return [...fill(at, after.chains), ...gone.flatMap((chain) => deleteChain(at, chain))];
}

function deleteService(at: string, { key, chains }: RenderedService): readonly string[] {
  const [first = ""] = chains.keys();
  // With the verdict: a kernel that is not told it may not know that the chain is used no more.
  return [`delete element ${at} services { ${key} : goto ${first} }`, ...[...chains.keys()].flatMap((chain) => deleteChain(at, chain))];
}

function deleteChain(at: string, chain: string): readonly string[] {
  return [`flush chain ${at} ${chain}`, `delete chain ${at} ${chain}`];
}
