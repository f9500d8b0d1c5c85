/** A distribution as `os-release` tells of it. */
export interface Distribution {
  /** What people call it: `Debian GNU/Linux 12 (bookworm)`. */
  readonly name: string;
  /** OSV's name, where OSV has data of its packages: `Debian:12`. */
  readonly ecosystem?: string;
}

/** Reads an `os-release` file. Source: os-release(5); the list of ecosystems of the OSV schema. */
export function readOsRelease(text: string): Distribution {
  const { ID: id = "", VERSION_ID: version = "", PRETTY_NAME: name, VERSION: longVersion = "" } = assignments(text);
  const ecosystem = ecosystemOf(id, version, longVersion);
  return { name: name ?? (`${id} ${version}`.trim() || "an unnamed distribution"), ...(ecosystem !== undefined && { ecosystem }) };
}

function ecosystemOf(id: string, version: string, longVersion: string): string | undefined {
  switch (id) {
    case "debian": {
      const [major = ""] = /^\d+/.exec(version) ?? [];
      return major === "" ? undefined : `Debian:${major}`;
    }
    case "alpine": {
      // `3.19.1` is a release, `3.21.0_alpha20240923` the development branch, of which there is no data.
      const [, branch] = /^(\d+\.\d+)(\.\d+)?(_rc\d+)?$/.exec(version) ?? [];
      return branch === undefined ? undefined : `Alpine:v${branch}`;
    }
    case "ubuntu":
      return /^\d+\.\d+$/.test(version) ? `Ubuntu:${version}${/\bLTS\b/.test(longVersion) ? ":LTS" : ""}` : undefined;
    case "wolfi":
      return "Wolfi";
    case "chainguard":
      return "Chainguard";
    default:
      return undefined;
  }
}

function assignments(text: string): Partial<Record<string, string>> {
  const read: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const [, name, value = ""] = /^\s*([A-Z0-9_]+)=(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined) read[name] = /^(["']).*\1$/.test(value) ? value.slice(1, -1).replace(/\\(["'$`\\])/g, "$1") : value;
  }
  return read;
}
