import { expect, test } from "vitest";
import type { ContainerSpec } from "../../ports/task-runner.ts";
import { discarded, droppedCapabilities, mayForge, unenforced } from "./hardening.ts";
import { PLAIN_CONTAINER } from "../../testing/container-spec.ts";

const container = (changes: Partial<ContainerSpec>): ContainerSpec => ({
  name: "app",
  image: "web:1",
  pullReference: "web:1",
  ...PLAIN_CONTAINER,
  ...changes,
});

test.each([
  ["no-new-privileges", [], undefined],
  ["apparmor:strict", ["seccomp"], "the engine of this host has no apparmor, which the security option apparmor:strict needs"],
  ["apparmor=strict", ["seccomp", "apparmor"], undefined],
  ["label:type:web_t", ["seccomp"], "the engine of this host has no selinux, which the security option label:type:web_t needs"],
])("%s on an engine with %j", (option, engine, expected) => {
  expect(unenforced(container({ securityOptions: [option] }), engine)).toBe(expected);
});

const SWAPPINESS = "Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.";
const SWAP = "Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.";

test("what the engine leaves away counts where it was asked for", () => {
  expect(discarded(container({ linux: { maxSwap: 1, swappiness: 1 } }), ["something else", SWAPPINESS])).toBe(SWAPPINESS);
  expect(discarded(container({ linux: { maxSwap: 1 } }), [SWAP])).toBe(SWAP);
  expect(discarded(container({ linux: { maxSwap: 1 } }), [SWAPPINESS])).toBeUndefined();
  expect(discarded(container({}), [SWAP, SWAPPINESS])).toBeUndefined();
});

test.each([
  ["nothing", {}, ["NET_RAW"]],
  ["another drop", { dropCapabilities: ["CHOWN"] }, ["CHOWN", "NET_RAW"]],
  ["the same drop", { dropCapabilities: ["cap_net_raw"] }, ["cap_net_raw"]],
  ["no capability at all", { dropCapabilities: ["ALL"] }, ["ALL"]],
  ["another one", { addCapabilities: ["SYS_PTRACE"] }, ["NET_RAW"]],
  ["raw packets", { addCapabilities: ["CAP_NET_RAW"] }, []],
  ["all", { addCapabilities: ["ALL"], dropCapabilities: ["MKNOD"] }, ["MKNOD"]],
])("raw packets are who asks for them's: asked for %s", (_what, linux, dropped) => {
  expect(droppedCapabilities(container({ linux }))).toEqual(dropped);
});

test.each<[what: string, changes: Partial<ContainerSpec>, forges: boolean]>([
  ["nothing", {}, false],
  ["what Fargate lets be added", { linux: { addCapabilities: ["CAP_SYS_PTRACE"] } }, false],
  ["raw packets", { linux: { addCapabilities: ["cap_net_raw"] } }, true],
  ["its own addresses", { linux: { addCapabilities: ["NET_ADMIN"] } }, true],
  ["all", { linux: { addCapabilities: ["ALL"] } }, true],
  ["to be privileged", { privileged: true }, true],
])("a task may send in others' names where one of its containers asks for %s: %o", (_what, changes, forges) => {
  expect(mayForge({ containers: [container({}), container(changes)] })).toBe(forges);
});
