import { readFile } from "node:fs/promises";

/** Where systemd-resolved keeps the servers behind its own stub. */
const FILES = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

/** The name servers of this host that containers can reach too: those on loopback are only the host's own. */
export async function hostNameServers(): Promise<readonly string[]> {
  for (const file of FILES) {
    const servers = nameServersIn(await readFile(file, "utf8").catch(() => ""));
    if (servers.length > 0) return servers;
  }
  return [];
}

function nameServersIn(text: string): readonly string[] {
  return [...text.matchAll(/^\s*nameserver\s+([\d.]+)\s*$/gm)].flatMap(([, address]) =>
    address !== undefined && !address.startsWith("127.") ? address : [],
  );
}
