import { describe, expect, test } from "vitest";
import { NO_HOST_GRANTS, type HostGrants } from "../../domain/host-grants.ts";
import type { ContainerReach, HostReach, VolumeReach } from "./definition.ts";
import { hostRefusal } from "./host-refusal.ts";

const [A, B] = ["111111111111", "222222222222"];
const privileged: HostGrants = { ...NO_HOST_GRANTS, privilegedAccounts: [A] };
const container = (parts: ContainerReach): HostReach => ({
  networkMode: "bridge",
  containerDefinitions: [{ name: "ok" }, { name: "c", ...parts }],
});
const log = (logDriver: string, options: Record<string, string> = {}): HostReach => container({ logConfiguration: { logDriver, options } });
const option = (...dockerSecurityOptions: string[]): HostReach => container({ dockerSecurityOptions });
const add = (...capabilities: string[]): HostReach => container({ linuxParameters: { capabilities: { add: capabilities } } });
const sysctl = (namespace: string): HostReach => container({ systemControls: [{ namespace }] });
const volume = (parts: VolumeReach): HostReach => ({ volumes: [{ name: "v", ...parts }], containerDefinitions: [] });
const options = (driverOpts: Record<string, string>, driver?: string): HostReach =>
  volume({ dockerVolumeConfiguration: { driver, driverOpts } });

describe("what reaches the host is the privileged accounts' alone, and the refusal says how to allow it", () => {
  test.each<[string, HostReach, string]>([
    ["privileged", container({ privileged: true }), "Container 'c' is privileged"],
    ["the host's network", { networkMode: "host" }, "The task has networkMode host"],
    ["the host's processes", { pidMode: "host" }, "The task has pidMode host"],
    ["the host's IPC", { ipcMode: "host" }, "The task has ipcMode host"],
    ["a device", container({ linuxParameters: { devices: [{ hostPath: "/dev/kmsg" }] } }), "Container 'c' has the device /dev/kmsg"],
    [
      "another way to write a device",
      container({ linuxParameters: { devices: [{ hostPath: "/dev/null/../sda" }] } }),
      "Container 'c' has the device /dev/null/../sda",
    ],
    ["a capability", add("SETUID", "SYS_ADMIN"), "Container 'c' adds the capability SYS_ADMIN"],
    ["a capability by its long name", add("cap_net_admin"), "Container 'c' adds the capability cap_net_admin"],
    ["raw packets", add("NET_RAW"), "Container 'c' adds the capability NET_RAW"],
    ["all capabilities", add("ALL"), "Container 'c' adds the capability ALL"],
    ["no profile of seccomp", option("seccomp:unconfined"), "Container 'c' has the security option seccomp:unconfined"],
    [
      "no profile of AppArmor",
      option("no-new-privileges", "apparmor=unconfined"),
      "Container 'c' has the security option apparmor=unconfined",
    ],
    ["a profile that the host knows", option("apparmor:mine"), "Container 'c' has the security option apparmor:mine"],
    ["no label", option("label:disable"), "Container 'c' has the security option label:disable"],
    ["another's label", option("label:level:s0:c1,c2"), "Container 'c' has the security option label:level:s0:c1,c2"],
    ["bare system paths", option("systempaths=unconfined"), "Container 'c' has the security option systempaths=unconfined"],
    ["new privileges after all", option("no-new-privileges:false"), "Container 'c' has the security option no-new-privileges:false"],
    ["a parameter of the kernel", sysctl("kernel.core_pattern"), "Container 'c' sets the kernel parameter kernel.core_pattern"],
    ["one that begins like a namespace's", sysctl("netx.a"), "Container 'c' sets the kernel parameter netx.a"],
    ["the host's log socket", log("syslog"), "Container 'c' logs to the host's socket unix:///dev/log"],
    [
      "a socket of the host",
      log("syslog", { "syslog-address": "unixgram:///run/x" }),
      "Container 'c' logs to the host's socket unixgram:///run/x",
    ],
    [
      "a socket by its path",
      log("fluentd", { "fluentd-address": "/run/fluentd.sock" }),
      "Container 'c' logs to the host's socket /run/fluentd.sock",
    ],
    ["the host's loopback, unsaid", log("fluentd", { "fluentd-address": "" }), "Container 'c' logs to localhost:24224 on the host"],
    [
      "the host's loopback",
      log("gelf", { "gelf-address": "udp://127.0.0.1:12201" }),
      "Container 'c' logs to udp://127.0.0.1:12201 on the host",
    ],
    [
      "loopback in other words",
      log("splunk", { "splunk-url": "https://x@[::1]:8088/a" }),
      "Container 'c' logs to https://x@[::1]:8088/a on the host",
    ],
    ["loopback, no host", log("gelf", { "gelf-address": "tcp://:12201" }), "Container 'c' logs to tcp://:12201 on the host"],
    ["the host's journal", log("journald"), "Container 'c' logs to the host's journal"],
    [
      "a key file",
      log("syslog", { "syslog-address": "tcp+tls://a:1", "syslog-tls-key": "/etc/key" }),
      "Container 'c' logs to the host's file /etc/key",
    ],
    ["a plugin for volumes", options({}, "rexray/ebs"), "Volume 'v' uses the volume driver rexray/ebs"],
    ["a disk", options({ type: "ext4", device: "/dev/sda1" }), "Volume 'v' mounts ext4 /dev/sda1 by driverOpts"],
    [
      "the host's network file systems",
      options({ type: "nfs", device: ":/x", o: "addr=10.0.0.1" }),
      "Volume 'v' mounts nfs :/x addr=10.0.0.1 by driverOpts",
    ],
    [
      "a mount in memory that is more",
      options({ type: "tmpfs", device: "tmpfs", o: "size=1m,remount" }),
      "Volume 'v' mounts tmpfs tmpfs size=1m,remount by driverOpts",
    ],
    [
      "an overlay",
      options({ type: "overlay", device: "overlay", o: "lowerdir=/" }),
      "Volume 'v' mounts overlay overlay lowerdir=/ by driverOpts",
    ],
  ])("%s", (_what, definition, clause) => {
    const words = `${clause}, which reaches the host: account ${B} has no right to it. The operator grants it with AIRFIELD_PRIVILEGED_ACCOUNTS=${B}.`;
    expect(hostRefusal(definition, B, privileged)).toBe(words);
    expect(hostRefusal(definition, A, privileged)).toBeUndefined();
    expect(hostRefusal(definition, A, NO_HOST_GRANTS)).toContain(clause);
  });
});

test.each<[string, HostReach]>([
  ["nothing", {}],
  ["shared namespaces of the task", { networkMode: "awsvpc", pidMode: "task", ipcMode: "task" }],
  ["capabilities that every container has, and the one that Fargate adds", add("SETUID", "CAP_CHOWN", "SYS_PTRACE")],
  ["a device that every container has", container({ linuxParameters: { devices: [{ hostPath: "/dev/null" }] } })],
  ["dropped capabilities", container({ linuxParameters: { capabilities: { add: [] } } })],
  ["tighter options", option("no-new-privileges", "no-new-privileges:true", "apparmor:docker-default", "seccomp=builtin")],
  [
    "parameters of its own namespaces",
    container({
      systemControls: [{ namespace: "net.core.somaxconn" }, { namespace: "kernel.shmmax" }, { namespace: "fs.mqueue.msg_max" }],
    }),
  ],
  ["awslogs", log("awslogs", { "awslogs-group": "g" })],
  ["logs to elsewhere", log("syslog", { "syslog-address": "tcp://logs.example:514" })],
  ["logs through FireLens", log("awsfirelens", { Name: "stdout", Host: "127.0.0.1" })],
  ["a volume of the task", volume({ host: {} })],
  ["a volume of the engine", options({})],
  ["a volume in memory", options({ type: "tmpfs", device: "tmpfs", o: "size=64m,uid=1000,mode=0700,noexec" }, "local")],
])("%s reaches nothing", (_what, definition) => {
  expect(hostRefusal(definition, B, NO_HOST_GRANTS)).toBeUndefined();
});

test.each([
  ["the network", { networkMode: "host" }, "net.core.somaxconn"],
  ["the IPC", { ipcMode: "host" }, "kernel.shmmax"],
])("parameters of %s are the host's where that is the host's", (_what, modes, namespace) => {
  const shared = { ...sysctl(namespace), ...modes };
  expect(hostRefusal(shared, B, NO_HOST_GRANTS)).toContain("host");
  expect(hostRefusal({ ...shared, networkMode: "awsvpc", ipcMode: "task" }, B, NO_HOST_GRANTS)).toBeUndefined();
});

describe("paths of the host", () => {
  const grants: HostGrants = { ...privileged, paths: [{ account: A, path: "/srv/a" }], ownFolders: "/data/host-volumes", never: ["/data"] };
  const mount = (sourcePath: string): HostReach => volume({ host: { sourcePath } });

  test("are refused with what grants them", () => {
    expect(hostRefusal(mount("/srv/a"), A, grants)).toBeUndefined();
    expect(hostRefusal(mount(`/data/host-volumes/${B}/db`), B, grants)).toBeUndefined();
    expect(hostRefusal(mount("/srv/a"), B, grants)).toBe(
      `Volume 'v' cannot mount the host path '/srv/a': account ${B} has no right to it. The operator grants paths with AIRFIELD_HOST_PATHS=${B}=<folder>. Without that, folders directly in /data/host-volumes/${B} can be mounted.`,
    );
    expect(hostRefusal(mount("srv"), A, grants)).toBe("Volume 'v' cannot mount the host path 'srv': it must be an absolute path.");
  });

  test("are no part of being privileged, and Airfield's own are nobody's", () => {
    expect(hostRefusal(mount("/etc"), A, grants)).toContain("AIRFIELD_HOST_PATHS");
    for (const path of ["/", "/data", "/data/root-key"])
      expect(hostRefusal(mount(path), A, { ...grants, paths: [{ path: "/" }] })).toBe(
        `Volume 'v' cannot mount the host path '${path}': it is, holds, or lies in what no task may mount, Airfield's own data or the Docker engine's.`,
      );
  });

  test.each(["bind", "rbind", "ro,bind", "size=1m, BIND"])("are not reached through driverOpts, by anybody: %s", (o) => {
    for (const type of ["none", "tmpfs", ""])
      expect(hostRefusal(options({ type, device: "/srv/a", o }), A, grants)).toBe(
        "Volume 'v' binds /srv/a by driverOpts. Use host.sourcePath for a path of the host.",
      );
  });
});
