import { connectionVerdict } from "../../decide/packet-filter/verdict.ts";
import { encloses, parseCidr } from "../../domain/cidr.ts";
import { TCP, type NetworkWorld, type WorldInterface } from "../../domain/network-world.ts";
import { networkAcls } from "../../state/ec2-network-acls.ts";
import { vpcPeerings } from "../../state/ec2-peering.ts";
import { prefixLists } from "../../state/ec2-prefix-lists.ts";
import { routeTables } from "../../state/ec2-routing.ts";
import { securityGroups } from "../../state/ec2.ts";
import type { TaskRecord } from "../../state/ecs.ts";
import { connectAddresses } from "../../state/ecs-connect.ts";
import { taskInWorld, worldAround } from "../../state/network-world.ts";
import type { WholeState } from "../../state/state.ts";

/** Tasks that groups and ACLs hardly tell apart: of one subnet, with the same security groups. */
export interface TaskClass {
  readonly key: string;
  readonly members: readonly [WorldInterface, ...WorldInterface[]];
}

/** Tasks by what rules look at; those that have no interface of their own are left out. Costs a look at each. */
export function classesOf(state: WholeState, tasks: readonly TaskRecord[]): readonly TaskClass[] {
  const classes = new Map<string, [WorldInterface, ...WorldInterface[]]>();
  for (const task of tasks) {
    const one = taskInWorld(state, task);
    if (!one) continue;
    const key = `${one.subnetId}/${[...(one.groups ?? [])].toSorted().join()}`;
    const known = classes.get(key);
    if (known) known.push(one);
    else classes.set(key, [one]);
  }
  return [...classes].map(([key, members]) => ({ key, members })).toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

/**
 * Whether security groups, network ACLs and routes let a client's task reach a server's, as if it connected to it: on AWS the proxy in the one task connects to the proxy in the other,
 * which listens at `ingressPortOverride`, or at the container's port. Here the proxy is this host's, and the kernel sees connections to aliases and connections from this host.
 */
export class ServerDoors {
  readonly #state: WholeState;
  readonly #known = new Map<string, "passes" | "stopped" | "each">();

  constructor(state: WholeState) {
    this.#state = state;
  }

  /**
   * The addresses of the clients that one of the servers does not let in. Which of the servers a request goes to is the proxy's, so that all have to. Costs a look at each
   * pair of classes; and at each pair of tasks, where a rule names a part of one of their subnets.
   */
  barred(clients: readonly TaskClass[], servers: readonly TaskClass[], port: number): readonly string[] {
    return clients.flatMap((client) => {
      const verdicts = servers.map((server) => this.#verdict(client, server, port));
      // What a task sends itself meets no rule.
      const isBarred = (one: WorldInterface): boolean =>
        servers.some(({ members }, at) => {
          const verdict = verdicts[at];
          if (verdict === "passes") return false;
          return members.some((server) => server.address !== one.address && (verdict === "stopped" || !this.#passes(one, server, port)));
        });
      return client.members.filter(isBarred).map(({ address }) => address);
    });
  }

  #verdict(client: TaskClass, server: TaskClass, port: number): "passes" | "stopped" | "each" {
    const key = `${client.key} ${server.key} ${port}`;
    const known = this.#known.get(key);
    if (known) return known;
    const [to] = server.members;
    const from = client.members.find(({ address }) => address !== to.address);
    if (!from) return "each";
    const isEach = tellsNeighboursApart(worldAround(this.#state, [from, to]));
    const verdict = isEach ? "each" : this.#passes(from, to, port) ? "passes" : "stopped";
    this.#known.set(key, verdict);
    return verdict;
  }

  #passes(client: WorldInterface, server: WorldInterface, port: number): boolean {
    const world = worldAround(this.#state, [client, server]);
    return connectionVerdict(world, { from: client.address, to: server.address, protocol: TCP, port }).kind === "passes";
  }

  /** Calls `changed` when some answer may be another than it was, until disposed of: nothing happens where Service Connect has no names in the VPC. */
  watch(changed: () => void): Disposable {
    const state = this.#state;
    const look = (vpcIds: readonly string[]): void => {
      if (!vpcIds.some((vpcId) => state.table(connectAddresses).count("vpc", vpcId) > 0)) return;
      this.#known.clear();
      changed();
    };
    const watches = [
      state.watch(securityGroups, ({ before, after }) => look(inVpc(after ?? before))),
      state.watch(networkAcls, ({ before, after }) => look(inVpc(after ?? before))),
      state.watch(routeTables, ({ before, after }) => look(inVpc(after ?? before))),
      state.watch(vpcPeerings, ({ before, after }) => {
        const one = after ?? before;
        look(one ? [one.requester.vpcId, one.accepter.vpcId] : []);
      }),
      // Few change, and who names them is not filed.
      state.watch(prefixLists, () => {
        this.#known.clear();
        changed();
      }),
    ];
    return {
      [Symbol.dispose]() {
        for (const one of watches) one[Symbol.dispose]();
      },
    };
  }
}

function inVpc(record: { readonly vpcId: string } | undefined): readonly string[] {
  return record ? [record.vpcId] : [];
}

/** Whether a rule, or an entry of an ACL, names a part of one of the subnets, so that tasks in it may fare differently. */
function tellsNeighboursApart({ groups, acls, prefixLists: lists, subnets }: NetworkWorld): boolean {
  const rules = groups.flatMap(({ ingress, egress }) => [...ingress, ...egress]);
  const blocks = [
    ...rules.flatMap(({ peer }) => (peer.kind === "cidr" ? [peer.block] : [])),
    ...rules.flatMap(({ peer }) => (peer.kind === "prefix-list" ? (lists.find(({ id }) => id === peer.prefixListId)?.blocks ?? []) : [])),
    ...acls.flatMap(({ ingress, egress }) => [...ingress, ...egress].map(({ block }) => block)),
  ].flatMap((block) => parseCidr(block) ?? []);
  return subnets.some(({ block }) => {
    const whole = parseCidr(block);
    return blocks.some((part) => encloses(whole, part) && part.prefix !== whole?.prefix);
  });
}
