import {
  HierarchyLevelLimitExceededException,
  HierarchyTypeMismatchException,
  InvalidAllowedPatternException,
  ParameterAlreadyExists,
  ParameterPatternMismatchException,
  type PutParameterCommandInput,
} from "@aws-sdk/client-ssm";
import {
  latest,
  parameterKey,
  parameters,
  sealParameter,
  type ParameterRecord,
  type ParameterVersionRecord,
} from "../../state/parameters.ts";
import { AwsError } from "../aws-error.ts";
import { lengthWithin, oneOf } from "../constraints.ts";
import { because, defined, type OperationContext } from "../operation.ts";
import { invalid, onParameter, operation, refuse } from "./parameter.ts";
import { refuseTags } from "./tags.ts";

/** Versions that are kept; an older one is forgotten when another comes. */
const MOST_VERSIONS = 100;
const MOST_LEVELS = 15;
const STANDARD_LIMIT = 4096;
const ADVANCED_LIMIT = 8192;
const DATA_TYPES = ["text", "aws:ec2:image", "aws:ssm:integration"];
const PATH_RULE =
  'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; ' +
  "each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_";

export const putParameter = operation("PutParameter", {
  authorize: onParameter("PutParameter"),
  run(input, context) {
    const { state, account, region } = context;
    const name = input.Name ?? "";
    refuse(
      lengthWithin("name", name, 1, 2048),
      lengthWithin("description", input.Description, 0, 1024),
      oneOf("type", input.Type, ["SecureString", "StringList", "String"]),
      oneOf("tier", input.Tier, ["Standard", "Advanced", "Intelligent-Tiering"]),
      // The value itself stays out of the text.
      input.Value === ""
        ? "Value '' at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1"
        : undefined,
    );
    refuseName(name);
    const known = state.table(parameters).get(parameterKey({ account, region }, name));
    if (known && !input.Overwrite)
      throw new ParameterAlreadyExists(
        because("The parameter already exists. To overwrite this value, set the overwrite option in the request to true."),
      );
    if (input.Tags && input.Overwrite)
      throw invalid(
        "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. " +
          "To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
      );
    refuseTags(input.Tags ?? []);
    const version = nextVersion(input, known && latest(known), context);
    const parameter: ParameterRecord = {
      name,
      account,
      region,
      versions: [...(known?.versions ?? []), version].slice(-MOST_VERSIONS),
      tags: known?.tags ?? input.Tags ?? [],
    };
    state.commit(() => state.table(parameters).put(parameter));
    return { Version: version.version, Tier: version.tier };
  },
});

/** The rules of Parameter Store for names, in its words. */
export function refuseName(name: string): void {
  const bare = name.replace(/^\//, "").toLowerCase();
  const isPath = name.lastIndexOf("/") > 0;
  if (/^\/aws\//i.test(name)) throw new AwsError("AccessDeniedException", `No access to reserved parameter name: ${name}.`);
  if (/^(aws|ssm)/.test(bare) && !isPath) throw invalid('Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).');
  if (/^(aws|ssm)/.test(bare) || !/^[A-Za-z0-9._/-]+$/.test(name)) throw invalid(PATH_RULE);
  if (name.includes("/") && !name.startsWith("/")) throw invalid("Parameter name must be a fully qualified name.");
  if (/\/\/|\/$/.test(name)) throw invalid(PATH_RULE);
  if (name.split("/").length - 1 > MOST_LEVELS)
    throw new HierarchyLevelLimitExceededException(because(`Hierarchy depth can't be greater than ${MOST_LEVELS}.`));
}

function nextVersion(
  input: PutParameterCommandInput,
  before: ParameterVersionRecord | undefined,
  context: OperationContext,
): ParameterVersionRecord {
  const value = input.Value ?? "";
  const type = input.Type ?? before?.type;
  if (!type) throw invalid("A parameter type is required when you create a parameter.");
  if (before && before.type !== type)
    throw new HierarchyTypeMismatchException(
      because(`The parameter type can't be changed from ${before.type} to ${type}. Create a new, unique parameter.`),
    );
  const dataType = input.DataType ?? before?.dataType ?? "text";
  if (!DATA_TYPES.includes(dataType))
    throw invalid(`The following data type is not supported: ${dataType} (Data type names are all lowercase.)`);
  if (type === "StringList" && /(^|,)(,|$)/.test(value)) throw invalid("A StringList parameter cannot have an empty item.");
  const allowedPattern = input.AllowedPattern ?? before?.allowedPattern;
  refusePattern(value, allowedPattern);
  const { account, region, now, principal, secrets } = context;
  const version = (before?.version ?? 0) + 1;
  const sealed = type === "SecureString" ? sealParameter(secrets, { account, region, name: input.Name ?? "" }, version, value) : value;
  return {
    version,
    type,
    value: sealed,
    ...defined({ description: input.Description ?? before?.description, allowedPattern }),
    ...(type === "SecureString" ? { keyId: input.KeyId ?? before?.keyId ?? "alias/aws/ssm" } : {}),
    dataType,
    tier: tierFor(value, input.Tier, before),
    modifiedAt: now,
    modifiedBy: principal.arn,
  };
}

function refusePattern(value: string, pattern: string | undefined): void {
  if (pattern === undefined || pattern === "") return;
  let expression: RegExp;
  try {
    expression = new RegExp(pattern);
  } catch {
    throw new InvalidAllowedPatternException(because(`The request does not meet the regular expression requirement: ${pattern}`));
  }
  if (!expression.test(value))
    throw new ParameterPatternMismatchException(because(`Parameter value, cannot be validated against allowedPattern: ${pattern}`));
}

function tierFor(
  value: string,
  wanted: PutParameterCommandInput["Tier"],
  before: ParameterVersionRecord | undefined,
): "Standard" | "Advanced" {
  const length = Buffer.byteLength(value);
  const was = before?.tier === "Advanced" ? "Advanced" : "Standard";
  if (wanted === "Standard" && was === "Advanced")
    throw invalid(
      "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier. " +
        "If necessary, you can delete the advanced parameter and recreate it as a standard parameter.",
    );
  const tier =
    wanted === "Intelligent-Tiering" ? (was === "Advanced" || length > STANDARD_LIMIT ? "Advanced" : "Standard") : (wanted ?? was);
  if (tier === "Standard" && length > STANDARD_LIMIT)
    throw invalid(
      `Standard tier parameters support a maximum parameter value of ${STANDARD_LIMIT} characters. To create a larger parameter value, upgrade the parameter ` +
        "to use the advanced-parameter tier. For more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html",
    );
  if (length > ADVANCED_LIMIT) throw invalid(`Advanced tier parameters support a maximum parameter value of ${ADVANCED_LIMIT} characters.`);
  return tier;
}
