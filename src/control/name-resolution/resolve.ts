import { answerFrom } from "../../decide/dns/answer-from.ts";
import { OWN_NAMES } from "../../decide/routing/plan-routing.ts";
import type { GatewayView } from "../../decide/routing/view.ts";
import { blockHas, parseAddress } from "../../domain/cidr.ts";
import type { Question, Resolution } from "../../domain/dns/message.ts";
import { isWithin, nameOf } from "../../domain/dns/name.ts";
import { isSpecialUse } from "../../domain/dns/special-use.ts";
import { DEFAULT_REGION } from "../../domain/scope.ts";
import { balancerNamed, privateZoneOf, zonesSeenFrom, type Standpoint } from "../../state/dns-view.ts";
import { vpcBlocks, vpcs } from "../../state/ec2.ts";
import type { LoadBalancerRecord } from "../../state/elb.ts";
import type { HostedZoneRecord } from "../../state/route53.ts";
import type { WholeState } from "../../state/state.ts";
import type { HeldAddresses } from "../load-balancing/own-places.ts";
import { namedAddresses } from "./named-addresses.ts";
import { vpcName } from "./vpc-names.ts";
import { addressReply, nameServerReply, noSuchName } from "./own-names.ts";

/** Seconds: load balancers come and go, and asking again costs next to nothing. */
const TTL = 5;

/** @param client the address that asks */
export type Resolve = (question: Question, client: string) => Resolution;

export interface ResolvingParts {
  readonly state: WholeState;
  /** Gives a number from 0, below 1. */
  readonly chance: () => number;
  /** Domains of which the operator says that public zones here answer for them to all accounts. */
  readonly sharedDomains?: readonly string[];
  /** The addresses of load balancers that this host has in a VPC. None where absent. */
  readonly heldIn?: (vpcId: string) => HeldAddresses | undefined;
}

/**
 * What a VPC's name server answers, at base+2 or at the gateway: load balancers of that VPC are at addresses of their own in their healthy zones, any of these first, or at the gateway where this
 * host does not have them, and to it there are no others; then its private zones, then what is public. Who asks from elsewhere (other networks of this host reach the address, too) meets silence. Nobody here has registered the domain of a
 * public zone: to other accounts than its own it answers where no domain of the world is at stake, or the operator says so (decision 41).
 */
export function resolveInVpc({ state, chance, sharedDomains = [], heldIn }: ResolvingParts, gateway: GatewayView): Resolve {
  const shared = sharedDomains.map(nameOf);
  const isShared = (name: string): boolean => isSpecialUse(name) || shared.some((domain) => isWithin(name, domain));
  const { vpcId, address } = gateway;
  return (question, client) => {
    const from = parseAddress(client);
    const vpc = state.table(vpcs).get(vpcId);
    const blocks = vpc ? vpcBlocks(vpc) : [gateway.vpcCidr];
    if (from === undefined || !blocks.some((block) => blockHas(block, client))) return { kind: "silent" };
    const addressesOf = (balancer: LoadBalancerRecord): readonly string[] => {
      if (balancer.vpcId !== gateway.vpcId) return [];
      const own = namedAddresses(state, balancer, heldIn?.(balancer.vpcId), { from, chance });
      return own.length === 0 ? [gateway.address] : own;
    };
    // As on AWS: nobody answers at the VPC's resolver.
    if (vpc?.dnsSupport === false) return { kind: "silent" };
    // Somebody's private zone of the name stands before what is known by itself.
    const own = vpc && !privateZoneOf(state, vpcId, question.name) ? vpcName(state, vpc, question) : undefined;
    if (own) return own;
    const sees = (zone: HostedZoneRecord): boolean => zone.account === vpc?.account || isShared(zone.name);
    return resolve(state, question, { vpcId, region: vpc?.region ?? DEFAULT_REGION, client, sees, addressesOf }, address, chance());
  };
}

/**
 * What the name server for this host answers: load balancers are where all share loopback, and zones are the public ones. Others' names are looked up
 * for programs of this host alone.
 * @param address its own
 */
export function resolveOnHost({ state, chance }: ResolvingParts, address: string): Resolve {
  const standpoint: Standpoint = { region: DEFAULT_REGION, addressesOf: () => [LOOPBACK] };
  return (question, client) => {
    const found = resolve(state, question, { ...standpoint, client }, address, chance());
    return found.kind === "forward" && !isOnHost(client) ? { kind: "refused" } : found;
  };
}

/** Whether it is a program of this host that asks. */
export function isOnHost(client: string): boolean {
  return client.startsWith("127.");
}

const LOOPBACK = "127.0.0.1";

function resolve(state: WholeState, question: Question, standpoint: Standpoint, address: string, chance: number): Resolution {
  const { name, type } = question;
  const text = name.slice(0, -1);
  if (text.includes(".elb.")) {
    const balancer = balancerNamed(state, text);
    const addresses = balancer ? standpoint.addressesOf(balancer) : [];
    if (addresses.length > 0) return addressReply(name, type, addresses, TTL);
    // Under AWS's domain others than ours live, too: what is not ours there is looked up where all names are.
    if (text.endsWith(OWN_NAMES)) return noSuchName();
  }
  return nameServerReply(state, name, type, address) ?? answerFrom(zonesSeenFrom(state, standpoint, chance), question);
}
