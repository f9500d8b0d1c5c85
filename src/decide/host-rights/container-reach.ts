import type { ContainerReach, HostReach } from "./definition.ts";
import { logReach } from "./log-reach.ts";

/**
 * What every container has by default, and the one that Fargate lets be added. Raw packets are none of these: with them a task passes for its
 * neighbours, of whichever account.
 */
const HARMLESS_CAPABILITIES: ReadonlySet<string> = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
  "SYS_PTRACE",
]);

/** Every container has these anyway, under the same names. */
const HARMLESS_DEVICES: ReadonlySet<string> = new Set(["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"]);

/** Options that take something away from a container, or name what it has anyway. What any other profile or label allows is known to the host alone. */
const TIGHTENING = /^(?:no-new-privileges(?:[:=]true)?|apparmor[:=]docker-default|seccomp[:=]builtin)$/;

/** Kernel parameters of the namespaces that a container has of its own. Source: Amazon ECS API Reference, "SystemControl". */
const OF_NETWORK = /^net\./;
const OF_IPC = /^(?:fs\.mqueue\.\w+|kernel\.(?:msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced))$/;

/** Everything by which one container would reach the host, each as a clause: `sets privileged`. */
export function containerReach(container: ContainerReach, { networkMode, ipcMode }: HostReach): readonly string[] {
  const { privileged, dockerSecurityOptions = [], systemControls = [], linuxParameters: linux, logConfiguration } = container;
  const found: string[] = [];
  if (privileged) found.push("is privileged");
  for (const { hostPath = "" } of linux?.devices ?? []) if (!HARMLESS_DEVICES.has(hostPath)) found.push(`has the device ${hostPath}`);
  for (const capability of linux?.capabilities?.add ?? [])
    if (!HARMLESS_CAPABILITIES.has(capability.toUpperCase().replace(/^CAP_/, ""))) found.push(`adds the capability ${capability}`);
  for (const option of dockerSecurityOptions) if (!TIGHTENING.test(option)) found.push(`has the security option ${option}`);
  for (const { namespace = "" } of systemControls) {
    const own = OF_NETWORK.test(namespace) ? networkMode !== "host" : OF_IPC.test(namespace) && ipcMode !== "host";
    if (!own) found.push(`sets the kernel parameter ${namespace}`);
  }
  const log = logConfiguration && logReach(logConfiguration);
  if (log !== undefined) found.push(`logs to ${log}`);
  return found;
}
