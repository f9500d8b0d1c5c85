import type { FilterCompiler } from "../../decide/packet-filter/compiler.ts";
import { awsPrefixLists } from "../../domain/aws-prefix-lists.ts";
import { elasticAddresses, internetGateways, natGateways } from "../../state/ec2-gateways.ts";
import { networkAcls, type NetworkAclRecord } from "../../state/ec2-network-acls.ts";
import { vpcEndpoints } from "../../state/ec2-endpoints.ts";
import { vpcPeerings } from "../../state/ec2-peering.ts";
import { prefixLists } from "../../state/ec2-prefix-lists.ts";
import { routeTables, type RouteTableRecord } from "../../state/ec2-routing.ts";
import { securityGroups, subnets, vpcs, type SubnetRecord } from "../../state/ec2.ts";
import { connectServers } from "../../state/ecs-connect.ts";
import { tasks, type TaskRecord } from "../../state/ecs.ts";
import { loadBalancers } from "../../state/elb.ts";
import { networkInterfaces } from "../../state/network-interfaces.ts";
import {
  aclInWorld,
  groupInWorld,
  interfaceInWorld,
  subnetInWorld,
  tableInWorld,
  taskInWorld,
  vpcInWorld,
} from "../../state/network-world.ts";
import type { WholeState } from "../../state/state.ts";
import type { Change, TableDefinition } from "../../state/table.ts";

/** Who hears what the records say about networks: the compiler. */
type Told = Pick<FilterCompiler, "tell" | "forget">;

/**
 * Tells the compiler what the records say, at once and whenever they change, and calls `changed` after. Costs what a changed record says, and where it is about what others are filed
 * under (an ACL's subnets, a load balancer's interfaces), as much for each of these.
 */
export function followWorld(state: WholeState, told: Told, changed: () => void): Disposable {
  const watches: Disposable[] = [];
  function follow<R extends object, I extends string>(table: TableDefinition<R, I>, tell: (change: Change<R>) => void): void {
    for (const record of state.table(table).values()) tell({ key: table.key(record), before: undefined, after: record });
    watches.push(
      state.watch(table, (change) => {
        tell(change);
        changed();
      }),
    );
  }
  const regions = new Set<string>();

  follow(vpcs, ({ key }) => {
    const vpc = vpcInWorld(state, key);
    if (vpc) told.tell("vpcs", vpc);
    else told.forget("vpcs", key);
  });
  follow(securityGroups, ({ key, after }) => {
    if (after) told.tell("groups", groupInWorld(after));
    else told.forget("groups", key);
  });
  follow(networkAcls, ({ key, before, after }) => {
    if (after) told.tell("acls", aclInWorld(after));
    else told.forget("acls", key);
    tellSubnets(
      before,
      after,
      (acl: NetworkAclRecord) => (acl.isDefault ? undefined : acl.associations),
      ({ isDefault }) => isDefault,
    );
  });
  follow(routeTables, ({ key, before, after }) => {
    if (after) told.tell("routeTables", tableInWorld(after));
    else told.forget("routeTables", key);
    tellSubnets(
      before,
      after,
      (table: RouteTableRecord) => table.associations,
      ({ associations }) => associations.some(({ main }) => main),
    );
  });
  follow(subnets, ({ key, after }) => {
    if (!after) return told.forget("subnets", key);
    tellSubnet(after);
    if (regions.has(after.region)) return;
    regions.add(after.region);
    for (const list of awsPrefixLists(after.region)) told.tell("prefixLists", list);
  });
  follow(prefixLists, ({ key, after }) => {
    if (after) told.tell("prefixLists", { id: key, blocks: after.entries.map(({ cidr }) => cidr) });
    else told.forget("prefixLists", key);
  });
  follow(internetGateways, ({ key, after }) => {
    if (after) told.tell("internetGateways", { id: key, ...(after.vpcId !== undefined && { vpcId: after.vpcId }) });
    else told.forget("internetGateways", key);
  });
  follow(natGateways, ({ key, after }) => {
    if (!after) return told.forget("natGateways", key);
    const { subnetId, connectivityType, state: is } = after;
    told.tell("natGateways", { id: key, subnetId, isPublic: connectivityType === "public", isAvailable: is === "available" });
  });
  follow(vpcPeerings, ({ before, after }) => {
    const record = after ?? before;
    if (!record) return;
    const { id, requester, accepter } = record;
    // There is a copy for each side.
    const isActive = state
      .table(vpcPeerings)
      .by("id", id)
      .some(({ status }) => status === "active");
    if (isActive) told.tell("peerings", { id, vpcIds: [requester.vpcId, accepter.vpcId] });
    else told.forget("peerings", id);
  });
  follow(networkInterfaces, ({ key }) => tellInterface(key));
  follow(tasks, ({ before, after }) => {
    if (before && after && isInWorld(before) === isInWorld(after) && before.networkInterface === after.networkInterface) return;
    if (after && isInWorld(after)) return tellTask(after);
    const id = (before ?? after)?.networkInterface?.networkInterfaceId;
    if (id !== undefined && before && isInWorld(before)) told.forget("interfaces", id);
  });
  follow(connectServers, ({ key, after }) => {
    if (after) told.tell("connectedPorts", { id: key, address: after.address, port: after.port });
    else told.forget("connectedPorts", key);
  });
  // What interfaces have of their owners.
  follow(loadBalancers, ({ key }) => {
    for (const { id } of state.table(networkInterfaces).by("loadBalancer", key)) tellInterface(id);
  });
  follow(vpcEndpoints, ({ key }) => {
    for (const { id } of state.table(networkInterfaces).by("vpcEndpoint", key)) tellInterface(id);
  });
  follow(elasticAddresses, ({ before, after }) => {
    for (const record of [before, after]) if (record?.association) tellInterface(record.association.networkInterfaceId);
  });
  return {
    [Symbol.dispose]() {
      for (const watch of watches) watch[Symbol.dispose]();
    },
  };

  function tellSubnet(subnet: SubnetRecord): void {
    told.tell("subnets", subnetInWorld(state, subnet));
  }

  /** Those that may have another ACL, or another table, now: that of the VPC is that of all which have none of their own. */
  function tellSubnets<R extends { readonly vpcId: string }>(
    before: R | undefined,
    after: R | undefined,
    associations: (record: R) => readonly { readonly id: string; readonly subnetId?: string }[] | undefined,
    isOfVpc: (record: R) => boolean,
  ): void {
    const record = after ?? before;
    if (!record) return;
    if ((before !== undefined && isOfVpc(before)) !== (after !== undefined && isOfVpc(after)))
      for (const subnet of state.table(subnets).by("vpc", record.vpcId)) tellSubnet(subnet);
    const named = (of: R | undefined): readonly string[] => ((of && associations(of)) ?? []).flatMap(({ subnetId }) => subnetId ?? []);
    const [had, has] = [named(before), named(after)];
    for (const id of [...had.filter((one) => !has.includes(one)), ...has.filter((one) => !had.includes(one))]) {
      const subnet = state.table(subnets).get(id);
      if (subnet) tellSubnet(subnet);
    }
  }

  function tellTask(task: TaskRecord): void {
    const one = taskInWorld(state, task);
    if (one) told.tell("interfaces", one);
  }

  /** One that is no task's, or a task's by its id. */
  function tellInterface(id: string): void {
    const record = state.table(networkInterfaces).get(id);
    if (record) return told.tell("interfaces", interfaceInWorld(state, record));
    const [task] = state.table(tasks).by("interface", id);
    if (!task) told.forget("interfaces", id);
    else if (isInWorld(task)) tellTask(task);
  }
}

function isInWorld({ lastStatus, networkInterface }: TaskRecord): boolean {
  return networkInterface !== undefined && lastStatus !== "STOPPED";
}
