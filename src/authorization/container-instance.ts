import { globalArn } from "../domain/arn.ts";
import type { FederatedUserPrincipal } from "../domain/principal.ts";
import type { Scope } from "../domain/scope.ts";
import { localInstanceId } from "../state/local-host.ts";

/** What AWS attaches to the role of container instances: pulling from repositories and writing logs, and no secret. */
const INSTANCE_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role";

/**
 * The instance that tasks of an account run on, as who does for them what no role of theirs does: on EC2 and external instances, without an
 * execution role. Its role is `ecsInstanceRole`, the name that the ECS console gives it, with AWS's policy for it and nothing else. It is no
 * record, so that nobody can attach more to it, and nobody can assume it; a role of that name in the account is another.
 */
export function containerInstance(scope: Scope): FederatedUserPrincipal {
  const id = localInstanceId(scope);
  return {
    // Of all kinds of principal this one's rights are those of its session's policies alone.
    kind: "federated-user",
    account: scope.account,
    arn: globalArn("sts", scope, `assumed-role/ecsInstanceRole/${id}`),
    userId: `${scope.account}:${id}`,
    accessKeyId: "",
    session: {
      issuedAt: 0,
      expiresAt: Number.MAX_SAFE_INTEGER,
      policyArns: [INSTANCE_POLICY],
      tags: [],
      transitiveTagKeys: [],
      context: {},
    },
  };
}
