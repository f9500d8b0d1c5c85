import { expect, test } from "vitest";
import { claimedBlocks, hostNetworks, localBlocks, routedBlocks } from "./host-networks.ts";
import { hostNameServers } from "./name-servers.ts";

const TRIE = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     |-- 172.17.0.0
        /16 link UNICAST
Local:
  +-- 0.0.0.0/0 3 0 5
     +-- 127.0.0.0/8 2 0 2
        +-- 127.0.0.0/31 1 0 0
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
        |-- 127.255.255.255
           /32 link BROADCAST
     |-- 172.17.0.1
        /32 host LOCAL
     |-- 172.17.255.255
        /32 link BROADCAST
`;

test("what the tables call local is this host's, a bridge with nothing plugged in included", () => {
  expect(localBlocks(TRIE)).toEqual(["127.0.0.0/8", "127.0.0.1/32", "172.17.0.1/32"]);
});

test("the blocks of a device are those that need no gateway", () => {
  const routes = [
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
    "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0",
    "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0",
    "docker0\t0000000A\t010011AC\t0003\t0\t0\t0\t000000FF\t0\t0\t0",
    "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
    "br-1\t0000C80A\t00000000\t0001\t0\t0\t0\t0000F8FF\t0\t0\t0",
  ].join("\n");
  expect(routedBlocks(routes, (device) => device !== "eth0")).toEqual(["172.17.0.0/16", "10.200.0.0/13"]);
});

test("this host has loopback", () => {
  expect(hostNetworks().ownBlocks).toContain("127.0.0.0/8");
});

test("what this host asks for names is not to be had by others, however far it is", () => {
  expect(claimedBlocks(() => ["10.255.255.53"])).toContain("10.255.255.53/32");
  for (const address of hostNameServers()) expect(claimedBlocks()).toContain(`${address}/32`);
});
