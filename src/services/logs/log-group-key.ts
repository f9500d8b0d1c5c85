import { AccessDeniedException, InvalidParameterException } from "@aws-sdk/client-cloudwatch-logs";
import { compiled } from "../../authorization/principal-policies.ts";
import { serviceMay } from "../../authorization/service-access.ts";
import { parseArn } from "../../domain/arn.ts";
import { keys } from "../../state/kms/keys.ts";
import { unusable } from "../../state/kms/resolve-key.ts";
import { logGroupArn } from "../../state/logs.ts";
import { because, type OperationContext } from "../operation.ts";

/** What CloudWatch Logs does with a group's key. Source: CloudWatch Logs User Guide, "Encrypt log data using AWS KMS". */
const USES = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"];

/**
 * The key of a log group: of this region, and of whichever account, as long as its own policy lets CloudWatch Logs use it for this group.
 * Which of these is missing is not told, as on AWS.
 * @returns its ARN
 * @throws InvalidParameterException for what is no key's ARN, AccessDeniedException
 */
export function requireLogGroupKey(context: OperationContext, group: string, kmsKeyId: string): string {
  const named = parseArn(kmsKeyId);
  if (named?.service !== "kms" || !named.resource.startsWith("key/"))
    throw new InvalidParameterException(because("The specified KMS Key Id could not be found."));
  const { account, region, now } = context;
  const sourceArn = logGroupArn({ account, region }, group);
  const key = named.region === region ? context.state.whole.table(keys).get(kmsKeyId) : undefined;
  const caller = { service: `logs.${region}.amazonaws.com`, sourceAccount: account, sourceArn };
  const may = (action: string): boolean =>
    key !== undefined &&
    serviceMay(
      caller,
      {
        action,
        resource: key.arn,
        resourceAccount: key.account,
        policy: compiled(key.policy, "resource"),
        context: {
          "kms:EncryptionContext:aws:logs:arn": sourceArn,
          "kms:EncryptionContextKeys": "aws:logs:arn",
          "kms:CallerAccount": account,
        },
      },
      now,
    );
  if (key?.spec !== "SYMMETRIC_DEFAULT" || unusable(key, now) !== undefined || !USES.every(may))
    throw new AccessDeniedException(because(`The specified KMS key does not exist or is not allowed to be used with Arn '${sourceArn}'`));
  return key.arn;
}
