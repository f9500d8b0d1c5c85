import { expect, test } from "vitest";
import { nftLinkLocalResolver, removeLinkLocalResolver } from "./link-local-resolver.ts";
import { NftMissingError } from "./nft.ts";

const GONE = "add table ip airfield-a1-resolver\ndelete table ip airfield-a1-resolver\n";

test("what asks over a VPC's bridge is led to that VPC's resolver, by datagrams and connections, in one transaction", async () => {
  const ran: string[] = [];
  const leads = nftLinkLocalResolver({ run: async (commands) => void ran.push(commands) }, "airfield-a1-resolver");
  await leads.lead(
    new Map([
      ["br-1", "10.0.0.1"],
      ["br-2", "10.1.0.1"],
    ]),
  );
  expect(ran).toHaveLength(1);
  expect(ran[0]?.startsWith(GONE)).toBe(true);
  expect(ran[0]).toContain('elements = { "br-1" : 10.0.0.1, "br-2" : 10.1.0.1 }');
  for (const transport of ["udp", "tcp"])
    expect(ran[0]).toContain(`ip daddr 169.254.169.253 ${transport} dport 53 dnat to iifname map @resolvers`);
  expect(ran[0]).toContain('elements = { "br-1", "br-2" }');
  expect(ran[0]).toMatch(/hook output .*\n *oifname @bridges icmp .* code port-unreachable @th,240,16 53 drop/);
  await leads.lead(new Map());
  expect(ran[1]).toBe(GONE);
});

test("a host without nft has nothing to take away", async () => {
  await expect(removeLinkLocalResolver({ run: () => Promise.reject(new NftMissingError()) }, "a1")).resolves.toBeUndefined();
  await expect(removeLinkLocalResolver({ run: () => Promise.reject(new Error("torn")) }, "a1")).rejects.toThrow("torn");
});
