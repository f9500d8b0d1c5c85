import type { ContainerSpec } from "../../ports/task-runner.ts";
import type { DockerEngine } from "./engine.ts";
import { ContainerFailure } from "./reasons.ts";

export type Architecture = NonNullable<ContainerSpec["architecture"]>;

/** What the processors of an architecture run besides; images that do not say what they were made for are nobody's to judge. */
const TAKEN: Readonly<Record<Architecture, readonly string[]>> = { amd64: ["amd64", "386", ""], arm64: ["arm64", "arm", ""] };
/** As containerd writes it. */
const PLATFORMS: Readonly<Record<Architecture, string>> = { amd64: "linux/amd64", arm64: "linux/arm64/v8" };

/** Whether an image of this architecture is what a task asked for, on an engine that is `own`. */
export function fitsArchitecture(image: string, wanted: Architecture | undefined, own: string): boolean {
  if (wanted !== undefined) return TAKEN[wanted].includes(image);
  return image === own || TAKEN.amd64.includes(image) || (own === "arm64" && TAKEN.arm64.includes(image));
}

/** Source: Amazon ECS Developer Guide, "CannotPullContainer task errors in Amazon ECS". */
export function noSuchPlatform(wanted: Architecture | undefined): ContainerFailure {
  const text = `image Manifest does not contain descriptor matching platform '${PLATFORMS[wanted ?? "amd64"]}'`;
  return new ContainerFailure("CannotPullContainerError", `pull image manifest has been retried 1 time(s): ${text}`);
}

/** What engines say of an index that has nothing for a platform. */
export function isPlatformMissing(message: string): boolean {
  return /no matching manifest for|no match for platform|does not match the specified platform/.test(message);
}

/** What the engine itself is, as Go writes it. */
export async function engineArchitecture(engine: DockerEngine): Promise<string> {
  return (await engine.call<{ readonly Arch: string }>("GET", "/version")).Arch;
}
