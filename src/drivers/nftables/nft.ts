import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

/** One object of `nft --json list table`: `{ chain: … }`, `{ set: … }`, `{ map: … }`, `{ rule: … }`. Numbers stand for what has names. */
export type NftObject = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The kernel's packet filter. Several may use it, each with tables of its own. */
export interface Nft {
  /**
   * Carries out commands of nft's language, one a line, as one transaction: what passes through the kernel sees none of it or all of it.
   * Costs a process that first lists all chains and sets of this host's tables: some ten milliseconds, with 10,000 of them 20 to 40. Rejects with `NftRefusedError`, and then nothing has changed; with `NftMissingError`.
   */
  run(commands: string): Promise<void>;
  /** What a table has; `undefined` where there is none. Costs what it holds. Rejects as `run` does. */
  read(family: "inet" | "bridge" | "ip", table: string): Promise<readonly NftObject[] | undefined>;
}

/** nft, or the kernel, would not: nothing has changed. The message has their words. */
export class NftRefusedError extends Error {
  override readonly name = "NftRefusedError";
}

/** There is no program `nft` here. */
export class NftMissingError extends Error {
  override readonly name = "NftMissingError";
  constructor() {
    super("the program `nft` (nftables), which tells the kernel what to let through, is not installed");
  }
}

/** How a program that was called ended. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Calls nft with arguments and something on its input. Rejects with `ENOENT` where there is none. */
export type CallNft = (args: readonly string[], input?: string) => Promise<Ended>;

export function nftProgram(call: CallNft = callNft): Nft {
  async function called(args: readonly string[], input?: string): Promise<Ended> {
    try {
      return await call(args, input);
    } catch (cause) {
      if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") throw new NftMissingError();
      throw cause;
    }
  }
  return {
    async run(commands) {
      if (commands === "") return;
      const { code, errors } = await called(["--file", "-"], commands);
      if (code !== 0) throw refused(errors);
    },
    async read(family, table) {
      const { code, output, errors } = await called(["--json", "--numeric", "--numeric-priority", "list", "table", family, table]);
      if (code === 0) return (JSON.parse(output) as { readonly nftables: readonly NftObject[] }).nftables;
      if (/No such file or directory/.test(errors)) return undefined;
      throw refused(errors);
    },
  };
}

/** nft shows the whole command below its complaint; the first complaint says what there is to say. */
function refused(errors: string): NftRefusedError {
  return new NftRefusedError(`nft refuses: ${errors.split("\n").slice(0, 2).join(" ").trim().slice(0, 500)}`);
}

async function callNft(args: readonly string[], input = ""): Promise<Ended> {
  // Its words are looked at, in English.
  const child = spawn("nft", args, { stdio: "pipe", env: { ...process.env, LC_ALL: "C" } });
  const ended = new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  // It may end before it has read all; how it ended says why.
  child.stdin.on("error", () => undefined).end(input);
  const [code, output, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, output, errors };
}
