import type { UpstreamFailure } from "../../ports/upstream-registry.ts";
import { RegistryError } from "../errors.ts";

/** What docker is told when the upstream registry does not give what it was asked for; `undefined` where it just does not have it. */
export function upstreamRefusal({ failure, detail }: UpstreamFailure): RegistryError | undefined {
  switch (failure) {
    case "not-found":
      return undefined;
    case "denied":
      return new RegistryError(
        403,
        "DENIED",
        `The authentication to the upstream registry failed. Verify that the credentials are valid and try again. (${detail})`,
      );
    case "forbidden":
      return new RegistryError(403, "DENIED", `The upstream registry must not be asked: ${detail}`);
    case "throttled":
      return new RegistryError(429, "TOOMANYREQUESTS", `The upstream registry has had too many requests: ${detail}`);
    case "unavailable":
      return unavailable(detail);
  }
}

/** The upstream registry does not answer, or breaks off. */
export function unavailable(detail: string): RegistryError {
  return noImage(`The upstream registry is not available: ${detail}`);
}

export function noManifest(detail: string): RegistryError {
  return noImage(`The upstream registry gave a manifest that is none: ${detail}`);
}

/** ECR counts it as the client's error (`UnableToGetUpstreamImageException`, 400); docker shows the words of no other kind. */
function noImage(message: string): RegistryError {
  return new RegistryError(400, "UNAVAILABLE", message);
}
