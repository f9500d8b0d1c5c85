import type { VolumeReach } from "./definition.ts";

/** Options of a mount in memory that say nothing but how large and whose it is. Source: mount(8), tmpfs(5). */
const MEMORY_OPTION = /^(?:(?:size|nr_blocks|nr_inodes|mode|uid|gid)=[\w%]+|ro|rw|nosuid|nodev|noexec|noatime|nodiratime|relatime)$/;

/**
 * How the engine would make a docker volume out of something of the host or its network, as a clause: root of the host mounts what the options of the
 * `local` driver say. `bind` is told apart, since it is a host path that no grant of paths would see.
 */
export function volumeReach({
  dockerVolumeConfiguration: made,
}: VolumeReach): { readonly bind: boolean; readonly clause: string } | undefined {
  if (!made) return undefined;
  const { driver = "local", driverOpts = {} } = made;
  if (driver !== "local" && driver !== "") return { bind: false, clause: `uses the volume driver ${driver}` };
  const { type = "", device = "", o = "", ...others } = driverOpts;
  const options = o.split(",").filter((option) => option !== "");
  if (options.some((option) => /^r?bind$/i.test(option.trim()))) return { bind: true, clause: `binds ${device}` };
  const inMemory = type === "tmpfs" && ["", "tmpfs", "none"].includes(device) && options.every((option) => MEMORY_OPTION.test(option));
  const sizeOnly = Object.keys(others).every((name) => name === "size");
  if (sizeOnly && (inMemory || (type === "" && device === "" && options.length === 0))) return undefined;
  return { bind: false, clause: `mounts ${[type, device, o].filter((part) => part !== "").join(" ")} by driverOpts` };
}
