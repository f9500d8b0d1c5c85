import { sendersByInternetGateway, sendersByNat } from "../../decide/packet-filter/public-senders.ts";
import { blockHas } from "../../domain/cidr.ts";
import type { WorldInterface } from "../../domain/network-world.ts";
import type { PublicSender } from "../../domain/public-sender.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { PublicSenders } from "../../ports/public-senders.ts";
import { internetGateways, natGateways } from "../../state/ec2-gateways.ts";
import { prefixLists } from "../../state/ec2-prefix-lists.ts";
import { routeTables } from "../../state/ec2-routing.ts";
import { subnets, vpcs } from "../../state/ec2.ts";
import { tasks } from "../../state/ecs.ts";
import { subnetInWorld, taskInWorld, worldAround } from "../../state/network-world.ts";
import { publicAddresses } from "../../state/public-addresses.ts";
import type { WholeState } from "../../state/state.ts";
import type { TableDefinition } from "../../state/table.ts";
import { keyedWorker } from "../keyed-worker.ts";

export interface SendersParts {
  readonly state: WholeState;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly senders: PublicSenders;
  /** The block of which public addresses come back to this host. What is of another one leaves with the host's address. */
  readonly range: string;
}

/**
 * Has what leaves by NAT gateways, or by an internet gateway from somebody with a public address, bear that address, and resolves once it does; follows who comes and goes until disposed of, which leaves what
 * there is. Of a change of routes or gateways it costs the subnets of the VPC and who has a public address there, of an address itself. Rejects where the kernel cannot be told.
 */
export async function followSenders({ state, clock, logger, senders, range }: SendersParts): Promise<AsyncDisposable> {
  /** Public addresses that somebody in a VPC has, and where. */
  const inVpc = new Map<string, Set<string>>();
  const placeOf = new Map<string, string>();
  const isOurs = ({ as }: PublicSender): boolean => blockHas(range, as);

  /** @param key a VPC's id, or a public address */
  function senderOf(key: string): readonly PublicSender[] {
    return (key.startsWith("vpc-") ? byNat(state, key) : own(key)).filter(isOurs);
  }

  function own(address: string): readonly PublicSender[] {
    const task = state.table(tasks).get(state.table(publicAddresses).get(address)?.holder ?? "");
    const one = task && taskInWorld(state, task);
    place(address, one?.vpcId);
    return one ? sendersByInternetGateway(worldAround(state, [one]), one) : [];
  }

  function place(address: string, vpcId: string | undefined): void {
    const before = placeOf.get(address);
    if (before === vpcId) return;
    if (before !== undefined) inVpc.get(before)?.delete(address);
    if (vpcId === undefined) return void placeOf.delete(address);
    placeOf.set(address, vpcId);
    inVpc.set(vpcId, (inVpc.get(vpcId) ?? new Set()).add(address));
  }

  const keys = [
    ...[...state.table(vpcs).values()].map(({ id }) => id),
    ...[...state.table(publicAddresses).values()].map(({ address }) => address),
  ];
  const adopted = senders.adopt(new Map(keys.map((key) => [key, senderOf(key)] as const).filter(([, { length }]) => length > 0)));
  const worker = keyedWorker("public senders", (key) => senders.replace(key, senderOf(key)), clock, logger);
  const wakeVpc = (id: string): void => [id, ...(inVpc.get(id) ?? [])].forEach((key) => worker.wake(key));
  const on = <R extends object, I extends string>(table: TableDefinition<R, I>, vpcOf: (record: R) => string | undefined): Disposable =>
    state.watch(table, ({ before, after }) => {
      for (const id of new Set([before, after].flatMap((record) => (record ? (vpcOf(record) ?? []) : [])))) wakeVpc(id);
    });
  const watches = [
    state.watch(publicAddresses, ({ key }) => worker.wake(key)),
    on(vpcs, ({ id }) => id),
    ...[on(subnets, ({ vpcId }) => vpcId), on(routeTables, ({ vpcId }) => vpcId), on(natGateways, ({ vpcId }) => vpcId)],
    on(internetGateways, ({ vpcId }) => vpcId),
    // Whose routes name it is not known here: it is a rare thing to change.
    state.watch(prefixLists, () => [...state.table(vpcs).values()].forEach(({ id }) => wakeVpc(id))),
  ];
  async function stop(): Promise<void> {
    for (const watch of watches) watch[Symbol.dispose]();
    await worker[Symbol.asyncDispose]();
  }
  // What changes meanwhile is told after.
  await adopted.catch(async (cause: unknown) => {
    await stop();
    throw cause;
  });
  return { [Symbol.asyncDispose]: stop };
}

function byNat(state: WholeState, vpcId: string): readonly PublicSender[] {
  const own = state.table(subnets).by("vpc", vpcId);
  const gateways = new Map(
    state
      .table(natGateways)
      .by("vpc", vpcId)
      .map((one) => [one.id, one.addresses[0]?.publicIp] as const),
  );
  if (gateways.size === 0) return [];
  const ends = own.map(({ id }): WorldInterface => ({ id, vpcId, subnetId: id, address: "", kind: "other" }));
  const world = worldAround(state, ends);
  return own.flatMap((subnet) => sendersByNat(world, subnetInWorld(state, subnet), (id) => gateways.get(id)));
}
