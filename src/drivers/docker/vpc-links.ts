import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import type { VpcLink, VpcLinks } from "../../ports/vpc-links.ts";
import { nftProgram, type Nft } from "../nftables/nft.ts";
import { removeTable, withoutTable } from "../nftables/remove-table.ts";

/** How a program that was called ended. */
export interface Said {
  readonly ok: boolean;
  readonly errors: string;
}

/** Runs `iptables` or `iptables-restore` with arguments and something on its input. Rejects with `ENOENT` where there is none. */
export type CallIptables = (program: "iptables" | "iptables-restore", args: readonly string[], input?: string) => Promise<Said>;

/**
 * Links over Docker's isolation. Docker drops what goes from one of its bridges to another, and lets users say otherwise in its chain DOCKER-USER, where one rule leads to a chain of this
 * installation's. It also gives what leaves a bridge the host's address, which an entry of ours for these pairs makes their own before (priority 99; Docker's
 * rules are at 100). Nothing else of the host's firewall is touched, and what is here goes with the last link.
 *
 * A program that flushes DOCKER-USER while this one runs takes the links away until they are set again.
 */
export function dockerVpcLinks({
  instance,
  nft = nftProgram(),
  iptables = callIptables,
}: {
  readonly instance: string;
  readonly nft?: Nft;
  readonly iptables?: CallIptables;
}): VpcLinks {
  const chain = `AIRFIELD-${instance}`;
  const table = `airfield-links-${instance}`;
  const jump = ["DOCKER-USER", "-j", chain];

  async function filter(...args: readonly string[]): Promise<Said> {
    return iptables("iptables", ["--wait", ...args]);
  }

  async function accept(links: readonly VpcLink[]): Promise<void> {
    const rules = bothWays(links).map(([from, to]) => `-A ${chain} -s ${from} -d ${to} -j ACCEPT\n`);
    await done(iptables("iptables-restore", ["--wait", "--noflush"], `*filter\n:${chain} - [0:0]\n${rules.join("")}COMMIT\n`));
    if (!(await filter("-C", ...jump)).ok) await done(filter("-I", ...jump));
  }

  /** Whatever of it is there; a host without the program has nothing. */
  async function acceptNothing(): Promise<void> {
    try {
      while ((await filter("-D", ...jump)).ok);
      await filter("-F", chain);
      await filter("-X", chain);
    } catch (cause) {
      if (!isMissing(cause)) throw cause;
    }
  }

  return {
    async set(links) {
      if (links.length === 0) {
        await acceptNothing();
        await removeTable(nft, `ip ${table}`);
        return;
      }
      // The addresses first: what passes is seen under its own from the first packet on.
      await nft.run(`${withoutTable(`ip ${table}`)}${ownAddresses(table, links)}`);
      await accept(links);
    },
  };
}

function bothWays(links: readonly VpcLink[]): readonly (readonly [from: string, to: string])[] {
  return links.flatMap(({ one, other }) => [[one, other] as const, [other, one] as const]);
}

function ownAddresses(table: string, links: readonly VpcLink[]): string {
  const pairs = bothWays(links).map(([from, to]) => `${from} . ${to}`);
  return [
    `add table ip ${table}`,
    `add set ip ${table} links { type ipv4_addr . ipv4_addr; flags interval; elements = { ${pairs.join(", ")} }; }`,
    `add chain ip ${table} out { type nat hook postrouting priority 99; }`,
    `add rule ip ${table} out ip saddr . ip daddr @links snat to ip saddr`,
    "",
  ].join("\n");
}

async function done(call: Promise<Said>): Promise<void> {
  const { ok, errors } = await call;
  if (!ok) throw new Error(`iptables refuses: ${errors.trim().split("\n")[0] ?? ""}`);
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ENOENT";
}

async function callIptables(program: string, args: readonly string[], input = ""): Promise<Said> {
  const child = spawn(program, args, { stdio: "pipe", env: { ...process.env, LC_ALL: "C" } });
  const ended = new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  // It may end before it has read all; how it ended says why.
  child.stdin.on("error", () => undefined).end(input);
  const [code, , errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { ok: code === 0, errors };
}
