import { createRequire } from "node:module";
import type * as CycloneDX from "@cyclonedx/cyclonedx-library";
import { SetRepositoryPolicyCommand } from "@aws-sdk/client-ecr";
import { expect, test } from "vitest";
import { scanningWorld } from "../testing/scanning-world.ts";

// Its type declarations are CommonJS's.
const { Spec, Validation } = createRequire(import.meta.url)("@cyclonedx/cyclonedx-library") as typeof CycloneDX;

const DEBIAN = 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"';
const DPKG =
  "Package: libstdc++6\nStatus: install ok installed\nArchitecture: amd64\nSource: gcc-12\nVersion: 12.2.0-14+deb12u1\n\nPackage: tar\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:1.34\n";

test("what is installed in an image is told as CycloneDX has it, whether it was scanned or not", async () => {
  await using world = await scanningWorld();
  await world.repository("team/app");
  const { digest, layerDigests } = await world.push("team/app", "v1", {
    "etc/os-release": DEBIAN,
    "var/lib/dpkg/status": DPKG,
    "srv/node_modules/@scope/tool/package.json": '{"name":"@scope/tool","version":"1.0.0-rc.1"}',
  });
  const response = await world.fetch("/v2/team/app/_airfield/sbom/v1");
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/vnd.cyclonedx+json; version=1.6");
  const text = await response.text();
  expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)).toBeNull();
  const bill = JSON.parse(text);
  expect(bill.metadata.component).toEqual({ type: "container", "bom-ref": digest, name: "team/app", version: digest });
  expect(bill.components.map(({ name, purl }: { name: string; purl?: string }) => purl ?? name)).toEqual([
    "Debian GNU/Linux 12 (bookworm)",
    "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1?arch=amd64&distro=debian-12",
    "pkg:deb/debian/tar@1:1.34?arch=amd64&distro=debian-12",
    "pkg:npm/%40scope/tool@1.0.0-rc.1",
  ]);
  expect(bill.components[1].properties).toEqual([
    { name: "airfield:file", value: "var/lib/dpkg/status" },
    { name: "airfield:layer", value: layerDigests[0] },
    { name: "airfield:source", value: "gcc-12 12.2.0-14+deb12u1" },
  ]);
});

test.each<[string, string, number, string]>([
  ["an image that is not there", "no-such", 404, "Requested image not found"],
  ["a layer that cannot be read", "broken", 422, "cannot be read"],
  ["a distribution that is not known", "devuan", 422, "packages of Devuan have no names"],
])("there is none of %s", async (_what, tag, status, message) => {
  await using world = await scanningWorld();
  await world.repository("app");
  await world.push("app", "broken", Buffer.from("garbage"));
  await world.push("app", "devuan", { "etc/os-release": "ID=devuan\nPRETTY_NAME=Devuan", "var/lib/dpkg/status": DPKG });
  const response = await world.fetch(`/v2/app/_airfield/sbom/${tag}`);
  expect(response.status).toBe(status);
  expect(await response.text()).toContain(message);
});

test("there is none for whoever may not read the layers", async () => {
  await using world = await scanningWorld();
  await world.repository("app");
  await world.push("app", "v1", { "etc/os-release": DEBIAN, "var/lib/dpkg/status": DPKG });
  const deny = { Effect: "Deny", Principal: "*", Action: "ecr:GetDownloadUrlForLayer" };
  const policyText = JSON.stringify({ Version: "2012-10-17", Statement: [deny] });
  await world.ecr.send(new SetRepositoryPolicyCommand({ repositoryName: "app", policyText }));
  const response = await world.fetch("/v2/app/_airfield/sbom/v1");
  expect(response.status).toBe(403);
  expect(await response.text()).toContain("explicit deny in a resource-based policy");
});
