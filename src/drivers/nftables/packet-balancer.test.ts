import { describe, expect, test } from "vitest";
import type { PacketService } from "../../ports/packet-balancer.ts";
import { conntrackProgram } from "./conntrack.ts";
import { NftRefusedError, type Nft } from "./nft.ts";
import { balancerTable, nftPacketBalancer } from "./packet-balancer.ts";
import { renderService } from "./render-services.ts";

const service: PacketService = {
  ...{ address: "10.0.0.7", port: 53, protocol: "udp", clients: ["10.0.0.0/16"], idleTimeout: 120 },
  choices: [{ weight: 1, sticky: false, targets: [{ address: "10.0.0.20", port: 5353 }] }],
};
const two = [
  { address: "10.0.0.20", port: 5353 },
  { address: "10.0.0.21", port: 5353 },
];

describe("a service", () => {
  const rules = (changes: Partial<PacketService>) => [...renderService({ ...service, ...changes }).chains].map(([, its]) => its.at(-1));

  test("leads strangers nowhere, and remembers idle flows for as long as it says", () => {
    expect(renderService(service)).toEqual({
      key: "10.0.0.7 . udp . 53",
      chains: new Map([
        [
          "s_10_0_0_7_udp_53",
          ["ip saddr != 10.0.0.0/16 return", 'ct timeout set "idle_udp_120"', "meta l4proto udp dnat ip to 10.0.0.20:5353"],
        ],
      ]),
    });
  });

  test("is for clients of several blocks", () => {
    const [[, [first] = []] = ["", []]] = renderService({ ...service, clients: ["10.0.0.0/16", "10.2.0.0/16"] }).chains;
    expect(first).toBe("ip saddr != { 10.0.0.0/16, 10.2.0.0/16 } return");
  });

  test("draws a target by the client's address and port, or by its address alone", () => {
    const [drawn = ""] = rules({ choices: [{ weight: 1, sticky: false, targets: two }] });
    expect(drawn).toMatch(
      /^meta l4proto udp dnat ip to jhash ip saddr \. th sport mod 2 seed 0x\w+ map \{ 0 : 10\.0\.0\.20 \. 5353, 1 : 10\.0\.0\.21 \. 5353 \}$/,
    );
    const [kept = ""] = rules({ choices: [{ weight: 1, sticky: true, targets: two }] });
    expect(kept).toContain(" jhash ip saddr mod 2 ");
  });

  test("draws a group by weight before", () => {
    const choices = [3, 1].map((weight) => ({ weight, sticky: false, targets: two }));
    const [drawn = "", ...others] = rules({ choices });
    expect(drawn).toMatch(
      /^jhash ip saddr \. th sport mod 4 seed 0x\w+ vmap \{ 0-2 : goto s_10_0_0_7_udp_53_0, 3 : goto s_10_0_0_7_udp_53_1 \}$/,
    );
    expect(others).toHaveLength(2);
  });

  test("without targets refuses what comes", () => {
    expect(rules({ choices: [] })).toEqual(['ct timeout set "idle_udp_120"']);
  });
});

/** A kernel that takes what it is told. */
function world(refuses: (commands: string) => boolean = () => false) {
  const at = { there: false, ran: [] as string[], reads: 0 };
  const nft: Nft = {
    async run(commands) {
      at.ran.push(commands);
      if (refuses(commands)) throw new NftRefusedError("no");
      at.there = true;
    },
    async read() {
      at.reads += 1;
      return at.there ? [] : undefined;
    },
  };
  const conntrack = conntrackProgram(async () => ({ code: 0, output: "", errors: "" }));
  return { at, balancer: nftPacketBalancer(nft, conntrack, "airfield_x_balancers") };
}

describe("the table", () => {
  test("is an installation's own", () => expect(balancerTable("a-b1")).toBe("airfield_a_b1_balancers"));

  test("is not made where nobody is led anywhere, and asked for once", async () => {
    const { at, balancer } = world();
    await balancer.apply([]);
    await balancer.apply([]);
    expect(at).toEqual({ there: false, ran: [], reads: 1 });
  });

  test("that an earlier control plane left is replaced in one transaction", async () => {
    const { at, balancer } = world();
    at.there = true;
    await balancer.apply([]);
    expect(at.ran).toHaveLength(1);
    expect(at.ran[0]?.split("\n").slice(0, 3)).toEqual(["add", "delete", "add"].map((verb) => `${verb} table inet airfield_x_balancers`));
  });

  test("is changed where services are, and nowhere else", async () => {
    const other = { ...service, port: 54 };
    const { at, balancer } = world();
    await balancer.apply([service, other]);
    await balancer.apply([{ ...service, choices: [{ weight: 1, sticky: false, targets: two }] }, other]);
    expect(at.ran).toHaveLength(2);
    const lines = (at.ran[1] ?? "").trimEnd().split("\n");
    expect(lines.every((line) => line.includes("s_10_0_0_7_udp_53"))).toBe(true);
    expect(lines.some((line) => line.startsWith("add element"))).toBe(false);
    await balancer.apply([other]);
    expect(at.ran[2]?.trimEnd().split("\n")).toEqual([
      "delete element inet airfield_x_balancers services { 10.0.0.7 . udp . 53 : goto s_10_0_0_7_udp_53 }",
      "flush chain inet airfield_x_balancers s_10_0_0_7_udp_53",
      "delete chain inet airfield_x_balancers s_10_0_0_7_udp_53",
    ]);
  });

  test("that somebody else has changed is made anew", async () => {
    const { at, balancer } = world((commands) => !commands.includes("delete table") && commands.includes("flush"));
    await balancer.apply([service]);
    await balancer.apply([{ ...service, choices: [] }]);
    expect(at.ran.map((commands) => commands.includes("delete table"))).toEqual([true, false, true]);
  });

  test("goes with all that is in it", async () => {
    const { at, balancer } = world();
    await balancer.apply([service]);
    await balancer.remove();
    expect(at.ran.at(-1)).toBe("add table inet airfield_x_balancers\ndelete table inet airfield_x_balancers\n");
  });
});

describe("flows", () => {
  const asked = (ended: { readonly code: number; readonly output?: string; readonly errors?: string }) => {
    const calls: string[] = [];
    const conntrack = conntrackProgram(async (args) => {
      calls.push(args.join(" "));
      return { output: "", errors: "", ...ended };
    });
    return { calls, conntrack };
  };
  const of = { address: "10.0.0.20", port: 8080, protocol: "tcp" } as const;
  const WHICH = "--family ipv4 --proto tcp --reply-src 10.0.0.20 --reply-port-src 8080 --dst-nat";

  test("are counted: of connections the established ones", async () => {
    const { calls, conntrack } = asked({ code: 0, output: "tcp 6 …\ntcp 6 …\n" });
    expect(await conntrack.count(of)).toBe(2);
    await conntrack.count({ ...of, protocol: "udp" });
    expect(calls).toEqual([`--dump ${WHICH} --state ESTABLISHED`, `--dump ${WHICH.replace("tcp", "udp")}`]);
  });

  test("are forgotten, none too", async () => {
    const { calls, conntrack } = asked({ code: 1, errors: "conntrack v1.4.7 (conntrack-tools): 0 flow entries have been deleted.\n" });
    await conntrack.forget(of);
    expect(calls).toEqual([`--delete ${WHICH}`]);
    await expect(asked({ code: 1, errors: "Operation not permitted" }).conntrack.forget(of)).rejects.toThrow("Operation not permitted");
  });
});
