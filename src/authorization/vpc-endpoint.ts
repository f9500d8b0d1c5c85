import { vpcEndpoints, type VpcEndpointRecord } from "../state/ec2-endpoints.ts";
import { tasks, type TaskRecord } from "../state/ecs.ts";
import { networkInterfaces } from "../state/network-interfaces.ts";
import type { WholeState } from "../state/state.ts";

/** The VPC endpoint through which a request came. */
export interface ThroughEndpoint {
  /** `vpce-…`. */
  readonly id: string;
  readonly account: string;
  readonly vpcId: string;
  /** From which address of the VPC. */
  readonly address: string;
  /** What the actions begin with that its policy is about: `ecr`. */
  readonly vendor: string;
  /** JSON text; everything may be done through the endpoint where absent. */
  readonly policy?: string;
}

/** Between which addresses a request came. */
export interface Ends {
  readonly from: string;
  /** This host's; absent where it is not known. */
  readonly to?: string | undefined;
}

/**
 * The endpoint through which a request came to a service: the one at whose address it arrived; or, where it is of a task's containers, the one of the task's VPC to which the service's own
 * names lead. `undefined` for whoever speaks from elsewhere, and where the VPC has none. Whether there is a way is asked before (`gateway/task-endpoint`). Costs a look at the task and at
 * the VPC's endpoints of the service.
 * @param service as in names of endpoints: `ecr.api`
 */
export function endpointFor(state: WholeState, { from, to = "" }: Ends, region: string, service: string): ThroughEndpoint | undefined {
  const address = plain(from);
  const [own] = state.table(networkInterfaces).by("endpointAddress", plain(to));
  const endpoint = own?.vpcEndpointId === undefined ? undefined : state.table(vpcEndpoints).get(own.vpcEndpointId);
  if (endpoint) {
    const isFor = endpoint.serviceName === nameOf(region, service);
    // An endpoint leads to one service: at its address, whose door is the same for all here, nothing may be done of others.
    return through(isFor ? endpoint : { ...endpoint, policy: NOTHING }, service, address);
  }
  const [task] = state.table(tasks).by("from", address);
  return task && endpointOfTask(state, task, region, service);
}

const NOTHING = JSON.stringify({ Statement: [{ Effect: "Allow", Principal: "*", NotAction: "*", Resource: "*" }] });

const plain = (address: string): string => address.replace(/^::ffff:/, "");
const nameOf = (region: string, service: string): string => `com.amazonaws.${region}.${service}`;

function through({ id, account, vpcId, policy }: VpcEndpointRecord, service: string, address: string): ThroughEndpoint {
  const [vendor = service] = service.split(".");
  return { id, account, vpcId, address, vendor, ...(policy !== undefined && { policy }) };
}

/** The same, of what is done for a task before it runs: its secrets are fetched, and its image is pulled, from its own address. */
export function endpointOfTask(
  state: WholeState,
  { networkInterface }: Pick<TaskRecord, "networkInterface">,
  region: string,
  service: string,
): ThroughEndpoint | undefined {
  if (!networkInterface) return undefined;
  const { vpcId, privateIpv4Address: address } = networkInterface;
  const found = state
    .table(vpcEndpoints)
    .by("service", `${vpcId}/${nameOf(region, service)}`)
    .find(({ type, privateDnsEnabled, state: is }) => type === "Interface" && privateDnsEnabled && is === "available");
  return found && through(found, service, address);
}
