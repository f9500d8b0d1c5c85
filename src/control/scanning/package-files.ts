import { readOsRelease, type Distribution } from "../../decide/scan/distribution.ts";
import type { FileReader } from "./image-files.ts";

/** A package as its file tells of it. */
export interface FoundPackage {
  readonly name: string;
  readonly version: string;
  readonly source?: { readonly name: string; readonly version: string };
  readonly architecture?: string;
}

/** What a file tells. Which release the packages of a distribution belong to, another file tells. */
export type PackageFile =
  | { readonly kind: "distribution"; readonly distribution: Distribution }
  | { readonly kind: "packages"; readonly manager: "dpkg" | "apk" | "npm" | "pip"; readonly packages: readonly FoundPackage[] };

const MEBIBYTE = 1024 * 1024;

interface Format {
  readonly matches: (path: string) => boolean;
  readonly limit: number;
  readonly read: (text: string) => PackageFile;
}

const FORMATS: readonly Format[] = [
  {
    matches: (path) => path === "etc/os-release" || path === "usr/lib/os-release",
    limit: MEBIBYTE,
    read: (text) => ({ kind: "distribution", distribution: readOsRelease(text) }),
  },
  {
    matches: (path) => path === "var/lib/dpkg/status" || (/^var\/lib\/dpkg\/status\.d\/[^/]+$/.test(path) && !path.endsWith(".md5sums")),
    limit: 64 * MEBIBYTE,
    read: (text) => ({ kind: "packages", manager: "dpkg", packages: readDpkgStatus(text) }),
  },
  {
    matches: (path) => /^(usr\/)?lib\/apk\/db\/installed$/.test(path),
    limit: 64 * MEBIBYTE,
    read: (text) => ({ kind: "packages", manager: "apk", packages: readApkInstalled(text) }),
  },
  {
    // Only what stands at the top of a package: those in folders below it tell how a module is loaded.
    matches: (path) => /(^|\/)node_modules\/(@[^/]+\/)?[^/@.][^/]*\/package\.json$/.test(path),
    limit: 4 * MEBIBYTE,
    read: (text) => ({ kind: "packages", manager: "npm", packages: readPackageJson(text) }),
  },
  {
    // Debian's own Python packages are dpkg's, and mended under versions of Debian's.
    matches: (path) => path.endsWith(".dist-info/METADATA") && !path.startsWith("usr/lib/python3/dist-packages/"),
    limit: 4 * MEBIBYTE,
    read: (text) => ({ kind: "packages", manager: "pip", packages: readPythonMetadata(text) }),
  },
];

/** Reads the files that tell what is installed. */
export const packageFiles: FileReader<PackageFile> = {
  limit: (path) => FORMATS.find(({ matches }) => matches(path))?.limit,
  read(path, text) {
    const found = FORMATS.find(({ matches }) => matches(path))?.read(text);
    return found?.kind === "packages" && found.packages.length === 0 ? undefined : found;
  },
};

/** Source: deb-control(5), dpkg-query(1): what is only known, or has left nothing but its configuration, is not installed. */
function readDpkgStatus(text: string): readonly FoundPackage[] {
  return stanzas(text).flatMap((lines) => {
    const field = fieldsOf(lines);
    const [name, version, status] = [field("Package"), field("Version"), field("Status")];
    if (name === undefined || version === undefined || /(^| )(not-installed|config-files)$/.test(status ?? "")) return [];
    const [, sourceName, sourceVersion] = /^(\S+)(?:\s+\((\S+)\))?$/.exec(field("Source") ?? "") ?? [];
    return [withSource({ name, version }, sourceName ?? name, sourceVersion ?? version, field("Architecture"))];
  });
}

/** Source: Alpine's "Apk spec", the installed database: `P` name, `V` version, `A` architecture, `o` the origin that it was built from. */
function readApkInstalled(text: string): readonly FoundPackage[] {
  return stanzas(text).flatMap((lines) => {
    const field = fieldsOf(lines);
    const [name, version] = [field("P"), field("V")];
    return name === undefined || version === undefined ? [] : [withSource({ name, version }, field("o") ?? name, version, field("A"))];
  });
}

function withSource(own: { name: string; version: string }, name: string, version: string, architecture: string | undefined): FoundPackage {
  return {
    ...own,
    ...((name !== own.name || version !== own.version) && { source: { name, version } }),
    ...(architecture !== undefined && { architecture }),
  };
}

function readPackageJson(text: string): readonly FoundPackage[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Test data of some packages; npm could not have installed a package like that.
    return [];
  }
  const { name, version } = (typeof json === "object" && json !== null ? json : {}) as { name?: unknown; version?: unknown };
  return typeof name === "string" && typeof version === "string" ? [{ name, version }] : [];
}

/** Source: Python's "Core metadata specifications": headers, then an empty line and a description. */
function readPythonMetadata(text: string): readonly FoundPackage[] {
  const field = fieldsOf(stanzas(text)[0] ?? []);
  const [name, version] = [field("Name"), field("Version")];
  return name === undefined || version === undefined ? [] : [{ name, version }];
}

function stanzas(text: string): readonly (readonly string[])[] {
  return text.split(/\r?\n(?:\r?\n)+/).map((stanza) => stanza.split(/\r?\n/));
}

function fieldsOf(lines: readonly string[]): (name: string) => string | undefined {
  return (name) => {
    const line = lines.find((candidate) => candidate.startsWith(`${name}:`));
    return line?.slice(name.length + 1).trim() || undefined;
  };
}
