import { expect, test } from "vitest";
import { addressChanges, bridgeAddresses, whyNoAddresses, type Ip, type Said, type ShownInterface } from "./bridge-addresses.ts";

const GATEWAY = "10.0.0.1";
const network = { id: "n", vpcId: "vpc-1", vpcCidr: "10.0.0.0/16", address: GATEWAY };
const shown = (...own: readonly string[]): readonly ShownInterface[] => [
  { ifname: "lo", addr_info: [{ local: "127.0.0.1", prefixlen: 8 }] },
  { ifname: "tap0" },
  { ifname: "br-1", addr_info: [{ local: GATEWAY, prefixlen: 16 }, ...own.map((local) => ({ local, prefixlen: 32 }))] },
];

test.each([
  ["what is missing is added", [], ["10.0.0.7"], ["address add 10.0.0.7/32 dev br-1"]],
  ["what is not wanted goes", ["10.0.0.7", "10.0.0.8"], ["10.0.0.8"], ["address del 10.0.0.7/32 dev br-1"]],
  ["what is there stays", ["10.0.0.7"], ["10.0.0.7"], []],
])("%s, and the gateway's own address is let be", (_what, present, wanted, changes) => {
  expect(addressChanges(shown(...present), GATEWAY, wanted)).toEqual(changes);
});

test("where no interface has the gateway's address, that is an error", () => {
  expect(() => addressChanges(shown(), "10.9.0.1", [])).toThrow("no interface of this host has the address 10.9.0.1");
});

const said = (ok: boolean, errors = "", output = JSON.stringify(shown())): Said => ({ ok, errors, output });

test.each<[string, Ip, object]>([
  ["is told by what was asked", (args) => Promise.resolve(said(args[0] === "-batch" || args.includes("show"))), { kind: "held" }],
  [
    "is a matter of rights",
    (args) => Promise.resolve(args.includes("show") ? said(true) : said(false, "RTNETLINK answers: Operation not permitted\n")),
    { kind: "unable", reason: expect.stringContaining("CAP_NET_ADMIN") },
  ],
  [
    "takes the program",
    () => Promise.reject(Object.assign(new Error("spawn ip ENOENT"), { code: "ENOENT" })),
    { kind: "unable", reason: expect.stringContaining("iproute2") },
  ],
])("whether addresses are held %s", async (_what, ip, outcome) => {
  expect(await bridgeAddresses(ip).hold(network, ["10.0.0.7"])).toEqual(outcome);
});

test.each<[string, Ip]>([
  ["tell", () => Promise.resolve(said(false, "broken pipe"))],
  ["change", (args) => Promise.resolve(args.includes("show") ? said(true) : said(false, "RTNETLINK answers: File exists"))],
])("where ip does not %s addresses for another reason, that is an error", async (word, ip) => {
  await expect(bridgeAddresses(ip).hold(network, ["10.0.0.7"])).rejects.toThrow(`ip does not ${word}`);
});

test("where all is as wanted, nothing is changed", async () => {
  const asked: string[] = [];
  const ip: Ip = (args) => {
    asked.push(args.join(" "));
    return Promise.resolve(said(true, "", JSON.stringify(shown("10.0.0.7"))));
  };
  expect(await bridgeAddresses(ip).hold(network, ["10.0.0.7"])).toEqual({ kind: "held" });
  expect(asked).toEqual(["-json -4 address show"]);
});

const status = (uid: number, bounding: string, ambient: string): string =>
  `Name:\tnode\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\nCapBnd:\t${bounding}\nCapAmb:\t${ambient}\n`;
const [ALL, NONE, NET_ADMIN] = ["000001ffffffffff", "0000000000000000", "0000000000001000"];

test.each([
  ["root may", 0, ALL, NONE, undefined],
  ["root of a container without the right may not", 0, "00000000a80425fb", NONE, "CAP_NET_ADMIN"],
  ["another user may not", 1000, ALL, NONE, "CAP_NET_ADMIN"],
  ["another user with the right in what they start may", 1000, ALL, NET_ADMIN, undefined],
])("%s give this host addresses", async (_who, uid, bounding, ambient, why) => {
  const ip: Ip = () => Promise.resolve(said(true));
  const told = await whyNoAddresses(ip, () => status(uid, bounding, ambient));
  expect([told === undefined, told ?? ""]).toEqual([why === undefined, expect.stringContaining(why ?? "")]);
});

test("without ip nobody may", async () => {
  const none: Ip = () => Promise.reject(Object.assign(new Error("spawn ip ENOENT"), { code: "ENOENT" }));
  expect(await whyNoAddresses(none, () => status(0, ALL, NONE))).toContain("iproute2");
});
