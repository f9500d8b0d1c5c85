import { namedRole } from "../../authorization/named-role.ts";
import { canonicalPrefix, isRepositoryPrefix, PREFIX_SOURCE } from "../../domain/repository-prefix.ts";
import type { OperationContext } from "../operation.ts";
import { invalid, mustHaveLength, mustMatch } from "./ecr-operation.ts";

/** The prefix as records keep it. @throws InvalidParameterException */
export function readPrefix(member: string, prefix: string, least: number, most: number): string {
  mustHaveLength(member, prefix, least, most);
  if (!isRepositoryPrefix(prefix)) throw invalid(member, `must satisfy regular expression '${PREFIX_SOURCE}'`);
  return canonicalPrefix(prefix);
}

const ROLE_SOURCE = "^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9/+=,.@_-]+$";

/** That it is a role of this account, passing it tells: a role of another one cannot be passed. @throws InvalidParameterException */
export function checkRoleArn(roleArn: string | undefined, { state, account }: OperationContext): void {
  if (roleArn === undefined) return;
  mustHaveLength("customRoleArn", roleArn, 1, 2048);
  mustMatch("customRoleArn", roleArn, new RegExp(ROLE_SOURCE), ROLE_SOURCE);
  if (namedRole(state, account, roleArn).kind === "invalid") throw invalid("customRoleArn", "is not the ARN of a role");
}
