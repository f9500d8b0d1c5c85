import { callProgram, type CallProgram } from "./call-program.ts";

/** Flows by where replies to them come from. */
export interface FlowsOf {
  readonly address: string;
  readonly port: number;
  readonly protocol: "tcp" | "udp";
}

/** The kernel's table of flows, as far as its address translation led them. */
export interface Conntrack {
  /** Those that are under way; of TCP those that are established. */
  count(of: FlowsOf): Promise<number>;
  forget(of: FlowsOf): Promise<void>;
}

/** By the program `conntrack`. @param call runs it; rejects with `ENOENT` where there is none */
export function conntrackProgram(call: CallProgram = callProgram("conntrack")): Conntrack {
  async function asked(args: readonly string[]): Promise<string> {
    const { code, output, errors } = await call(args);
    // It fails, too, where there are no such flows.
    if (code !== 0 && !/ 0 flow entries have been /.test(errors)) throw new Error(`conntrack: ${errors.trim().slice(0, 500)}`);
    return output;
  }
  return {
    async count(of) {
      const state = of.protocol === "tcp" ? ["--state", "ESTABLISHED"] : [];
      const listed = await asked(["--dump", ...repliesFrom(of), ...state]);
      return listed.split("\n").filter((line) => line !== "").length;
    },
    async forget(of) {
      await asked(["--delete", ...repliesFrom(of)]);
    },
  };
}

function repliesFrom({ address, port, protocol }: FlowsOf): readonly string[] {
  // Of flows whose destination was translated alone: what goes to the target itself is nobody's business here.
  return ["--family", "ipv4", "--proto", protocol, "--reply-src", address, "--reply-port-src", String(port), "--dst-nat"];
}
