import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { TaskNetwork } from "../../ports/task-runner.ts";
import { PLAIN_CONTAINER } from "../../testing/container-spec.ts";
import { ResolverFiles, resolverMount, resolverText } from "./resolver-files.ts";

const network = (more: object = {}): TaskNetwork => ({
  ...{ mode: "awsvpc", vpcId: "vpc-1", vpcCidr: "10.0.0.0/16", address: "10.0.0.5", hostname: "ip-10-0-0-5.ec2.internal" },
  ...{ resolver: "10.0.0.2", names: { servers: ["AmazonProvidedDNS"], search: ["ec2.internal"] } },
  ...more,
});
const app = { ...PLAIN_CONTAINER, name: "app", image: "app", pullReference: "app" };

test.each([
  ["what AWS says at first", network(), app, "search ec2.internal\nnameserver 10.0.0.2\n"],
  [
    "what the VPC's DHCP options say",
    network({ names: { servers: ["10.9.9.9", "AmazonProvidedDNS"], search: ["corp.test", "b.test"] } }),
    app,
    "search corp.test b.test\nnameserver 10.9.9.9\nnameserver 10.0.0.2\n",
  ],
  ["nobody, where there are no options", network({ names: { servers: [], search: [] } }), app, "nameserver 127.0.0.1\n"],
  [
    "a container's own servers and domains",
    network(),
    { ...app, dnsServers: ["10.8.8.8"], dnsSearchDomains: ["own.test"] },
    "search own.test ec2.internal\nnameserver 10.8.8.8\n",
  ],
  ["nothing of ours where the VPC's resolver does not answer", network({ resolver: undefined }), app, undefined],
  ["nothing of ours in another network", { mode: "bridge" } as const, app, undefined],
  ["nothing of ours without a network", network(), { ...app, networkDisabled: true }, undefined],
  [
    "nothing of ours where the task mounts something there",
    network(),
    { ...app, mountPoints: [{ sourceVolume: "v", containerPath: "/etc/resolv.conf/", readOnly: true }] },
    undefined,
  ],
])("containers are told %s", (_what, at, container, text) => {
  expect(resolverText(at, container)).toBe(text);
});

test("containers with the same text share a file, which all may read and none may write to", async () => {
  const folder = join(await mkdtemp(join(tmpdir(), "resolver-")), "files");
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const files = new ResolverFiles(folder);
  const [one, same, other] = await Promise.all([files.pathOf("a\n"), files.pathOf("a\n"), files.pathOf("b\n")]);
  expect([one === same, one === other]).toEqual([true, false]);
  expect(await readFile(one ?? "", "utf8")).toBe("a\n");
  expect((await stat(one ?? "")).mode & 0o777).toBe(0o644);
  expect(resolverMount(one ?? "")).toMatchObject({ Source: one, Target: "/etc/resolv.conf", ReadOnly: true });
  expect([files.owns(one ?? ""), files.owns("/srv/a")]).toEqual([true, false]);
});

test("an engine that does not see this host's files is not asked for one again", async () => {
  const folder = await mkdtemp(join(tmpdir(), "resolver-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const files = new ResolverFiles(folder);
  const path = await files.pathOf("a\n");
  expect(files.unseen('invalid mount config for type "bind": bind source path does not exist: /srv/data')).toBe(false);
  expect(files.unseen(`invalid mount config for type "bind": bind source path does not exist: ${path}`)).toBe(true);
  expect(await files.pathOf("a\n")).toBeUndefined();
});
