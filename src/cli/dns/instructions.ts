/** A place of the machine's own configuration that sends some names to us. */
export interface DnsFile {
  readonly path: string;
  readonly text: string;
}

/** What the machine is told. */
export interface DnsPointing {
  readonly address: string;
  readonly port: number;
  /** Without a dot at either end. */
  readonly domains: readonly string[];
}

/** The first line of each file, by which we know our own. */
const MARK = "# Made by `airfield dns install`; `airfield dns remove` takes it away.";

export function isOurs(text: string): boolean {
  return text.startsWith(MARK);
}

export const RESOLVED_FILE = "/etc/systemd/resolved.conf.d/airfield.conf";

/** For systemd-resolved (247 and later take ports): names below these domains are asked of us, and no others. */
export function resolvedFile({ address, port, domains }: DnsPointing): DnsFile {
  const lines = [MARK, "[Resolve]", `DNS=${address}:${port}`, `Domains=${domains.map((domain) => `~${domain}`).join(" ")}`];
  return { path: RESOLVED_FILE, text: `${lines.join("\n")}\n` };
}

/** For macOS: a file a domain. Source: `man 5 resolver`. */
export function resolverFiles({ address, port, domains }: DnsPointing): readonly DnsFile[] {
  return domains.map((domain) => ({
    path: `/etc/resolver/${domain}`,
    text: `${[MARK, `nameserver ${address}`, `port ${port}`].join("\n")}\n`,
  }));
}

/** What somebody does by hand on Linux. */
export function linuxSteps({ path, text }: DnsFile): string {
  return [
    "With systemd-resolved, as root (`sudo airfield dns install` does the same):",
    `  mkdir -p ${path.slice(0, path.lastIndexOf("/"))}`,
    `  cat > ${path} <<'END'`,
    ...text.trimEnd().split("\n"),
    "END",
    "  systemctl restart systemd-resolved",
    `To undo it, remove that file and restart systemd-resolved again; \`sudo airfield dns remove\` does so.`,
  ].join("\n");
}

export function macSteps(files: readonly DnsFile[]): string {
  return [
    "On macOS, as root, a file for each domain:",
    "  mkdir -p /etc/resolver",
    ...files.flatMap(({ path, text }) => [`  cat > ${path} <<'END'`, ...text.trimEnd().split("\n"), "END"]),
    `To undo it: rm ${files.map(({ path }) => path).join(" ")}`,
  ].join("\n");
}
