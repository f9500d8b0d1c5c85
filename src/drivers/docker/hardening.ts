import type { ContainerSpec, TaskSpec } from "../../ports/task-runner.ts";

/**
 * A kernel with the memory of a Fargate task allows a thread for each 128 KiB of it: the kernel's stacks of 16 KiB may take an eighth. It has
 * 32,768 process ids, whatever its memory. Source: Linux, `set_max_threads` of kernel/fork.c, and proc(5), "threads-max", "pid_max".
 */
const THREADS_PER_MIB = 8;
const MOST_PIDS = 32_768;
const PERMISSIONS = { read: "r", write: "w", mknod: "m" } as const;

/** What a container may do to the kernel, to devices, and with other processes. */
export function hardening(spec: TaskSpec, { securityOptions, linux = {} }: ContainerSpec): Record<string, unknown> {
  return {
    SecurityOpt: securityOptions,
    Devices: linux.devices?.map(({ hostPath, containerPath, permissions }) => ({
      PathOnHost: hostPath,
      PathInContainer: containerPath,
      CgroupPermissions: permissions.map((permission) => PERMISSIONS[permission]).join(""),
    })),
    MemorySwappiness: linux.swappiness,
    // Of a task's containers each has this ceiling, as with its CPU.
    PidsLimit: spec.launchType === "FARGATE" ? Math.min(MOST_PIDS, (spec.memory ?? 0) * THREADS_PER_MIB || MOST_PIDS) : undefined,
  };
}

const RAW_PACKETS = "NET_RAW";

/**
 * The capabilities that a container goes without. The engine gives everybody raw packets, with which a task passes for its neighbours on a bridge that
 * it shares with them, tasks of other accounts too, and reads what they are told: their roles' credentials. Who needs them asks for them by name.
 */
export function droppedCapabilities({ linux = {} }: ContainerSpec): readonly string[] {
  const { addCapabilities = [], dropCapabilities = [] } = linux;
  const named = (wanted: readonly string[], ...names: readonly string[]): boolean =>
    wanted.some((capability) => names.includes(capability.toUpperCase().replace(/^CAP_/, "")));
  if (named(dropCapabilities, RAW_PACKETS, "ALL") || named(addCapabilities, RAW_PACKETS, "ALL")) return dropCapabilities;
  return [...dropCapabilities, RAW_PACKETS];
}

/** What Fargate lets be added, and no packet is made with. */
const TRACING = "SYS_PTRACE";

/** Whether a task could send what its kernel would not send for it: packets with another's address, or with one that it gives itself. */
export function mayForge({ containers }: Pick<TaskSpec, "containers">): boolean {
  return containers.some(
    ({ privileged = false, linux: { addCapabilities = [] } = {} }) =>
      privileged || addCapabilities.some((capability) => capability.toUpperCase().replace(/^CAP_/, "") !== TRACING),
  );
}

/** What each kind of security option needs of the engine, as the engine calls it. Without it the engine would leave the option away. */
const ENFORCED_BY: Readonly<Record<string, string>> = { apparmor: "apparmor", label: "selinux", seccomp: "seccomp" };

/** Why an option of a container would be left away in silence by an engine with these kinds of security; `undefined` where none would. */
export function unenforced({ securityOptions = [] }: ContainerSpec, engine: readonly string[]): string | undefined {
  for (const option of securityOptions) {
    const needed = ENFORCED_BY[option.split(/[:=]/)[0] ?? ""];
    if (needed !== undefined && !engine.includes(needed))
      return `the engine of this host has no ${needed}, which the security option ${option} needs`;
  }
  return undefined;
}

/** What the engine says that it left away of what a container asked for, where its kernel cannot. */
export function discarded({ linux = {} }: ContainerSpec, warnings: readonly string[]): string | undefined {
  const asked = [...(linux.maxSwap === undefined ? [] : [/swap limit/i]), ...(linux.swappiness === undefined ? [] : [/swappiness/i])];
  return warnings.find((warning) => asked.some((what) => what.test(warning)));
}
