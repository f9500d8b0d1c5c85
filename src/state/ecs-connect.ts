import type { Ids } from "../ports/ids.ts";
import { discoveryServices, instances } from "./cloud-map.ts";
import { connectOf, services, tasks, type ConnectEndpoint, type ConnectName, type ServiceRecord } from "./ecs.ts";
import type { AccountView, State, WholeState } from "./state.ts";
import { defineTable, ofAccount } from "./table.ts";

// Service Connect: what is to be known of it besides the records of services and tasks. See decision 0047.

/** The address at which this host answers in a VPC for a client alias's name. It stays what it is for as long as a task may know it. */
export interface ConnectAddressRecord {
  readonly account: string;
  readonly namespaceId: string;
  readonly vpcId: string;
  readonly name: string;
  readonly address: string;
}

const addressKey = ({ vpcId, namespaceId, name }: Omit<ConnectAddressRecord, "account" | "address">): string =>
  `${vpcId}/${namespaceId}/${name}`;

export const connectAddresses = defineTable<ConnectAddressRecord>()("ecs.connect-addresses", addressKey, ofAccount, {
  namespace: ({ namespaceId }) => namespaceId,
  name: ({ namespaceId, name }) => `${namespaceId}/${name}`,
  vpc: ({ vpcId }) => vpcId,
  address: ({ address }) => address,
});

/** A port of a task that gets what clients of an endpoint send. */
export interface ConnectServerRecord {
  readonly account: string;
  readonly namespaceId: string;
  readonly discoveryServiceId: string;
  readonly taskArn: string;
  readonly taskId: string;
  /** Where this host reaches it. */
  readonly address: string;
  readonly port: number;
  /** Whether something has listened there. */
  readonly passed: boolean;
  /** Set once it gets nothing new: until when it may finish what it has, milliseconds since the Unix epoch. */
  readonly drainingUntil?: number;
}

export function connectServerKey({ discoveryServiceId, taskId }: Pick<ConnectServerRecord, "discoveryServiceId" | "taskId">): string {
  return `${discoveryServiceId}/${taskId}`;
}

export const connectServers = defineTable<ConnectServerRecord>()("ecs.connect-servers", connectServerKey, ofAccount, {
  endpoint: ({ discoveryServiceId }) => discoveryServiceId,
  task: ({ taskArn }) => taskArn,
  draining: ({ drainingUntil }) => (drainingUntil === undefined ? undefined : "draining"),
});

/** By what an endpoint is found. Unique within a namespace. */
export function aliasKey({ namespaceId, alias }: Pick<ConnectEndpoint, "namespaceId" | "alias">): string {
  return `${namespaceId}/${alias.dnsName}:${alias.port}`;
}

/** What a service offers: first what its PRIMARY deployment says, then what only earlier ones do whose tasks are still there. */
export function endpointsOf(service: ServiceRecord): readonly ConnectEndpoint[] {
  if (service.status === "INACTIVE") return [];
  const found = new Map<string, ConnectEndpoint>();
  for (const { connect } of [{ connect: connectOf(service) }, ...service.deployments])
    for (const one of connect?.endpoints ?? []) if (!found.has(aliasKey(one))) found.set(aliasKey(one), one);
  return [...found.values()];
}

/** What others than one service offer in a namespace. Costs a look at each of its services. */
export function otherEndpoints(state: State, namespaceId: string, serviceArn: string): readonly ConnectEndpoint[] {
  return state
    .table(services)
    .by("connect", namespaceId)
    .filter(({ arn }) => arn !== serviceArn)
    .flatMap((service) => endpointsOf(service))
    .filter((endpoint) => endpoint.namespaceId === namespaceId);
}

/** The first byte of addresses that nobody has: class E, which no network of the world routes and Linux takes as any other. */
const FIRST_BYTE = 240;

/**
 * Where clients in a VPC find names of a namespace; a name that has no address there yet gets one, inside a commit. Which one is drawn, so that it is hardly one that
 * another installation on this host has, or that a task knew for another name.
 */
export function connectNames(
  state: AccountView,
  ids: Ids,
  { vpcId, namespaceId }: Pick<ConnectAddressRecord, "vpcId" | "namespaceId">,
  names: readonly string[],
): readonly ConnectName[] {
  const table = state.table(connectAddresses);
  const { account } = state;
  return [...new Set(names)].toSorted().map((name) => {
    const place = { account, vpcId, namespaceId, name };
    const { address } = table.get(addressKey(place)) ?? table.insert({ ...place, address: drawnAddress(state.whole, ids) });
    return { hostname: name, ipAddress: address };
  });
}

/** This host has each address once, whoever's it is. */
function drawnAddress(state: State, ids: Ids): string {
  for (;;) {
    const [a = 0, b = 0, c = 0, d = 0] =
      ids
        .hex(8)
        .match(/../g)
        ?.map((byte) => Number.parseInt(byte, 16)) ?? [];
    // 240 to 254: the last block holds the address of broadcasts.
    const address = [FIRST_BYTE + (a % 15), b, c, d].join(".");
    if (state.table(connectAddresses).count("address", address) === 0) return address;
  }
}

/** Lets go of what nobody needs any more of a namespace: of its addresses once no service and no task has it. Joins the open commit, or makes one. */
export function releaseConnectAddresses(state: WholeState, namespaceId: string): void {
  if (state.table(services).count("connect", namespaceId) > 0 || state.table(tasks).count("connect", namespaceId) > 0) return;
  const left = state.table(connectAddresses).by("namespace", namespaceId);
  if (left.length > 0)
    state.commit(() => {
      for (const record of left) state.table(connectAddresses).delete(addressKey(record));
    });
}

/** Removes the Cloud Map services that were made for a service and that it does not offer any more. Inside a commit. */
export function removeLeftDiscovery(state: State, serviceArn: string): void {
  const service = state.table(services).get(serviceArn);
  const offered = new Set((service ? endpointsOf(service) : []).map(({ discoveryServiceId }) => discoveryServiceId));
  for (const { id } of state.table(discoveryServices).by("connect", serviceArn))
    if (!offered.has(id) && state.table(instances).count("service", id) === 0) state.table(discoveryServices).delete(id);
}
