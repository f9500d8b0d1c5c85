import { connectionVerdict } from "../../decide/packet-filter/verdict.ts";
import { HOST_ADDRESS, TCP, type NetworkWorld } from "../../domain/network-world.ts";
import { networkAcls } from "../../state/ec2-network-acls.ts";
import { prefixLists } from "../../state/ec2-prefix-lists.ts";
import { securityGroups } from "../../state/ec2.ts";
import { interfacesOf } from "../../state/elb-interfaces.ts";
import { loadBalancers, type ListenerRecord } from "../../state/elb.ts";
import { networkInterfaces } from "../../state/network-interfaces.ts";
import { interfaceInWorld, worldAround } from "../../state/network-world.ts";
import type { WholeState } from "../../state/state.ts";

type Door = Pick<ListenerRecord, "loadBalancerArn" | "port">;

/**
 * Whether a load balancer's security groups, and the network ACLs of its subnets, let programs of this host in that come over loopback, which the kernel cannot tell by the load balancer: they are told apart
 * by names. Such a program counts as 127.0.0.1, and as somebody with the VPC's default group: what a load balancer has that was given no groups lets in nobody else, and is made to be looked at.
 */
export class HostDoors {
  readonly #state: WholeState;
  /** By the ARN of the load balancer, and the port. Nothing is known of those that something changed about. */
  readonly #shut = new Map<string, Map<number, boolean>>();

  constructor(state: WholeState) {
    this.#state = state;
  }

  /** Costs a look at the load balancer's interfaces and groups, where something of them has changed. */
  isShut({ loadBalancerArn, port }: Door): boolean {
    let known = this.#shut.get(loadBalancerArn);
    if (!known) this.#shut.set(loadBalancerArn, (known = new Map()));
    let shut = known.get(port);
    if (shut === undefined) known.set(port, (shut = isShut(this.#state, { loadBalancerArn, port })));
    return shut;
  }

  /** Calls `changed` when some door is another than it was, until disposed of. A change costs a look at the load balancers that it is about. */
  watch(changed: () => void): Disposable {
    const state = this.#state;
    const look = (arns: Iterable<string>): void => {
      let isOther = false;
      for (const loadBalancerArn of new Set(arns)) {
        const before = this.#shut.get(loadBalancerArn);
        this.#shut.delete(loadBalancerArn);
        for (const [port, was] of before ?? []) isOther = this.isShut({ loadBalancerArn, port }) !== was || isOther;
      }
      if (isOther) changed();
    };
    const inVpc = (vpcId: string): readonly string[] =>
      state
        .table(networkInterfaces)
        .by("vpc", vpcId)
        .flatMap(({ loadBalancerArn }) => loadBalancerArn ?? []);
    const watches = [
      state.watch(loadBalancers, ({ key, after }) => {
        if (after) look([key]);
        else this.#shut.delete(key);
      }),
      state.watch(networkInterfaces, ({ before, after }) => {
        const arn = (after ?? before)?.loadBalancerArn;
        if (arn !== undefined) look([arn]);
      }),
      state.watch(securityGroups, ({ key }) =>
        look(
          state
            .table(loadBalancers)
            .by("securityGroup", key)
            .map(({ arn }) => arn),
        ),
      ),
      state.watch(networkAcls, ({ before, after }) => look(inVpc((after ?? before)?.vpcId ?? ""))),
      // Few change, and who names them is not filed.
      state.watch(prefixLists, () => look([...this.#shut.keys()])),
    ];
    return {
      [Symbol.dispose]() {
        for (const one of watches) one[Symbol.dispose]();
      },
    };
  }
}

/** Whether none of its addresses lets this host in. */
function isShut(state: WholeState, { loadBalancerArn, port }: Door): boolean {
  const ends = interfacesOf(state, loadBalancerArn).map((record) => interfaceInWorld(state, record));
  const [first] = ends;
  if (!first) return false;
  const ofVpc = state.table(securityGroups).by("vpc", first.vpcId);
  const world = withHostAs(ofVpc.find(({ name }) => name === "default")?.id, worldAround(state, ends));
  return ends.every(({ address: to }) => connectionVerdict(world, { from: HOST_ADDRESS, to, protocol: TCP, port }).kind === "stopped");
}

/** Rules that let a group in let this host in, too. */
function withHostAs(groupId: string | undefined, world: NetworkWorld): NetworkWorld {
  const host = { kind: "cidr", block: `${HOST_ADDRESS}/32` } as const;
  return {
    ...world,
    groups: world.groups.map((group) => ({
      ...group,
      ingress: group.ingress.map((rule) => (rule.peer.kind === "group" && rule.peer.groupId === groupId ? { ...rule, peer: host } : rule)),
    })),
  };
}
