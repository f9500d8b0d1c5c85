import { expect, test } from "vitest";
import { TCP, type WorldGroup, type WorldRule } from "../../domain/network-world.ts";
import { FilterCompiler } from "./compiler.ts";

const INTERFACES = 20;
const ANY = "0.0.0.0/0";

const lets = (block: string, port?: number): WorldRule => ({
  ...{ id: `sgr-${block}-${port}`, protocol: TCP, peer: { kind: "cidr", block } },
  ...(port !== undefined && { ports: { from: port, to: port } }),
});
const group = (id: string, ingress: readonly WorldRule[], egress: readonly WorldRule[] = []): WorldGroup => ({
  ...{ id, vpcId: "vpc-1", ingress, egress },
});

/** Interfaces that share a group, and have one of their own each. */
function many() {
  const compiler = new FilterCompiler();
  let looks = 0;
  compiler.tell("groups", group("sg-shared", [lets("10.0.0.0/8", 80)]));
  for (let at = 1; at <= INTERFACES; at += 1) {
    const own = group(`sg-${at}`, []);
    compiler.tell("groups", Object.defineProperty({ ...own }, "ingress", { get: () => ((looks += 1), own.ingress) }));
    const where = { address: `10.0.0.${at + 3}`, vpcId: "vpc-1", subnetId: "subnet-1", kind: "task" as const };
    compiler.tell("interfaces", { id: `eni-${at}`, ...where, groups: ["sg-shared", own.id] });
  }
  compiler.change();
  const told = (ingress: readonly WorldRule[], egress?: readonly WorldRule[]) => {
    looks = 0;
    compiler.tell("groups", group("sg-shared", ingress, egress));
    const { chains, sets, added } = compiler.change();
    return { looks, chains: [...chains.keys()], sets: [...sets.keys()], added: [...added].map(([name, { size }]) => [name, size]) };
  };
  return told;
}

test("a rule of a group that many share costs what the group is, whatever it lets in", () => {
  const told = many();
  expect(told([lets("10.0.0.0/8", 80), lets("192.0.2.0/24", 80)])).toEqual({
    ...{ looks: 0, chains: [], sets: [] },
    added: [["group.sg-shared.in.ports", 1]],
  });
  const opened = told([lets("10.0.0.0/8", 80), lets(ANY, 443)]);
  expect([opened.looks, opened.chains.toSorted()]).toEqual([0, ["group.sg-shared.in", "group.sg-shared.in.host"]]);
});

test("a group that begins to let all out for everybody is told of at each interface that has it", () => {
  const told = many();
  const { chains, added } = told([lets(ANY, 443)], [lets(ANY)]);
  expect(chains.filter((name) => name.startsWith("with."))).toEqual([]);
  expect(added).toContainEqual([`all-out.${TCP}`, INTERFACES]);
});
