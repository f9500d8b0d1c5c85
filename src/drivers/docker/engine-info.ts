import { dockerEngine, type DockerEngine } from "./engine.ts";

/** What kind of engine this is, as far as Airfield cares. */
export interface EngineInfo {
  readonly version: string;
  readonly apiVersion: string;
  /** As Docker names it: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly operatingSystem: string;
  readonly cpus: number;
  /** Bytes. */
  readonly memory: number;
  readonly cgroupVersion: string;
  readonly storageDriver: string;
  readonly rootless: boolean;
  readonly desktop: boolean;
  /** What confines containers: `seccomp`, `apparmor`, `selinux`. */
  readonly security: readonly string[];
  /** Whether the kernel enforces limits of memory and CPU here. */
  readonly limits: { readonly memory: boolean; readonly cpu: boolean };
  /** Whether this host can reach the addresses of containers: not with Docker Desktop, and not with a rootless engine. */
  readonly reachable: boolean;
  /** What the engine itself warns about. */
  readonly warnings: readonly string[];
}

interface InfoAnswer {
  readonly ServerVersion: string;
  readonly Architecture: string;
  readonly OperatingSystem: string;
  readonly NCPU: number;
  readonly MemTotal: number;
  readonly CgroupVersion?: string;
  readonly Driver: string;
  readonly DockerRootDir: string;
  readonly SecurityOptions?: readonly string[] | null;
  readonly MemoryLimit: boolean;
  readonly CpuCfsQuota: boolean;
  readonly Warnings?: readonly string[] | null;
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64" };

export async function engineInfo(engine: DockerEngine, platform: NodeJS.Platform = process.platform): Promise<EngineInfo> {
  const [info, apiVersion] = await Promise.all([engine.call<InfoAnswer>("GET", "/info"), engine.apiVersion()]);
  const rootless = (info.SecurityOptions ?? []).some((option) => option.includes("name=rootless"));
  const desktop = info.OperatingSystem.includes("Docker Desktop");
  return {
    version: info.ServerVersion,
    apiVersion,
    architecture: ARCHITECTURES[info.Architecture] ?? info.Architecture,
    operatingSystem: info.OperatingSystem,
    cpus: info.NCPU,
    memory: info.MemTotal,
    cgroupVersion: info.CgroupVersion ?? "1",
    storageDriver: info.Driver,
    rootless,
    desktop,
    security: (info.SecurityOptions ?? []).flatMap((option) => /^(?:name=)?(\w+)/.exec(option)?.[1] ?? []),
    limits: { memory: info.MemoryLimit, cpu: info.CpuCfsQuota },
    // Engines in a virtual machine of their own (Colima, Rancher Desktop) call themselves Linux; the host's platform gives them away.
    reachable: !rootless && !desktop && platform === "linux",
    warnings: info.Warnings ?? [],
  };
}

/** Where the engine keeps images, containers and volumes, on its own host. */
export async function engineDataRoot(at: { readonly socketPath: string }): Promise<string> {
  const engine = dockerEngine(at);
  try {
    return (await engine.call<InfoAnswer>("GET", "/info")).DockerRootDir;
  } finally {
    engine.close();
  }
}
