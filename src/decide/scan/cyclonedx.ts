import { ecosystemFamily, type InstalledPackage } from "../../domain/vulnerability.ts";

export interface BillView {
  /** What people call the image: `app`. */
  readonly name: string;
  readonly digest: string;
  /** What its distribution calls itself. */
  readonly distribution?: string;
  readonly packages: readonly InstalledPackage[];
  /** A UUID of this document. */
  readonly id: string;
  /** When it is made, as RFC 3339 writes it. */
  readonly timestamp: string;
}

interface Component {
  readonly type: "container" | "library" | "operating-system";
  readonly "bom-ref": string;
  readonly name: string;
  readonly version?: string;
  readonly purl?: string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

export interface SoftwareBill {
  readonly bomFormat: "CycloneDX";
  readonly specVersion: "1.6";
  readonly serialNumber: string;
  readonly version: 1;
  readonly metadata: { readonly timestamp: string; readonly component: Component };
  readonly components: readonly Component[];
}

/** The packages of an image as a bill of materials. Source: CycloneDX 1.6; package URLs as the purl specification has them for each type. */
export function softwareBill({ name, digest, distribution, packages, id, timestamp }: BillView): SoftwareBill {
  const system: Component[] = distribution === undefined ? [] : [{ type: "operating-system", "bom-ref": "system", name: distribution }];
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${id}`,
    version: 1,
    metadata: { timestamp, component: { type: "container", "bom-ref": digest, name, version: digest } },
    components: [...system, ...packages.map(componentOf)],
  };
}

function componentOf(found: InstalledPackage, at: number): Component {
  return {
    type: "library",
    // The same package may be installed several times.
    "bom-ref": `package-${at + 1}`,
    name: found.name,
    version: found.version,
    purl: packageUrl(found),
    properties: [
      { name: "airfield:file", value: found.file },
      { name: "airfield:layer", value: found.layer },
      ...(found.source ? [{ name: "airfield:source", value: `${found.source.name} ${found.source.version}` }] : []),
    ],
  };
}

function packageUrl({ ecosystem, name, version, architecture }: InstalledPackage): string {
  const family = ecosystemFamily(ecosystem);
  const own = `${encoded(name)}@${encoded(version)}`;
  if (family === "npm") return `pkg:npm/${name.split("/").map(encoded).join("/")}@${encoded(version)}`;
  if (family === "PyPI") return `pkg:pypi/${encoded(name.toLowerCase().replaceAll("_", "-"))}@${encoded(version)}`;
  const release = ecosystem.split(":")[1]?.replace(/^v/, "");
  const distribution = family.toLowerCase();
  const qualifiers = [
    ...(architecture === undefined ? [] : [`arch=${encoded(architecture)}`]),
    ...(release === undefined ? [] : [`distro=${distribution}-${encoded(release)}`]),
  ];
  const type = family === "Debian" || family === "Ubuntu" ? "deb" : "apk";
  return `pkg:${type}/${distribution}/${own}${qualifiers.length > 0 ? `?${qualifiers.join("&")}` : ""}`;
}

/** Colons stay as they are in package URLs. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll("%3A", ":");
}
