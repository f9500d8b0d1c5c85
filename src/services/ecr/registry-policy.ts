import { RegistryPolicyNotFoundException } from "@aws-sdk/client-ecr";
import type { Scope } from "../../domain/scope.ts";
import { changeRegistry, registries, registryKey } from "../../state/ecr-registries.ts";
import { because, type OperationContext } from "../operation.ts";
import { checkRegistryPolicy } from "./check-policy.ts";
import { operation } from "./ecr-operation.ts";

export const putRegistryPolicy = operation("PutRegistryPolicy", {
  authorize: () => ({ action: "ecr:PutRegistryPolicy", resource: "*" }),
  run({ policyText = "" }, { state, account, region }) {
    const scope = { account, region };
    checkRegistryPolicy(state, scope, policyText);
    changeRegistry(state, scope, (registry) => ({ ...registry, policy: policyText }));
    return { registryId: account, policyText };
  },
});

export const getRegistryPolicy = operation("GetRegistryPolicy", {
  authorize: () => ({ action: "ecr:GetRegistryPolicy", resource: "*" }),
  run: (_input, context) => ({ registryId: context.account, policyText: requirePolicy(context) }),
});

export const deleteRegistryPolicy = operation("DeleteRegistryPolicy", {
  authorize: () => ({ action: "ecr:DeleteRegistryPolicy", resource: "*" }),
  run(_input, context) {
    const policyText = requirePolicy(context);
    changeRegistry(context.state, context, ({ policy: _policy, ...rest }) => rest);
    return { registryId: context.account, policyText };
  },
});

/** @throws RegistryPolicyNotFoundException */
function requirePolicy({ state, account, region }: OperationContext & Scope): string {
  const policy = state.table(registries).get(registryKey({ account, region }))?.policy;
  if (policy !== undefined) return policy;
  throw new RegistryPolicyNotFoundException(because(`Registry policy does not exist in the registry with id '${account}'`));
}
