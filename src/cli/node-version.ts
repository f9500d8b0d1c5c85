import { satisfies } from "semver";

/** The versions of Node.js that Airfield runs on, as `engines` of the package says. */
export const NODE_VERSIONS = "^20.19.0 || ^22.12.0 || >=24.0.0";

/** @param version such as `24.1.0` */
export function runsOnNode(version: string): boolean {
  return satisfies(version, NODE_VERSIONS, { includePrerelease: true });
}
