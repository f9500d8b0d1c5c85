import type { Scope } from "../../domain/scope.ts";
import { ecrHostName } from "./ecr-host-name.ts";

/** The host names of ECR that lead here now. What is not among them leads to AWS. */
export class ServedNames {
  #hosts: ReadonlySet<string> = new Set();

  /** These, and no others, from now on. */
  show(hosts: readonly string[]): void {
    this.#hosts = new Set(hosts);
  }

  /** ECR's own name for the registry of an account in a region, where it leads here. */
  hostOf(scope: Scope): string | undefined {
    const host = ecrHostName(scope);
    return this.#hosts.has(host) ? host : undefined;
  }
}
