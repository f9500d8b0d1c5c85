import { expect, test } from "vitest";
import { NftMissingError, NftRefusedError, type Nft } from "../nftables/nft.ts";
import { dockerVpcLinks, type CallIptables, type Said } from "./vpc-links.ts";

const LINKS = [{ one: "10.1.0.0/16", other: "10.2.0.0/16" }];

/** A kernel as far as the two programs tell of it. */
function host({ missing = false, refusing = "" } = {}) {
  const chains = new Map<string, string[]>([["DOCKER-USER", ["-j RETURN"]]]);
  const said: string[] = [];
  const ok: Said = { ok: true, errors: "" };
  const no: Said = { ok: false, errors: "iptables: Bad rule (does a matching rule exist in that chain?)." };
  const iptables: CallIptables = async (program, [, ...args], input = "") => {
    await Promise.resolve();
    if (missing) throw Object.assign(new Error(`spawn ${program} ENOENT`), { code: "ENOENT" });
    if (refusing !== "") return { ok: false, errors: refusing };
    if (program === "iptables-restore") {
      const name = /^:(\S+)/m.exec(input)?.[1] ?? "";
      chains.set(
        name,
        [...input.matchAll(/^-A \S+ (.*)$/gm)].map(([, rule]) => rule ?? ""),
      );
      return ok;
    }
    const [verb, name = "", ...rule] = args;
    const rules = chains.get(name);
    const at = rules?.indexOf(rule.join(" ")) ?? -1;
    if (verb === "-C") return at >= 0 ? ok : no;
    if (!rules) return no;
    if (verb === "-I") rules.unshift(rule.join(" "));
    else if (verb === "-D" && at >= 0) rules.splice(at, 1);
    else if (verb === "-F") rules.length = 0;
    else if (verb === "-X") chains.delete(name);
    else return no;
    return ok;
  };
  const nft: Nft = {
    run: async (commands) => {
      await Promise.resolve();
      if (missing) throw new NftMissingError();
      if (refusing !== "") throw new NftRefusedError(refusing);
      said.push(commands);
    },
    read: () => Promise.resolve(undefined),
  };
  return { chains, said, links: dockerVpcLinks({ instance: "i", nft, iptables }) };
}

test("linked blocks are accepted both ways where Docker lets users say so, and keep their addresses", async () => {
  const { chains, said, links } = host();
  await links.set(LINKS);
  await links.set(LINKS);
  expect(Object.fromEntries(chains)).toEqual({
    "DOCKER-USER": ["-j AIRFIELD-i", "-j RETURN"],
    "AIRFIELD-i": ["-s 10.1.0.0/16 -d 10.2.0.0/16 -j ACCEPT", "-s 10.2.0.0/16 -d 10.1.0.0/16 -j ACCEPT"],
  });
  expect(said[0]).toContain("elements = { 10.1.0.0/16 . 10.2.0.0/16, 10.2.0.0/16 . 10.1.0.0/16 }");
  // As one transaction with the removal of what was there.
  expect(said[1]).toMatch(/^add table ip airfield-links-i\ndelete table ip airfield-links-i\nadd table ip airfield-links-i\n/);
});

test("with the last link goes all of it, also what a crash left", async () => {
  const { chains, said, links } = host();
  await links.set(LINKS);
  chains.get("DOCKER-USER")?.unshift("-j AIRFIELD-i");
  await links.set([]);
  expect(Object.fromEntries(chains)).toEqual({ "DOCKER-USER": ["-j RETURN"] });
  expect(said.at(-1)).toBe("add table ip airfield-links-i\ndelete table ip airfield-links-i\n");
  await links.set([]);
});

test("a host without the programs has nothing to take away, and takes no links", async () => {
  const { links } = host({ missing: true });
  await links.set([]);
  await expect(links.set(LINKS)).rejects.toThrow(NftMissingError);
});

test("what the host refuses is told, and where nothing is wanted it is nothing", async () => {
  const { links } = host({ refusing: "Operation not permitted" });
  await expect(links.set(LINKS)).rejects.toThrow("Operation not permitted");
  await links.set([]);
});
