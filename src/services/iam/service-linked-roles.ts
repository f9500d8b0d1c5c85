import { InvalidInputException } from "@aws-sdk/client-iam";
import { roleDeletions, type RoleDeletionRecord } from "../../state/iam-account.ts";
import { roleKey, roles } from "../../state/iam.ts";
import { lengthWithin } from "../constraints.ts";
import { because } from "../operation.ts";
import { requireRole } from "./find.ts";
import { forgetPrincipal } from "./forgotten-principal.ts";
import { iamArn, missing, onRole, operation, refuse, roleArn } from "./iam-operation.ts";
import { linkedRole } from "./linked-role.ts";
import { isServiceLinked } from "./protected-role.ts";
import { describedRole } from "./roles.ts";
import { descriptionRules, nameRules } from "./rules.ts";
import { LINKED_SERVICES, SERVICE_ROLE_PATH, type LinkedService } from "./service-linked-services.ts";

const servicePrincipal = (name: string | undefined): LinkedService | undefined =>
  LINKED_SERVICES.find(({ principal }) => principal === name);

function nameOf(service: LinkedService, suffix: string | undefined): string {
  return suffix === undefined ? service.roleName : `${service.roleName}_${suffix}`;
}

export const createServiceLinkedRole = operation("CreateServiceLinkedRole", {
  authorize({ AWSServiceName, CustomSuffix }, at) {
    const service = servicePrincipal(AWSServiceName);
    const name = service ? nameOf(service, CustomSuffix) : "*";
    return {
      action: "iam:CreateServiceLinkedRole",
      resource: iamArn(at, `role${SERVICE_ROLE_PATH}${AWSServiceName ?? "*"}/${name}`),
      context: { "iam:AWSServiceName": AWSServiceName },
    };
  },
  run({ AWSServiceName = "", CustomSuffix, Description }, context) {
    refuse(
      ...nameRules("aWSServiceName", AWSServiceName, 128),
      ...nameRules("customSuffix", CustomSuffix, 64),
      ...descriptionRules(Description),
    );
    const service = servicePrincipal(AWSServiceName);
    if (!service) throw new InvalidInputException(because(`Service-linked roles are not supported for ${AWSServiceName}.`));
    if (CustomSuffix !== undefined && !service.suffixes)
      throw new InvalidInputException(because(`Custom suffix is not allowed for ${AWSServiceName}`));
    const name = nameOf(service, CustomSuffix);
    if (context.state.table(roles).has(roleKey(context.account, name))) {
      const text = `Service role name ${name} has been taken in this account, please try a different suffix.`;
      throw new InvalidInputException(because(text));
    }
    const role = linkedRole(service, name, Description, context);
    context.state.commit(() => context.state.table(roles).put(role));
    return { Role: describedRole(role) };
  },
});

/** Deletes the role where nothing needs it any more. The outcome is known at once, and told when it is asked for, as on AWS. */
export const deleteServiceLinkedRole = operation("DeleteServiceLinkedRole", {
  authorize: onRole("DeleteServiceLinkedRole"),
  run({ RoleName = "" }, context) {
    const { state, account, ids } = context;
    const role = requireRole(context, RoleName);
    if (!isServiceLinked(role)) throw new InvalidInputException(because(`The role ${role.name} is not a service-linked role.`));
    const principal = role.path.slice(SERVICE_ROLE_PATH.length, -1);
    const usage = servicePrincipal(principal)?.usage?.(state, account) ?? [];
    const id = `task${SERVICE_ROLE_PATH}${principal}/${role.name}/${ids.uuid()}`;
    const deletion: RoleDeletionRecord =
      usage.length === 0
        ? { id, account, status: "SUCCEEDED" }
        : { id, account, status: "FAILED", reason: `The role is in use by resources of ${principal}.`, usage };
    state.commit(() => {
      state.table(roleDeletions).put(deletion);
      if (usage.length > 0) return;
      state.table(roles).delete(roles.key(role));
      forgetPrincipal(state.whole, role);
    });
    return { DeletionTaskId: id };
  },
});

export const getServiceLinkedRoleDeletionStatus = operation("GetServiceLinkedRoleDeletionStatus", {
  authorize({ DeletionTaskId = "" }, at) {
    const [, service, name] = /^task\/aws-service-role\/([^/]+)\/([^/]+)\//.exec(DeletionTaskId) ?? [];
    const resource = service && name ? iamArn(at, `role${SERVICE_ROLE_PATH}${service}/${name}`) : roleArn(at);
    return { action: "iam:GetServiceLinkedRoleDeletionStatus", resource };
  },
  run({ DeletionTaskId = "" }, { state, account }) {
    refuse(lengthWithin("deletionTaskId", DeletionTaskId, 1, 1000));
    const deletion = state.table(roleDeletions).get(`${account}/${DeletionTaskId}`);
    if (!deletion) throw missing(`Deletion task ${DeletionTaskId} cannot be found.`);
    const { status, reason, usage = [] } = deletion;
    return {
      Status: status,
      ...(reason === undefined
        ? {}
        : {
            Reason: {
              Reason: reason,
              RoleUsageList: usage.map(({ region, resources }) => ({ Region: region, Resources: [...resources] })),
            },
          }),
    };
  },
});
