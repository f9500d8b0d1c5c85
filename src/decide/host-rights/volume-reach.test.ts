import { describe, expect, test } from "vitest";
import { volumeReach } from "./volume-reach.ts";

const reach = (driverOpts: Record<string, string>, driver?: string) =>
  volumeReach({ dockerVolumeConfiguration: { driverOpts, ...(driver === undefined ? {} : { driver }) } });

describe("is the engine's own, and nothing of the host:", () => {
  test.each<[string, Record<string, string>, string?]>([
    ["a volume without options", {}],
    ["of the local driver by name", {}, "local"],
    ["of no driver", {}, ""],
    ["with a size", { size: "1g" }],
    ["in memory", { type: "tmpfs", device: "tmpfs" }],
    ["in memory, of no device", { type: "tmpfs" }],
    ["in memory, of the device none", { type: "tmpfs", device: "none", o: "size=1m,,ro,nr_blocks=3,nr_inodes=50%,gid=0,noatime" }],
  ])("%s", (_what, options, driver) => expect(reach(options, driver)).toBeUndefined());

  test("what is no docker volume", () => expect(volumeReach({})).toBeUndefined());
});

describe("is something of the host or its network:", () => {
  test.each<[string, Record<string, string>, string]>([
    ["a file system", { type: "ext4" }, "mounts ext4 by driverOpts"],
    ["a device of no type", { device: "/dev/sda1" }, "mounts /dev/sda1 by driverOpts"],
    ["options alone", { o: "ro" }, "mounts ro by driverOpts"],
    ["memory of a device that is one", { type: "tmpfs", device: "/dev/sda1" }, "mounts tmpfs /dev/sda1 by driverOpts"],
    ["another type of the device tmpfs", { type: "proc", device: "tmpfs" }, "mounts proc tmpfs by driverOpts"],
    ["memory with one option too many", { type: "tmpfs", o: "ro,suid" }, "mounts tmpfs ro,suid by driverOpts"],
    ["an option that only begins as a harmless one", { type: "tmpfs", o: "row" }, "mounts tmpfs row by driverOpts"],
    ["an option that only ends as a harmless one", { type: "tmpfs", o: "xro" }, "mounts tmpfs xro by driverOpts"],
    ["an option of the driver that is not known", { type: "tmpfs", copy: "1" }, "mounts tmpfs by driverOpts"],
    ["one beside a size", { size: "1", copy: "1" }, "mounts  by driverOpts"],
    ["a name that holds bind", { type: "none", device: "/a", o: "bindings" }, "mounts none /a bindings by driverOpts"],
    ["a name that ends in bind", { type: "none", device: "/a", o: "unbind" }, "mounts none /a unbind by driverOpts"],
  ])("%s", (_what, options, clause) => expect(reach(options)).toEqual({ bind: false, clause }));

  test.each(["bind", "rbind", "RBind", "ro, bind "])("a path, by the option %s", (o) => {
    expect(reach({ type: "tmpfs", device: "/srv/a", o })).toEqual({ bind: true, clause: "binds /srv/a" });
  });

  test("what another driver makes", () => {
    expect(reach({}, "rexray")).toEqual({ bind: false, clause: "uses the volume driver rexray" });
  });
});
