import { createHash } from "node:crypto";
import { chmod, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AMAZON_PROVIDED } from "../../domain/told-names.ts";
import type { ContainerSpec, TaskNetwork } from "../../ports/task-runner.ts";

const TARGET = "/etc/resolv.conf";

/**
 * What a container's `/etc/resolv.conf` says, where its VPC's own resolver answers; `undefined` where the engine's server stands in between, as in every network that is made by hand: that one knows containers by
 * their engine's names, and back, and asks others besides.
 */
export function resolverText(network: TaskNetwork, container: ContainerSpec): string | undefined {
  if (network.mode !== "awsvpc" || network.resolver === undefined || container.networkDisabled) return undefined;
  // The engine takes one mount at a place.
  if (container.mountPoints.some(({ containerPath }) => containerPath.replace(/\/+$/, "") === TARGET)) return undefined;
  const { resolver, names } = network;
  const named = container.dnsServers ?? [];
  const servers = named.length > 0 ? named : (names?.servers ?? []).map((server) => (server === AMAZON_PROVIDED ? resolver : server));
  const search = [...new Set([...(container.dnsSearchDomains ?? []), ...(names?.search ?? [])])];
  const lines = [
    ...(search.length > 0 ? [`search ${search.join(" ")}`] : []),
    // Where nobody is to be asked, nobody answers.
    ...(servers.length > 0 ? servers : ["127.0.0.1"]).map((server) => `nameserver ${server}`),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** A file as a mount of a container. What all containers with the same text share, none of them may write to. */
export function resolverMount(path: string): Record<string, unknown> {
  return { Type: "bind", Source: path, Target: TARGET, ReadOnly: true, BindOptions: { Propagation: "rprivate" } };
}

/** The files, one for each text, in a folder of this installation. They stay: a container that is started again finds its own. */
export class ResolverFiles {
  readonly #folder: string;
  readonly #made = new Map<string, Promise<string>>();
  #isSeen = true;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The path of the file with this text, which is there then; `undefined` where the engine does not see this host's files. */
  async pathOf(text: string): Promise<string | undefined> {
    if (!this.#isSeen) return undefined;
    const known = this.#made.get(text);
    if (known) return known;
    const made = this.#make(text);
    this.#made.set(text, made);
    made.catch(() => this.#made.delete(text));
    return made;
  }

  /** The engine has no such file: it sees other files than this program. @returns whether it was about one of these */
  unseen(message: string): boolean {
    if (!message.includes("bind source path does not exist") || !message.includes(this.#folder)) return false;
    this.#isSeen = false;
    return true;
  }

  owns(path: string): boolean {
    return path.startsWith(`${this.#folder}/`);
  }

  async #make(text: string): Promise<string> {
    await mkdir(this.#folder, { recursive: true });
    const path = join(this.#folder, `${createHash("sha256").update(text).digest("hex").slice(0, 32)}.conf`);
    const unfinished = `${path}.new`;
    await writeFile(unfinished, text);
    // Whoever a container's processes are, they read it.
    await chmod(unfinished, 0o644);
    await rename(unfinished, path);
    return path;
  }
}
