import { AttachRolePolicyCommand, CreateRoleCommand, IAMClient, paginateListRoles } from "@aws-sdk/client-iam";
import { everything, useClient } from "../../api/clients.ts";
import { useLive } from "../../api/live.ts";

/** The role by which AWS's console lets tasks pull images and write logs. */
export const EXECUTION_ROLE = "ecsTaskExecutionRole";
const EXECUTION_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";

const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/** The roles that tasks may take on. */
export function useTaskRoles() {
  const iam = useClient(IAMClient);
  return useLive<readonly string[]>({
    key: ["task-roles"],
    kinds: [],
    load: async () => {
      const roles = await everything(paginateListRoles({ client: iam }, {}), ({ Roles }) => Roles);
      return roles
        .filter(({ AssumeRolePolicyDocument = "" }) => decodeURIComponent(AssumeRolePolicyDocument).includes("ecs-tasks."))
        .flatMap(({ Arn }) => Arn ?? []);
    },
  });
}

/** The execution role, made as AWS's console makes it where it is not among those that there are. @returns its ARN */
export async function executionRole(iam: IAMClient, known: readonly string[]): Promise<string> {
  const named = { RoleName: EXECUTION_ROLE };
  const found = known.find((arn) => arn.endsWith(`/${EXECUTION_ROLE}`));
  if (found !== undefined) return found;
  const { Role } = await iam.send(new CreateRoleCommand({ ...named, AssumeRolePolicyDocument: TRUST }));
  await iam.send(new AttachRolePolicyCommand({ ...named, PolicyArn: EXECUTION_POLICY }));
  return Role?.Arn ?? "";
}
