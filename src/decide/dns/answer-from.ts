import { isWithin, namesAbove, wildcardOf } from "../../domain/dns/name.ts";
import type { Question, Reply, Resolution, Resource } from "../../domain/dns/message.ts";
import type { RecordSet } from "../../domain/dns/record-set.ts";
import { isProblem, readValue } from "../../domain/dns/value.ts";
import { chosen } from "./choose.ts";
import type { DnsView, ZoneView } from "./view.ts";

/** How many alias names, or aliases, may lead from one to the next before they lead nowhere. */
const LONGEST_CHAIN = 8;
/** Seconds, of an address of a load balancer. Source: Route 53 Developer Guide, "Choosing between alias and non-alias records". */
const SERVICE_TTL = 60;

/**
 * The answer to a question from the zones of a view; `forward` where none of them answers for the name, or the one that does says that others do.
 * Costs what a name has labels and its names have record sets.
 * Source: RFC 1034, section 4.3.2; RFC 2308 for what is not there; RFC 4592 for wildcards.
 */
export function answerFrom(view: DnsView, question: Question): Resolution {
  const zone = view.zoneOf(question.name);
  const answer = followed(view, question, zone);
  return zone && answer.kind === "reply" ? { ...answer, zoneId: zone.id } : answer;
}

function followed(view: DnsView, question: Question, own: ZoneView | undefined): Resolution {
  const answers: Resource[] = [];
  const known: Known = new Map();
  let name = question.name;
  for (let hops = 0; hops <= LONGEST_CHAIN; hops++) {
    const zone = hops === 0 ? own : view.zoneOf(name);
    if (!zone) return answers.length === 0 ? { kind: "forward" } : reply({ answers, continuesAt: name });
    const delegation = delegationIn(zone, { ...question, name });
    if (delegation) return answers.length === 0 ? referral(zone, delegation) : reply({ answers, continuesAt: name });
    const found = setsFor(zone, name);
    const told = toldOf(view, { zone, known }, found.sets, question.type);
    answers.push(...told.map((resource) => ({ ...resource, name })));
    const [first] = told;
    if (first?.data.type === "CNAME" && question.type !== "CNAME" && question.type !== "ANY") {
      name = first.data.target;
      continue;
    }
    if (first) return reply({ answers });
    return reply({ code: found.exists ? "NOERROR" : "NXDOMAIN", answers, authorities: soaOf(zone) });
  }
  return reply({ code: "SERVFAIL", answers: [] });
}

function reply(parts: Partial<Reply>): Reply {
  return { kind: "reply", code: "NOERROR", authoritative: true, answers: [], authorities: [], additionals: [], ...parts };
}

/** The name servers to whom a zone leaves a name, the nearest to its apex first; `undefined` where the zone keeps it. */
function delegationIn(zone: ZoneView, { name, type }: Question): RecordSet | undefined {
  const below = [name, ...namesAbove(name)].filter((one) => one !== zone.name && isWithin(one, zone.name)).toReversed();
  for (const one of below) {
    // What the parent says of the delegation itself (RFC 4035, section 3.1.4.1).
    if (one === name && type === "DS") return undefined;
    const found = zone.at(one).find((set) => set.type === "NS");
    if (found) return found;
  }
  return undefined;
}

function referral(zone: ZoneView, delegation: RecordSet): Reply {
  const servers = resourcesOf(delegation);
  const glue = servers.flatMap(({ data }) =>
    data.type === "NS" && isWithin(data.target, zone.name)
      ? zone.at(data.target).flatMap((set) => (set.type === "A" || set.type === "AAAA" ? resourcesOf(set) : []))
      : [],
  );
  return reply({ authoritative: false, authorities: servers, additionals: glue });
}

/** The record sets that count for a name: its own, or those of the wildcard that stands for it. */
function setsFor(zone: ZoneView, name: string): { readonly sets: readonly RecordSet[]; readonly exists: boolean } {
  const own = zone.at(name);
  if (own.length > 0 || zone.hasBelow(name) || name === zone.name) return { sets: own, exists: true };
  const encloser = namesAbove(name).find((one) => one === zone.name || zone.at(one).length > 0 || zone.hasBelow(one)) ?? zone.name;
  const sets = zone.at(wildcardOf(encloser));
  return { sets, exists: sets.length > 0 };
}

/** Whether the targets of aliases are healthy, as far as it was looked at for this question: each is looked at once, however many aliases lead to it. */
type Known = Map<string, boolean>;

interface Within {
  readonly zone: ZoneView;
  readonly known: Known;
}

/** The records of a type, or the alias name in their place. */
function toldOf(view: DnsView, within: Within, sets: readonly RecordSet[], type: string): readonly Resource[] {
  // One record set of the name is an answer to a question for any (RFC 8482, section 4.1).
  const wanted = type === "ANY" ? sets[0]?.type : type;
  const ofType = sets.filter((set) => set.type === wanted);
  const told = resolved(view, within, ofType, LONGEST_CHAIN);
  return told.length > 0
    ? told
    : resolved(
        view,
        within,
        sets.filter((set) => set.type === "CNAME"),
        LONGEST_CHAIN,
      );
}

function resolved(view: DnsView, within: Within, sets: readonly RecordSet[], depth: number): readonly Resource[] {
  const { zone } = within;
  const isHealthy = (set: RecordSet): boolean => isHealthySet(view, within, set);
  return chosen(sets, { isHealthy, region: view.region, locationsIn: view.locationsIn, chance: view.chance }).flatMap((set) => {
    const target = set.aliasTarget;
    if (!target) return resourcesOf(set);
    if (target.HostedZoneId === zone.id) return depth === 0 ? [] : resolved(view, within, targetsOf(zone, set), depth - 1);
    const addresses = set.type === "A" ? (view.service(target)?.addresses ?? []) : [];
    return addresses.map((address): Resource => ({ name: set.name, ttl: SERVICE_TTL, data: { type: "A", address } }));
  });
}

/** The record sets that an alias stands for, in its own zone. */
function targetsOf(zone: ZoneView, { aliasTarget, type }: RecordSet): readonly RecordSet[] {
  return aliasTarget ? setsFor(zone, aliasTarget.DNSName).sets.filter((set) => set.type === type) : [];
}

/** By its health check, and of an alias that asks for it by the health of what it leads to. One that leads back to itself is not healthy. */
function isHealthySet(view: DnsView, within: Within, set: RecordSet): boolean {
  const { zone, known } = within;
  if (set.healthCheckId !== undefined && !view.isHealthy(set.healthCheckId)) return false;
  const target = set.aliasTarget;
  if (!target?.EvaluateTargetHealth) return true;
  const key = `${target.HostedZoneId} ${target.DNSName} ${set.type}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  known.set(key, false);
  const healthy =
    target.HostedZoneId === zone.id
      ? targetsOf(zone, set).some((one) => isHealthySet(view, within, one))
      : (view.service(target)?.isHealthy() ?? false);
  known.set(key, healthy);
  return healthy;
}

function resourcesOf({ name, type, ttl = 0, values = [] }: RecordSet): readonly Resource[] {
  return values.flatMap((value): readonly Resource[] => {
    const data = readValue(type, value);
    // What was not read was not taken.
    return isProblem(data) ? [] : [{ name, ttl, data }];
  });
}

/** For how long nothing is there, as the zone says it: the least of the record's own time and of its last field (RFC 2308, section 5). */
function soaOf(zone: ZoneView): readonly Resource[] {
  const set = zone.at(zone.name).find(({ type }) => type === "SOA");
  return (set ? resourcesOf(set) : []).map((resource) =>
    resource.data.type === "SOA" ? { ...resource, ttl: Math.min(resource.ttl, resource.data.minimum) } : resource,
  );
}
