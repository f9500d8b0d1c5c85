import { parseCidr, resolverOf } from "../../domain/cidr.ts";
import type { Clock } from "../../ports/clock.ts";
import type { HostAddresses } from "../../ports/host-addresses.ts";
import type { Ids } from "../../ports/ids.ts";
import type { Logger } from "../../ports/logger.ts";
import { vpcEndpoints, type VpcEndpointRecord } from "../../state/ec2-endpoints.ts";
import { vpcs } from "../../state/ec2.ts";
import { connectAddresses } from "../../state/ecs-connect.ts";
import { completeInterfaces, removeLeft } from "../../state/elb-interfaces.ts";
import { loadBalancers } from "../../state/elb.ts";
import { removeEndpoint } from "../../state/new-endpoint.ts";
import { networkInterfaces, type NetworkInterfaceRecord } from "../../state/network-interfaces.ts";
import type { WholeState } from "../../state/state.ts";
import { keyedWorker } from "../keyed-worker.ts";
import type { HeldAddresses } from "../load-balancing/own-places.ts";
import type { Gateway } from "./follow-networks.ts";
import type { NetworkForVpc } from "./network-for-task.ts";

export interface BalancerAddressesParts {
  readonly state: WholeState;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly host: HostAddresses;
  /** Has a VPC's network made where it is not there. */
  readonly networkForVpc: NetworkForVpc;
  /** Told which addresses this host has, and in which VPCs it lacks some and why, whenever that changes. */
  readonly tell: (held: readonly HeldAddresses[], lacking: ReadonlyMap<string, string>) => void;
  /** Told why load balancers do without their addresses, in words for an operator; with `undefined` that none does. */
  readonly trouble?: (text: string | undefined) => void;
}

export interface BalancerAddresses extends AsyncDisposable {
  /** The networks in which this host is are exactly these from now on. What it has there already is told before this returns. */
  at(gateways: readonly Gateway[]): void;
  /** What is held in a VPC now. */
  heldIn(vpcId: string): HeldAddresses | undefined;
}

/** The key of what concerns all. */
const ALL = "";

/** No event tells when what keeps a network from being made is gone. */
const TRY_AGAIN_MS = 60_000;

/**
 * Has this host answer at the addresses of load balancers, of endpoints and of the resolver, in the network of their VPC, which is made for them where it is not there. A step looks at one
 * VPC: costs a look at its interfaces. Where the host cannot, load balancers do without, and this is told.
 *
 * No row of the table of loops: it is told from outside where gateways are.
 */
export function balancerAddresses(parts: BalancerAddressesParts): BalancerAddresses {
  const { state, clock, ids, logger, host, networkForVpc, tell, trouble } = parts;
  let gateways: ReadonlyMap<string, Gateway> = new Map();
  const held = new Map<string, HeldAddresses>();
  const wanting = new Map<string, string>();
  const troubled = new Map<string, string>();
  let toldTrouble: string | undefined;
  const worker = keyedWorker("addresses of load balancers", step, clock, logger);

  function isEndpoint(id: string | undefined): boolean {
    const found = id === undefined ? undefined : state.table(vpcEndpoints).get(id);
    return found !== undefined && found.state !== "deleting";
  }

  /** Those of which something is to be done before they are what was asked for. */
  function unsettled(vpcId: string): readonly VpcEndpointRecord[] {
    return state
      .table(vpcEndpoints)
      .by("vpc", vpcId)
      .filter((endpoint) => endpoint.state !== "available");
  }

  /** What the host could do for these is done: who was to be there is, who was to go is gone. One that has changed meanwhile has a step of its own. */
  function settle(endpoints: readonly VpcEndpointRecord[]): void {
    const table = state.table(vpcEndpoints);
    const same = endpoints.filter((endpoint) => table.get(endpoint.id) === endpoint);
    if (same.length === 0) return;
    state.commit(() => {
      for (const endpoint of same)
        if (endpoint.state === "deleting") removeEndpoint(state, endpoint);
        else table.replace(endpoint, { ...endpoint, state: "available" });
    });
  }

  function wantedIn(vpcId: string): readonly NetworkInterfaceRecord[] {
    return (
      state
        .table(networkInterfaces)
        .by("vpc", vpcId)
        // Nobody answers at those of NAT gateways, and at those that somebody made and that are attached to nothing.
        .filter(({ loadBalancerArn, vpcEndpointId }) => loadBalancerArn !== undefined || isEndpoint(vpcEndpointId))
    );
  }

  /** What Service Connect has there. */
  function connectedIn(vpcId: string): readonly string[] {
    return state
      .table(connectAddresses)
      .by("vpc", vpcId)
      .map(({ address }) => address);
  }

  async function step(vpcId: string): Promise<void> {
    if (vpcId === ALL) return complete();
    const next = removeLeft(state, vpcId, clock.now());
    if (next !== undefined) worker.wakeAt(vpcId, next);
    const gateway = gateways.get(vpcId);
    const endpoints = unsettled(vpcId);
    const records = wantedIn(vpcId);
    const connected = connectedIn(vpcId);
    // A network is made for load balancers and Service Connect; endpoints wait for somebody who would use them.
    const isNeeded = connected.length > 0 || records.some(({ loadBalancerArn }) => loadBalancerArn !== undefined);
    // Where there is no network nobody can ask an endpoint, and nothing is to be let go of.
    if (!gateway) settle(endpoints);
    if (!gateway) return isNeeded && state.table(vpcs).has(vpcId) ? makeNetwork(vpcId) : note(vpcId, undefined);
    const wanted = [...resolverIn(gateway), ...addressesOf(records), ...connected];
    // An address is told to nobody before it is surely ours.
    await state.durable();
    // Who listens there lets go first.
    const present = held.get(vpcId)?.addresses ?? new Set();
    keep(
      gateway,
      wanted.filter((address) => present.has(address)),
    );
    const outcome = await host.hold(gateway, wanted);
    // The network may be another one by now, which has a step of its own.
    if (gateways.get(vpcId) !== gateway) return;
    if (outcome.kind === "held") keep(gateway, wanted);
    settle(endpoints);
    note(vpcId, outcome.kind === "held" ? undefined : outcome.reason, records.length + connected.length > 0);
  }

  async function makeNetwork(vpcId: string): Promise<void> {
    const making = networkForVpc(vpcId);
    if (!making) return note(vpcId, "the engine keeps its networks where this host does not reach them");
    const failed = await making;
    note(vpcId, failed?.failure);
    // One that is there is told by its event.
    if (failed) worker.wakeAt(vpcId, clock.now() + TRY_AGAIN_MS);
  }

  /** Of blocks that a VPC got later: who is in them is in the VPC. */
  function furtherOf(vpcId: string): Pick<HeldAddresses, "furtherBlocks"> {
    const further = (state.table(vpcs).get(vpcId)?.moreBlocks ?? []).map(({ cidrBlock }) => cidrBlock);
    return further.length > 0 ? { furtherBlocks: further } : {};
  }

  function keep({ vpcId, vpcCidr }: Gateway, addresses: readonly string[]): void {
    const before = held.get(vpcId);
    const further = furtherOf(vpcId);
    const isSame =
      before?.vpcCidr === vpcCidr &&
      JSON.stringify(before.furtherBlocks) === JSON.stringify(further.furtherBlocks) &&
      before.addresses.size === addresses.length &&
      addresses.every((one) => before.addresses.has(one));
    if (isSame) return;
    held.set(vpcId, { vpcId, vpcCidr, ...further, addresses: new Set(addresses) });
    tell([...held.values()], wanting);
  }

  /** @param isTrouble whether somebody does without an address; of the resolver alone nobody need hear, which answers at the gateway then */
  function note(vpcId: string, why: string | undefined, isTrouble = true): void {
    const before = wanting.get(vpcId);
    if (before === why && troubled.has(vpcId) === (isTrouble && why !== undefined)) return;
    troubled.delete(vpcId);
    if (why === undefined) wanting.delete(vpcId);
    else {
      wanting.set(vpcId, why);
      if (isTrouble) {
        troubled.set(vpcId, why);
        logger.warn("load balancers are at addresses that all share, not at their own", { vpc: vpcId, why });
      }
    }
    tell([...held.values()], wanting);
    const [first] = troubled.values();
    if (first === toldTrouble) return;
    toldTrouble = first;
    trouble?.(
      first &&
        `load balancers have no addresses of their own on this host, and are reached on loopback and at their VPC's gateway: ${first}`,
    );
  }

  /** Those of earlier versions have no interfaces. */
  function complete(): void {
    for (const balancer of [...state.table(loadBalancers).values()]) {
      const full = completeInterfaces(state, ids, balancer, clock.now());
      if (full) logger.warn("a load balancer has no address in one of its subnets", { loadBalancer: balancer.arn, why: full.message });
    }
  }

  const watch = state.watch(networkInterfaces, ({ before, after }) => {
    for (const record of [before, after]) if (record) worker.wake(record.vpcId);
  });
  const watchEndpoints = state.watch(vpcEndpoints, ({ after }) => {
    if (after && after.state !== "available") worker.wake(after.vpcId);
  });
  const addressWatch = state.watch(connectAddresses, ({ before, after }) => {
    for (const record of [before, after]) if (record) worker.wake(record.vpcId);
  });
  const vpcWatch = state.watch(vpcs, ({ key, before, after }) => {
    if (before && after && before.moreBlocks !== after.moreBlocks) worker.wake(key);
  });
  function wakeAll(): void {
    for (const { vpcId } of state.table(networkInterfaces).values()) worker.wake(vpcId);
    for (const { vpcId } of state.table(connectAddresses).values()) worker.wake(vpcId);
  }
  worker.wake(ALL);
  wakeAll();
  for (const endpoint of state.table(vpcEndpoints).values()) if (endpoint.state !== "available") worker.wake(endpoint.vpcId);

  return {
    at(now) {
      gateways = new Map(now.map((gateway) => [gateway.vpcId, gateway]));
      const present = host.present();
      held.clear();
      for (const { vpcId, vpcCidr } of now)
        held.set(vpcId, {
          vpcId,
          vpcCidr,
          ...furtherOf(vpcId),
          addresses: new Set(
            [...resolverIn({ vpcCidr }), ...addressesOf(wantedIn(vpcId)), ...connectedIn(vpcId)].filter((address) => present.has(address)),
          ),
        });
      tell([...held.values()], wanting);
      for (const vpcId of gateways.keys()) worker.wake(vpcId);
      wakeAll();
    },
    heldIn: (vpcId) => held.get(vpcId),
    async [Symbol.asyncDispose]() {
      watch[Symbol.dispose]();
      watchEndpoints[Symbol.dispose]();
      addressWatch[Symbol.dispose]();
      vpcWatch[Symbol.dispose]();
      await worker[Symbol.asyncDispose]();
    },
  };
}

/** The VPC's base+2, at which its resolver is. */
function resolverIn({ vpcCidr }: Pick<Gateway, "vpcCidr">): readonly string[] {
  const block = parseCidr(vpcCidr);
  return block ? [resolverOf(block)] : [];
}

function addressesOf(records: readonly NetworkInterfaceRecord[]): readonly string[] {
  return records.map(({ privateIpv4Address }) => privateIpv4Address);
}
