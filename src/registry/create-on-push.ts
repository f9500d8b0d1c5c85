import { isRepositoryPath } from "../domain/image-reference.ts";
import { repositories, repositoryKey } from "../state/ecr.ts";
import { createRepositoryFor } from "../state/ecr-created-repositories.ts";
import { creationTemplateFor } from "../state/ecr-creation-templates.ts";
import type { RegistryCall } from "./call.ts";
import { RegistryError } from "./errors.ts";

/**
 * Makes the repository of a push where there is none and a template for CREATE_ON_PUSH covers its name. Whoever pushes must be allowed to
 * create it. Where no template covers it, nothing is made, and the push is told that there is no such repository.
 */
export function createOnPush(call: RegistryCall, name: string): void {
  const { platform, scope } = call;
  if (platform.state.table(repositories).has(repositoryKey(scope, name))) return;
  // A name that CreateRepository refuses is not made here either.
  if (!isRepositoryPath(name) || name.length < 2 || name.length > 256) return;
  if (!creationTemplateFor(platform.state, scope, name, "CREATE_ON_PUSH")) return;
  const denial = call.denial("ecr:CreateRepository", name);
  if (denial !== undefined) throw new RegistryError(403, "DENIED", denial);
  const made = createRepositoryFor({ ...platform, scope, now: platform.clock.now() }, name, "CREATE_ON_PUSH");
  if ("refusal" in made) throw new RegistryError(403, "DENIED", `KmsException: ${made.refusal.message}`);
}
