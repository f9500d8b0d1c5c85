import { spawnSync } from "node:child_process";
import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateNetworkAclCommand,
  CreateNetworkAclEntryCommand,
  CreateNetworkInterfaceCommand,
  CreateSecurityGroupCommand,
  EC2Client,
  ReplaceNetworkAclAssociationCommand,
  DescribeNetworkAclsCommand,
  type IpPermission,
} from "@aws-sdk/client-ec2";
import fc from "fast-check";
import { expect, test } from "vitest";
import { followWorld } from "../../src/control/packet-filter/follow-world.ts";
import { FilterCompiler } from "../../src/decide/packet-filter/compiler.ts";
import { nftPacketFilter } from "../../src/drivers/nftables/packet-filter.ts";
import { nftProgram } from "../../src/drivers/nftables/nft.ts";
import { defaultNetwork } from "../../src/state/default-vpc.ts";
import { apiWorld } from "../../src/testing/api-world.ts";
import { SCOPE } from "../../src/testing/ecs-world.ts";
import { fuzzRuns } from "../../src/testing/fuzz-runs.ts";

// What the kernel refuses keeps every account's changes from it: whatever EC2 takes of rules, the kernel takes.

const kernel = spawnSync("nft", ["--check", "--file", "-"], { input: "add table inet airfield-fuzz\n" });
const missing = kernel.status === 0 ? "" : " (this user may not ask the kernel)";

/** All that was made stays, and is asked about again each time. */
const MOST = 200;

const number = fc.oneof(
  fc.integer({ min: -2, max: 300 }),
  fc.integer({ min: 65_000, max: 66_000 }),
  fc.constantFrom(0, 22, 80, 443, 65_535, -1),
);
const protocol = fc.oneof(
  fc.constantFrom("tcp", "udp", "icmp", "icmpv6", "-1", "all", "TCP", "esp", "gre", "sctp"),
  fc.integer({ min: -2, max: 256 }).map(String),
);
const octet = fc.integer({ min: 0, max: 256 });
const cidr = fc.oneof(
  fc.constantFrom("0.0.0.0/0", "255.255.255.255/32", "224.0.0.0/4", "::/0", "10.0.0.0/33", "1.2.3.4", "127.0.0.0/8"),
  fc.tuple(octet, octet, octet, octet, fc.integer({ min: 0, max: 32 })).map(([a, b, c, d, length]) => `${a}.${b}.${c}.${d}/${length}`),
);

const permission = fc.record({
  protocol,
  from: fc.option(number, { nil: undefined }),
  to: fc.option(number, { nil: undefined }),
  source: fc.oneof(
    cidr.map((CidrIp) => ({ IpRanges: [{ CidrIp }] })),
    fc.constant("self" as const),
  ),
});

const entry = fc.record({
  protocol,
  from: number,
  to: number,
  icmp: fc.option(fc.record({ Type: number, Code: number }), { nil: undefined }),
  block: cidr,
  egress: fc.boolean(),
  action: fc.constantFrom("allow" as const, "deny" as const),
});

test.skipIf(kernel.status !== 0)(
  `the kernel takes whatever EC2 takes of security groups and network ACLs${missing}`,
  { timeout: 600_000 },
  async () => {
    await using api = await apiWorld();
    const ec2 = api.client(EC2Client);
    const { vpc, subnets } = defaultNetwork(api.state, api.platform.ids, SCOPE, 1);
    const VpcId = vpc.id;
    const SubnetId = subnets[0]?.id;
    const { NetworkAcl } = await ec2.send(new CreateNetworkAclCommand({ VpcId }));
    const { NetworkAcls } = await ec2.send(new DescribeNetworkAclsCommand({}));
    const association = NetworkAcls?.flatMap(({ Associations = [] }) => Associations).find((one) => one.SubnetId === SubnetId);
    await ec2.send(
      new ReplaceNetworkAclAssociationCommand({
        AssociationId: association?.NetworkAclAssociationId,
        NetworkAclId: NetworkAcl?.NetworkAclId,
      }),
    );
    const compiler = new FilterCompiler();
    using _followed = followWorld(api.state, compiler, () => undefined);
    compiler.tell("networks", { id: "n", bridge: "br-fuzz", block: vpc.cidrBlock });
    // Checked, and not carried out.
    const asked = nftProgram((args, input = "") => {
      const { status, stdout, stderr } = spawnSync("nft", ["--check", ...args], {
        input,
        encoding: "utf8",
        env: { ...process.env, LC_ALL: "C" },
      });
      return Promise.resolve({ code: status, output: stdout, errors: stderr });
    });
    const filter = nftPacketFilter(asked, "fuzz", undefined);
    let count = 0;
    let held = 0;
    const taken = { rules: 0, refused: 0 };
    const tried = async (command: Promise<unknown>): Promise<void> => {
      await command.then(
        () => (taken.rules += 1),
        () => (taken.refused += 1),
      );
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(permission, { minLength: 1, maxLength: 12 }),
        fc.array(entry, { maxLength: 4 }),
        async (permissions, entries) => {
          const { GroupId } = await ec2.send(new CreateSecurityGroupCommand({ GroupName: `g${(count += 1)}`, Description: "d", VpcId }));
          await tried(ec2.send(new CreateNetworkInterfaceCommand({ SubnetId, Groups: [GroupId ?? ""] })));
          for (const [at, { protocol: IpProtocol, from: FromPort, to: ToPort, source }] of permissions.entries()) {
            const peers = source === "self" ? { UserIdGroupPairs: [{ GroupId }] } : source;
            const one: IpPermission = {
              IpProtocol,
              ...(FromPort !== undefined && { FromPort }),
              ...(ToPort !== undefined && { ToPort }),
              ...peers,
            };
            const asks = { GroupId, IpPermissions: [one] };
            await tried(
              at % 2 === 0
                ? ec2.send(new AuthorizeSecurityGroupIngressCommand(asks))
                : ec2.send(new AuthorizeSecurityGroupEgressCommand(asks)),
            );
          }
          for (const [
            at,
            { protocol: Protocol, from: From, to: To, icmp, block: CidrBlock, egress: Egress, action: RuleAction },
          ] of entries.entries()) {
            const named = {
              NetworkAclId: NetworkAcl?.NetworkAclId,
              RuleNumber: ((count * 10 + at) % 32_000) + 1,
              Protocol,
              RuleAction,
              CidrBlock,
              Egress,
            };
            const IcmpTypeCode = icmp && { IcmpTypeCode: icmp };
            await tried(ec2.send(new CreateNetworkAclEntryCommand({ ...named, PortRange: { From, To }, ...IcmpTypeCode })));
          }
          compiler.change();
          const contents = compiler.contents();
          held = Math.max(held, contents.chains.size);
          await filter.adopt(contents);
        },
      ),
      { numRuns: Math.min(Math.ceil(fuzzRuns() / 25), MOST), endOnFailure: true },
    );
    expect(taken.rules).toBeGreaterThan(taken.refused / 20);
    // Each group has chains of its own.
    expect(held).toBeGreaterThan(count);
    expect(api.defects).toEqual([]);
  },
);
