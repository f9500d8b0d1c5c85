import { parseCidr, routerOf } from "../../domain/cidr.ts";
import type { NetworkOutcome, VpcNetworks, WantedNetwork } from "../../ports/vpc-networks.ts";
import { EngineError, type DockerEngine } from "./engine.ts";

export const VPC_LABEL = "airfield.vpc";
export const INSTANCE_LABEL = "airfield.instance";

/** What `GET /networks` tells of one. */
export interface ListedNetwork {
  readonly Id: string;
  readonly Name: string;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string; readonly Gateway?: string }[] | null };
}

export function subnetsOf({ IPAM }: ListedNetwork): readonly string[] {
  return (IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []);
}

/** The engine gives a bridge one block: those that a VPC got later have networks of their own. */
export function vpcNetworkName(instance: string, { vpcId, vpcCidr, isFurther = false }: WantedNetwork): string {
  return `airfield-${instance}-${vpcId}${isFurther ? `-${vpcCidr.replace("/", "-")}` : ""}`;
}

/**
 * Makes a VPC's network where it is not there. Who makes networks at the same time, this installation or another one, is told by the engine: of
 * two that overlap it makes one. A network of this VPC with other addresses is left over from another block of it, and goes if nobody is on it.
 */
export async function makeVpcNetwork(engine: DockerEngine, instance: string, wanted: WantedNetwork): Promise<NetworkOutcome> {
  const { vpcId, vpcCidr } = wanted;
  const name = vpcNetworkName(instance, wanted);
  const found = await find(engine, name);
  if (found?.subnet === vpcCidr) return THERE;
  try {
    if (found) await engine.call("DELETE", `/networks/${found.id}`);
    await create(engine, instance, name, wanted);
    return THERE;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    // Somebody was quicker: the network is there now.
    if (error.status === 409 && (await find(engine, name))?.subnet === vpcCidr) return THERE;
    if (found)
      return {
        kind: "refused",
        reason: `the network ${name} has the addresses ${found.subnet}, and the VPC ${vpcCidr}: remove the network, and it is made anew (${error.message})`,
      };
    const reason = `unable to make a network with the addresses ${vpcCidr} for ${vpcId}: ${error.message}`;
    return { kind: OVERLAP.test(error.message) ? "taken" : "refused", reason };
  }
}

const THERE = { kind: "there" } as const;

/** `Pool overlaps with other one on this address space`, `networks have overlapping IPv4`: no status of its own tells it. */
const OVERLAP = /overlap/i;

async function create(engine: DockerEngine, instance: string, name: string, { vpcId, vpcCidr }: WantedNetwork): Promise<void> {
  const block = parseCidr(vpcCidr);
  await engine.call("POST", "/networks/create", {
    body: {
      Name: name,
      Driver: "bridge",
      // Older engines take a second network of the same name unless they are told to look.
      CheckDuplicate: true,
      IPAM: { Driver: "default", Config: [{ Subnet: vpcCidr, ...(block && { Gateway: routerOf(block) }) }] },
      Labels: { [INSTANCE_LABEL]: instance, [VPC_LABEL]: vpcId },
    },
  });
}

/** Sees to it that a VPC has no networks but those of some blocks. Pause containers that wait for a task in one that goes go with it; anything else that is on it stays. */
export async function removeVpcNetworks(
  engine: DockerEngine,
  instance: string,
  vpcId: string,
  kept: readonly string[],
): Promise<NetworkRemoval> {
  const filters = JSON.stringify({ label: [`${INSTANCE_LABEL}=${instance}`, `${VPC_LABEL}=${vpcId}`] });
  const listed = await engine.call<readonly ListedNetwork[]>("GET", "/networks", { query: { filters } });
  const left = listed.filter(
    (network) => network.Labels?.[VPC_LABEL] === vpcId && !subnetsOf(network).some((block) => kept.includes(block)),
  );
  for (const network of left) {
    const removed = await removeOne(engine, instance, vpcId, network);
    if (removed.kind !== "gone") return removed;
  }
  return { kind: "gone" };
}

async function removeOne(engine: DockerEngine, instance: string, vpcId: string, { Id, Name }: ListedNetwork): Promise<NetworkRemoval> {
  try {
    const { Containers } = await engine.call<InspectedNetwork>("GET", `/networks/${Id}`);
    const ready = Object.entries(Containers ?? {}).filter(([, container]) => container.Name.startsWith(sandboxPrefix(instance, vpcId)));
    for (const [id] of ready) await engine.call("DELETE", `/containers/${id}`, { query: { force: true, v: true } });
    await engine.call("DELETE", `/networks/${Id}`);
    return { kind: "gone" };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    if (error.status === 404) return { kind: "gone" };
    return { kind: "in-use", reason: `the network ${Name} of a block that its VPC has no more cannot be removed: ${error.message}` };
  }
}

type NetworkRemoval = Awaited<ReturnType<VpcNetworks["remove"]>>;

/** What `GET /networks/{id}` tells of one, by the ids of its containers. */
interface InspectedNetwork {
  readonly Containers?: Readonly<Record<string, { readonly Name: string }>> | null;
}

/** How pause containers begin that wait for a task in a VPC. */
export function sandboxPrefix(instance: string, vpcId: string): string {
  return `airfield-${instance}-_sandbox-${vpcId}-`;
}

async function find(engine: DockerEngine, name: string): Promise<{ readonly id: string; readonly subnet: string } | undefined> {
  const listed = await engine.call<readonly ListedNetwork[]>("GET", "/networks", { query: { filters: JSON.stringify({ name: [name] }) } });
  // The filter matches parts of names too.
  const network = listed.find(({ Name }) => Name === name);
  return network && { id: network.Id, subnet: subnetsOf(network)[0] ?? "" };
}
