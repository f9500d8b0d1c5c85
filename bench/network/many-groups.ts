import { FilterCompiler } from "../../src/decide/packet-filter/compiler.ts";
import { TCP, type WorldGroup, type WorldInterface } from "../../src/domain/network-world.ts";

const ANY = "0.0.0.0/0";
const OPEN = [{ number: 100, allows: true, protocol: "all", block: ANY }] as const;

export interface Ends {
  readonly bridge: string;
  readonly block: string;
  readonly client: string;
  readonly server: string;
  readonly balancer: string;
}

/** A group of fifty rules, the last of which lets in what is measured. */
export function groupOf(at: number, more = 0): WorldGroup {
  const id = `sg-${String(at).padStart(17, "0")}`;
  const rules = Array.from({ length: 49 + more }, (_, rule) => ({
    ...{ id: `sgr-${at}-${rule}`, protocol: TCP, ports: { from: 10_000 + rule * 10, to: 10_005 + rule * 10 } },
    peer: { kind: "cidr" as const, block: `10.${rule}.${at % 256}.0/24` },
  }));
  const last = { id: `sgr-${at}`, protocol: TCP, ports: { from: 8000, to: 8100 }, peer: { kind: "cidr" as const, block: "10.0.0.0/8" } };
  return {
    id,
    vpcId: "vpc-1",
    ingress: [...rules, last],
    egress: [{ id: `sgr-${at}-out`, protocol: "all", peer: { kind: "cidr", block: ANY } }],
  };
}

/** The same, and one more rule, which lets in everybody. */
export function openGroup(at: number): WorldGroup {
  const group = groupOf(at);
  const open = { id: `sgr-${at}-open`, protocol: TCP, ports: { from: 443, to: 443 }, peer: { kind: "cidr" as const, block: ANY } };
  return { ...group, ingress: [...group.ingress, open] };
}

/** A thousand tasks, each with a group of its own, and all of them with one more; a load balancer; the two tasks that are measured are among them. */
export function manyGroups({ bridge, block, client, server, balancer }: Ends, count: number): FilterCompiler {
  const compiler = new FilterCompiler();
  compiler.tell("vpcs", { id: "vpc-1", blocks: [block] });
  compiler.tell("networks", { id: "vpc-1", bridge, block });
  compiler.tell("acls", { id: "acl-1", ingress: OPEN, egress: OPEN });
  compiler.tell("subnets", { id: "subnet-1", vpcId: "vpc-1", block, aclId: "acl-1", routeTableId: "rtb-1" });
  compiler.tell("routeTables", { id: "rtb-1", vpcId: "vpc-1", routes: [] });
  const shared = groupOf(0);
  compiler.tell("groups", shared);
  const base = { vpcId: "vpc-1", subnetId: "subnet-1" };
  const prefix = block.split(".").slice(0, 2).join(".");
  for (let at = 1; at <= count; at += 1) {
    const address = at === 1 ? client : at === 2 ? server : `${prefix}.${4 + Math.floor(at / 250)}.${at % 250}`;
    const own = groupOf(at);
    compiler.tell("groups", own);
    const one: WorldInterface = { ...base, id: `eni-${at}`, address, groups: [own.id, shared.id], kind: "task" };
    compiler.tell("interfaces", one);
  }
  compiler.tell("interfaces", { ...base, id: "eni-balancer", address: balancer, groups: [shared.id], kind: "load-balancer" });
  return compiler;
}
