import { answerFrom } from "../../decide/dns/answer-from.ts";
import type { TargetPlace } from "../../decide/routing/target-place.ts";
import { readAddress6 } from "../../domain/dns/address6.ts";
import { readName } from "../../domain/dns/name.ts";
import { DEFAULT_REGION } from "../../domain/scope.ts";
import type { Probe } from "../../ports/endpoint-prober.ts";
import { balancerNamed, zonesSeenFrom } from "../../state/dns-view.ts";
import { vpcs } from "../../state/ec2.ts";
import { listeners, type LoadBalancerRecord } from "../../state/elb.ts";
import type { HealthCheckRecord } from "../../state/route53.ts";
import type { WholeState } from "../../state/state.ts";

/** Where a health check looks, or why it looks nowhere. */
export type Endpoint = { readonly kind: "endpoint"; readonly probe: Probe } | { readonly kind: "none"; readonly why: string };

const LOOPBACK = "127.0.0.1";

/**
 * The endpoint of a check. This host looks, so that what a check may be pointed at is what its account may reach by load balancers: addresses of its own VPCs,
 * private ones elsewhere, what the operator opens, and public ones; of this host its load balancers alone, by their names or an alias of one. Names are those of
 * the account's public zones.
 */
export function endpointOf(
  state: WholeState,
  { account, config }: HealthCheckRecord,
  placeOf: (address: string, vpcId: string | undefined) => TargetPlace,
): Endpoint {
  const kind = config.Type?.startsWith("HTTPS") ? "HTTPS" : config.Type === "TCP" ? "TCP" : "HTTP";
  const port = config.Port ?? (kind === "HTTPS" ? 443 : 80);
  const domain = config.FullyQualifiedDomainName;
  const found = config.IPAddress === undefined ? resolved(state, account, domain ?? "", port) : { address: config.IPAddress, port };
  if (!found) return { kind: "none", why: `The domain name ${domain ?? ""} could not be resolved here.` };
  if (!("balancer" in found) && !mayReach(state, account, found.address, placeOf))
    return { kind: "none", why: `${found.address} is no address that health checks of this account may reach.` };
  const named =
    domain === undefined ? {} : { host: withPort(domain, port, kind), ...(config.EnableSNI === false ? {} : { serverName: domain }) };
  return {
    kind: "endpoint",
    probe: {
      ...{ kind, address: found.address, port: found.port, path: pathOf(config.ResourcePath) },
      ...named,
      ...(config.SearchString === undefined || !config.Type?.endsWith("STR_MATCH") ? {} : { search: config.SearchString }),
    },
  };
}

function withPort(domain: string, port: number, kind: Probe["kind"]): string {
  return port === (kind === "HTTPS" ? 443 : 80) ? domain : `${domain}:${port}`;
}

function pathOf(path = "/"): string {
  return path.startsWith("/") ? path : `/${path}`;
}

interface Place {
  readonly address: string;
  readonly port: number;
  readonly balancer?: true;
}

function resolved(state: WholeState, account: string, domain: string, port: number): Place | undefined {
  const name = readName(domain);
  if (typeof name === "object") return undefined;
  const direct = balancerNamed(state, name.slice(0, -1));
  if (direct) return placeOfBalancer(state, account, direct, port);
  // No address is written so: nobody's record can pass for a load balancer's.
  const places = new Map<string, Place>();
  const addressesOf = (balancer: LoadBalancerRecord): readonly string[] => {
    const place = placeOfBalancer(state, account, balancer, port);
    if (place) places.set(balancer.arn, place);
    return place ? [balancer.arn] : [];
  };
  const view = zonesSeenFrom(state, { region: DEFAULT_REGION, sees: (zone) => zone.account === account, addressesOf }, 0);
  const answer = answerFrom(view, { name, type: "A" });
  if (answer.kind !== "reply") return undefined;
  const [address] = answer.answers.flatMap(({ data }) => (data.type === "A" ? [data.address] : []));
  return address === undefined ? undefined : (places.get(address) ?? { address, port });
}

/** Where all load balancers share loopback; told apart by name there. */
function placeOfBalancer(state: WholeState, account: string, { arn, account: owner }: LoadBalancerRecord, port: number): Place | undefined {
  if (owner !== account) return undefined;
  const listener = state
    .table(listeners)
    .by("loadBalancer", arn)
    .find((one) => one.port === port);
  return listener && { address: LOOPBACK, port: listener.boundPort ?? listener.port, balancer: true };
}

function mayReach(
  state: WholeState,
  account: string,
  address: string,
  placeOf: (address: string, vpcId: string | undefined) => TargetPlace,
): boolean {
  // Of IPv6 nothing is known here but what is public.
  const groups = readAddress6(address);
  if (groups) return ((groups[0] ?? 0) & 0xe000) === 0x2000;
  const own = [...state.table(vpcs).values()].filter((vpc) => vpc.account === account);
  return [undefined, ...own.map(({ id }) => id)].some((vpcId) => ["vpc", "private", "opened", "public"].includes(placeOf(address, vpcId)));
}
