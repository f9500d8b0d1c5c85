import { readName } from "../../domain/dns/name.ts";
import type { AliasOf, RecordSet } from "../../domain/dns/record-set.ts";
import { defined } from "../../domain/defined.ts";
import type { PolicyBranch, PolicyTarget, TrafficPolicy } from "./policy.ts";

/** Where a policy is to be followed. */
export interface InstancePlace {
  readonly instanceId: string;
  /** As `readName` gives it, within the zone. */
  readonly name: string;
  /** Seconds. */
  readonly ttl: number;
  readonly zone: { readonly id: string; readonly name: string };
  /** The zone of a load balancer's name; `undefined` where there is none of that name. */
  readonly balancerZone: (name: string) => string | undefined;
}

const BALANCERS = ["application-load-balancer", "elastic-load-balancer", "network-load-balancer"];

/**
 * The record sets that a policy comes to at a name: its own, and those of a name for each rule that others lead to, which are aliases of. What cannot be followed here is
 * told instead. Costs what the policy has branches.
 */
export function recordSetsOf(
  { recordType: type, start, endpoints, rules }: TrafficPolicy,
  { instanceId, name, ttl, zone, balancerZone }: InstancePlace,
): { readonly sets: readonly RecordSet[] } | { readonly problems: readonly string[] } {
  const problems = new Set<string>();
  const sets: RecordSet[] = [];
  /** The names of rules that others lead to. */
  const names = new Map<string, string>();
  const waiting: [string, string][] = [];

  const nameOfRule = (id: string): string => {
    const known = names.get(id);
    if (known !== undefined) return known;
    const made = `_${instanceId}-${names.size + 1}.${zone.name}`;
    if (typeof readName(made) === "object") problems.add(`The name of the hosted zone is too long for the rule ${id} below it.`);
    names.set(id, made);
    waiting.push([made, id]);
    return made;
  };
  const led = ({ kind, id }: PolicyTarget, EvaluateTargetHealth: boolean): Pick<RecordSet, "ttl" | "values" | "aliasTarget"> => {
    const alias = (HostedZoneId: string, DNSName: string): { readonly aliasTarget: AliasOf } => ({
      aliasTarget: { HostedZoneId, DNSName, EvaluateTargetHealth },
    });
    if (kind === "rule") return alias(zone.id, nameOfRule(id));
    const { type: kindOfEndpoint, value } = endpoints.get(id) ?? { type: "value", value: "" };
    if (kindOfEndpoint === "value") return { ttl, values: [value] };
    const target = readName(value);
    const balancer = BALANCERS.includes(kindOfEndpoint) && typeof target === "string" ? balancerZone(target) : undefined;
    if (balancer !== undefined && typeof target === "string") return alias(balancer, target);
    problems.add(
      BALANCERS.includes(kindOfEndpoint)
        ? `There is no load balancer ${value}.`
        : `Endpoints of type ${kindOfEndpoint} are not here: the endpoint ${id}.`,
    );
    return {};
  };
  const branch = (
    at: string,
    ruleId: string,
    number: number,
    { target, evaluateTargetHealth, healthCheckId, by }: PolicyBranch,
  ): RecordSet => ({
    ...{ name: at, type, setIdentifier: `${ruleId.slice(0, 100)}-${number}` },
    ...by,
    ...led(target, evaluateTargetHealth),
    ...defined({ healthCheckId }),
  });
  const follow = (at: string, id: string): void => {
    const rule = rules.get(id);
    if (rule?.type === "geoproximity") problems.add(`Nobody's place is known here: the rule ${id} of type geoproximity is refused.`);
    for (const [number, one] of (rule?.branches ?? []).entries()) sets.push(branch(at, id, number + 1, one));
  };

  if (start.kind === "endpoint") sets.push({ name, type, ...led(start, false) });
  else follow(name, start.id);
  for (let next = waiting.shift(); next; next = waiting.shift()) follow(...next);
  return problems.size > 0 ? { problems: [...problems] } : { sets };
}
