export type SystemFamily = "debian" | "fedora" | "arch" | "alpine" | "suse" | "macos" | "other";
export function systemFamily(): SystemFamily;
export function packageOf(tool: string, family?: SystemFamily): string | undefined;
export function howToInstall(tools: readonly string[], family?: SystemFamily): string;
export function howToStartEngine(family?: SystemFamily): string;
export const HOW_TO_JOIN_DOCKER_GROUP: string;
