import { FilterCompiler, type Sort } from "../decide/packet-filter/compiler.ts";
import { HOST_ADDRESS, type NetworkWorld, type WorldInterface, type WorldPacket } from "../domain/network-world.ts";
import { BETWEEN_VPCS, ORIGINATOR_UNTRACKED, RESPONDER_UNTRACKED } from "../domain/packet-filter.ts";
import type { FilteredPacket } from "./filter-evaluator.ts";

/** All of a world, each thing as the compiler is told of it. Each VPC has a network on this host. */
export function thingsOf(world: NetworkWorld): readonly (readonly [sort: Sort, value: never])[] {
  const networks = world.vpcs.map(({ id, blocks }) => ({ id, bridge: `br-${id}`, block: blocks[0] ?? "" }));
  return Object.entries({ ...world, networks }).flatMap(([sort, values]) => values.map((value) => [sort as Sort, value as never] as const));
}

export function compilerOf(world: NetworkWorld): FilterCompiler {
  const compiler = new FilterCompiler();
  for (const [sort, value] of thingsOf(world)) compiler.tell(sort, value);
  compiler.change();
  return compiler;
}

const isHeld = (one: WorldInterface | undefined): boolean => one !== undefined && one.kind !== "task";

/** How this host's kernel sees a packet of a world: tasks are beyond bridges, load balancers and endpoints are this host, and it itself comes from a VPC's router. */
export function asSeenByKernel(world: NetworkWorld, packet: WorldPacket): FilteredPacket {
  const at = (address: string) => world.interfaces.find((one) => one.address === address);
  const [source, destination] = [at(packet.from), at(packet.to)];
  const { from, to, connection, ...traffic } = packet;
  const tracked = connection?.tracked ?? { originator: true, responder: true };
  // Who is no interface has no mark.
  const [originator, responder] = connection?.direction === "reply" ? [destination, source] : [source, destination];
  const seen = {
    ...traffic,
    ...(packet.port === undefined ? {} : { sourcePort: 40000 }),
    state: connection ? ("established" as const) : ("new" as const),
    direction: connection?.direction ?? ("original" as const),
    marks:
      (connection && source && destination && source.vpcId !== destination.vpcId ? BETWEEN_VPCS : 0) +
      (tracked.originator || !originator ? 0 : ORIGINATOR_UNTRACKED) +
      (tracked.responder || !responder ? 0 : RESPONDER_UNTRACKED),
  };
  const bridgeOf = (one: WorldInterface | undefined): string => (one ? `br-${one.vpcId}` : "eth0");
  const gatewayOf = (one: WorldInterface | undefined): string => (one?.vpcId === "vpc-2" ? "10.1.0.1" : "10.0.0.1");
  // A connection of this host's to an address of its own is seen from there to there.
  if (from === HOST_ADDRESS && isHeld(destination)) return { ...seen, hook: "input", incoming: "lo", source: to, destination: to };
  if (to === HOST_ADDRESS && isHeld(source)) return { ...seen, hook: "input", incoming: "lo", source: from, destination: from };
  if (from === HOST_ADDRESS)
    return { ...seen, hook: "output", outgoing: bridgeOf(destination), source: gatewayOf(destination), destination: to };
  if (to === HOST_ADDRESS) return { ...seen, hook: "input", incoming: bridgeOf(source), source: from, destination: gatewayOf(source) };
  const ends = { source: from, destination: to };
  if (isHeld(source) && isHeld(destination)) return { ...seen, ...ends, hook: "input", incoming: "lo" };
  if (isHeld(source)) return { ...seen, ...ends, hook: "output", outgoing: bridgeOf(destination) };
  if (isHeld(destination)) return { ...seen, ...ends, hook: "input", incoming: bridgeOf(source) };
  const nobodysBridge = to.startsWith("10.") ? `br-vpc-${to.startsWith("10.1.") ? 2 : 1}` : "eth0";
  return { ...seen, ...ends, hook: "forward", incoming: bridgeOf(source), outgoing: destination ? bridgeOf(destination) : nobodysBridge };
}
