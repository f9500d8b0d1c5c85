import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export const DEFAULT_SOCKET = "/var/run/docker.sock";

/** Where the engine listens: what is named here or in the environment, else the first of the usual places that exists. */
export function engineSocket(named = process.env.AIRFIELD_DOCKER_SOCKET) {
  const given = named || process.env.DOCKER_HOST?.match(/^unix:\/\/(.+)$/)?.[1];
  if (given) return given;
  const usual = [
    DEFAULT_SOCKET,
    process.env.XDG_RUNTIME_DIR && join(process.env.XDG_RUNTIME_DIR, "docker.sock"),
    join(homedir(), ".docker/run/docker.sock"),
    join(homedir(), ".colima/default/docker.sock"),
    join(homedir(), ".rd/docker.sock"),
  ];
  return usual.find((file) => file && existsSync(file)) ?? DEFAULT_SOCKET;
}
