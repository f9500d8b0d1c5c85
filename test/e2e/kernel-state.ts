import { runCommand } from "../../src/testing/aws-cli.ts";

/** What an installation may change about this host, in the words of the programs that tell it, and which networks there are of which installation. */
export interface KernelState {
  /** In no order. */
  readonly lines: readonly string[];
  readonly networks: readonly { readonly installation: string; readonly names: readonly string[] }[];
}

export async function kernelState(): Promise<KernelState> {
  const told = await Promise.all([
    ruleset(),
    said("iptables-save", []),
    said("ip", ["rule"]),
    said("ip", ["route", "show", "table", "all"]),
    said("ip", ["-oneline", "address"]),
    said("ip", ["-oneline", "link"]),
    said("ip", ["neighbour", "show", "nud", "permanent"]),
    said("sysctl", ["--all", "--pattern", "^net\\."]),
    said("docker", ["network", "ls", "--format", "network {{.Name}}"]),
    said("docker", ["ps", "--all", "--format", 'container {{.Names}} {{.Label "airfield.instance"}}']),
    said("docker", ["volume", "ls", "--format", 'volume {{.Name}} {{.Label "airfield.instance"}}']),
  ]);
  return { lines: told.flat().map(withoutWhatMoves).filter(isSettled), networks: await networks() };
}

/** What is in one of two states and not in the other; without what is of other installations than these, which come and go beside them. */
export function changes(before: KernelState, after: KernelState, ours: readonly string[]): readonly string[] {
  const others = [...before.networks, ...after.networks].filter(({ installation }) => !ours.includes(installation));
  const names = new Set(others.flatMap((network) => network.names));
  const isOthers = (line: string): boolean =>
    [...names].some((name) => line.includes(name)) || (/airfield[-_]/i.test(line) && !ours.some((id) => line.includes(id)));
  const more = (some: readonly string[], than: readonly string[], sign: string): readonly string[] => {
    const left = new Map<string, number>();
    for (const line of than) left.set(line, (left.get(line) ?? 0) + 1);
    return some.flatMap((line) => {
      const count = left.get(line) ?? 0;
      left.set(line, count - 1);
      return count > 0 || isOthers(line) ? [] : [`${sign} ${line}`];
    });
  };
  return [...more(before.lines, after.lines, "-"), ...more(after.lines, before.lines, "+")];
}

async function said(program: string, args: readonly string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await runCommand(program, args, { ...process.env, LC_ALL: "C" });
  if (code !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
  return stdout.split("\n").filter((line) => line !== "");
}

/** Each line with its table and chain, which tell whose it is. */
async function ruleset(): Promise<readonly string[]> {
  let [table, part] = ["", ""];
  return (await said("nft", ["--stateless", "list", "ruleset"])).flatMap((line) => {
    if (line.startsWith("table ")) [table, part] = [line.slice(0, -2), ""];
    else if (/^\t[a-z]/.test(line)) part = line.trim();
    return line.trim() === "}" ? [] : [`${table}: ${part}: ${line.trim()}`];
  });
}

async function networks(): Promise<KernelState["networks"]> {
  const format = '{{.ID}} {{.Name}} {{.Label "airfield.instance"}}';
  // The link to tasks' metadata is nobody's alone: the first that starts makes it, and the last that is cleaned takes it away.
  const labels = ["airfield.instance", "airfield.link"];
  const listed = (
    await Promise.all(labels.map((label) => said("docker", ["network", "ls", "--filter", `label=${label}`, "--format", format])))
  ).flat();
  return Promise.all(
    listed.map(async (line) => {
      const [id = "", name = "", installation = ""] = line.split(" ");
      const { stdout } = await runCommand(
        "docker",
        ["network", "inspect", id, "--format", "{{(index .IPAM.Config 0).Subnet}}"],
        process.env,
      );
      const [first = "", second = "", third = ""] = stdout.trim().split(".");
      return { installation, names: [name, `br-${id}`, ...(stdout === "" ? [] : [`${first}.${second}.${third}.`])] };
    }),
  );
}

/** Of the engine's own bridge, which is down while nobody is on it; counters; and numbers that the kernel gives in turn. */
function withoutWhatMoves(line: string): string {
  return line
    .replace(/^\d+: /, "")
    .replace(/<[A-Z,_-]*>/, "")
    .replace(/ state [A-Z]+/, "")
    .replace(/ (linkdown|tentative)/, "")
    .replace(/\[\d+:\d+\]/, "")
    .trimEnd();
}

/** Interfaces of containers are told by the containers; the kernel gives each bridge a link-local address in its own time. */
function isSettled(line: string): boolean {
  return !/^# (Generated|Completed)|^net\.netfilter\.nf_conntrack_count|\bveth[0-9a-f]{7}\b|\bfe80::/.test(line);
}
