import { existsSync, readFileSync } from "node:fs";
import { platform } from "node:os";

/**
 * The package that brings a tool, by family of system. `undefined`: not packaged there.
 * @type {Record<string, Record<string, string | undefined>>}
 */
const PACKAGES = {
  dockerd: { debian: "docker.io", fedora: "moby-engine", arch: "docker", alpine: "docker", suse: "docker" },
  docker: { debian: "docker.io", fedora: "docker-cli", arch: "docker", alpine: "docker-cli", suse: "docker", macos: "docker" },
  haproxy: { debian: "haproxy", fedora: "haproxy", arch: "haproxy", alpine: "haproxy", suse: "haproxy", macos: "haproxy" },
  nft: { debian: "nftables", fedora: "nftables", arch: "nftables", alpine: "nftables", suse: "nftables" },
  conntrack: {
    debian: "conntrack",
    fedora: "conntrack-tools",
    arch: "conntrack-tools",
    alpine: "conntrack-tools",
    suse: "conntrack-tools",
  },
  // What Debian and Ubuntu package, where they do, is too old to read AWS_ENDPOINT_URL.
  aws: { fedora: "awscli2", arch: "aws-cli-v2", alpine: "aws-cli", suse: "aws-cli", macos: "awscli" },
  skopeo: { debian: "skopeo", fedora: "skopeo", arch: "skopeo", alpine: "skopeo", suse: "skopeo", macos: "skopeo" },
  wrk: { debian: "wrk", fedora: "wrk", arch: "wrk", alpine: "wrk", suse: "wrk", macos: "wrk" },
  curl: { debian: "curl", fedora: "curl", arch: "curl", alpine: "curl", suse: "curl", macos: "curl" },
  chromium: { debian: "chromium", fedora: "chromium", arch: "chromium", alpine: "chromium", suse: "chromium", macos: "google-chrome" },
  busybox: { debian: "busybox-static", fedora: "busybox", arch: "busybox", alpine: "busybox-static", suse: "busybox-static" },
};

const GUIDES = {
  dockerd: "Docker (https://docs.docker.com/engine/install/)",
  aws: "the AWS CLI (https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html)",
};

const INSTALL = {
  debian: "sudo apt-get update && sudo apt-get install -y",
  fedora: "sudo dnf install -y",
  arch: "sudo pacman -S",
  alpine: "sudo apk add",
  suse: "sudo zypper install",
  macos: "brew install",
};

/** The family of this system: `debian`, `fedora`, `arch`, `alpine`, `suse`, `macos`, or `other`. */
export function systemFamily() {
  if (platform() === "darwin") return "macos";
  const file = "/etc/os-release";
  if (!existsSync(file)) return "other";
  const names = [...readFileSync(file, "utf8").matchAll(/^(?:ID|ID_LIKE)="?([^"\n]*)"?$/gm)].flatMap(([, value]) => value.split(" "));
  const families = {
    debian: "debian",
    ubuntu: "debian",
    fedora: "fedora",
    rhel: "fedora",
    centos: "fedora",
    arch: "arch",
    alpine: "alpine",
    suse: "suse",
    opensuse: "suse",
  };
  return names.map((name) => families[name]).find(Boolean) ?? "other";
}

/** The package of a tool in this system, where it has one. */
export function packageOf(tool, family = systemFamily()) {
  return PACKAGES[tool]?.[family];
}

/** How to install these tools on this system, as a sentence or command for a person. */
export function howToInstall(tools, family = systemFamily()) {
  if (family === "macos" && tools.includes("dockerd")) {
    const others = tools.filter((tool) => tool !== "dockerd");
    const engine =
      "install Docker Desktop (https://docs.docker.com/desktop/setup/install/mac-install/) or run `brew install colima docker && colima start`";
    return others.length > 0 ? `${engine}; and ${howToInstall(others, family)}` : engine;
  }
  const packages = [...new Set(tools.map((tool) => packageOf(tool, family)).filter(Boolean))];
  const unpackaged = tools.filter((tool) => packageOf(tool, family) === undefined);
  const parts = [];
  if (packages.length > 0) parts.push(`run \`${INSTALL[family]} ${packages.join(" ")}\``);
  if (unpackaged.length > 0) parts.push(`install ${unpackaged.map((tool) => GUIDES[tool] ?? tool).join(", ")}`);
  return parts.join("; and ");
}

/** How to start an engine that is installed but does not answer. */
export function howToStartEngine(family = systemFamily()) {
  if (family === "macos") return "start Docker Desktop, or run `colima start`";
  return existsSync("/run/systemd/system") ? "run `sudo systemctl start docker`" : "run `sudo dockerd` (or your system's service command)";
}

export const HOW_TO_JOIN_DOCKER_GROUP = "run `sudo usermod -aG docker $USER`, then log in again";
