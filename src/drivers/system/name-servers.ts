import { readFileSync } from "node:fs";

/** Where systemd-resolved keeps the servers behind its own stub. */
const FILES = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

/** The name servers of this host that containers can reach too, at this moment: those on loopback are only the host's own. */
export function hostNameServers(files: readonly string[] = FILES): readonly string[] {
  for (const file of files) {
    const servers = nameServersIn(textOf(file));
    if (servers.length > 0) return servers;
  }
  return [];
}

/** Nothing where the file is not there, or not ours to read. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function nameServersIn(text: string): readonly string[] {
  return [...text.matchAll(/^\s*nameserver\s+([\d.]+)\s*$/gm)].flatMap(([, address]) =>
    address !== undefined && !address.startsWith("127.") ? address : [],
  );
}
