import { scopeKey } from "../../domain/scope.ts";
import {
  HierarchyTypeMismatchException,
  ParameterAlreadyExists,
  ParameterLimitExceeded,
  ParameterMaxVersionLimitExceeded,
  type PutParameterCommandInput,
} from "@aws-sdk/client-ssm";
import { latest, parameterNamed, parameters, type ParameterRecord, type ParameterVersionRecord } from "../../state/parameters.ts";
import { lengthWithin, oneOf } from "../constraints.ts";
import { because, requestTags, type OperationContext, type Permission } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { DEFAULT_KEY } from "../../state/parameter-sealing.ts";
import { sealValue } from "./key-use.ts";
import { refusePattern } from "./allowed-pattern.ts";
import { refuseName } from "./parameter-name.ts";
import { readPolicies } from "./parameter-policies.ts";
import { tierFor, type Tier } from "./parameter-tier.ts";
import { invalid, operation, refuse, resourceOf } from "./parameter.ts";
import { refuseTags, tagMap } from "./tags.ts";

/** Versions that are kept; the oldest one is forgotten when another comes. */
const MOST_VERSIONS = 100;
/** Of an account in a region, by tier. Source: Systems Manager quotas. */
const MOST_PARAMETERS: Readonly<Record<Tier, number>> = { Standard: 10_000, Advanced: 100_000 };
const DATA_TYPES = ["text", "aws:ec2:image", "aws:ssm:integration"];

export const putParameter = operation("PutParameter", {
  authorize({ Name = "", Tags = [], Overwrite = false, Policies }, at): readonly Permission[] {
    const resource = resourceOf(Name, at);
    const tags = requestTags(tagMap(Tags));
    const context = { ...tags, "ssm:Overwrite": String(Overwrite), "ssm:Policies": String(Policies !== undefined) };
    const tagging = Tags.length === 0 ? [] : [{ action: "ssm:AddTagsToResource", resource, context: tags }];
    return [{ action: "ssm:PutParameter", resource, context }, ...tagging];
  },
  run(input, context) {
    const { state, account, region } = context;
    const name = input.Name ?? "";
    refuse(
      lengthWithin("name", name, 1, 1011),
      lengthWithin("description", input.Description, 0, 1024),
      lengthWithin("allowedPattern", input.AllowedPattern, 0, 1024),
      lengthWithin("policies", input.Policies, 1, 4096),
      oneOf("type", input.Type, ["SecureString", "StringList", "String"]),
      oneOf("tier", input.Tier, ["Standard", "Advanced", "Intelligent-Tiering"]),
      // The value itself stays out of the text.
      input.Value === ""
        ? "Value '' at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1"
        : undefined,
    );
    refuseName(name);
    const known = parameterNamed(state, context, name);
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
    const version = nextVersion({ ...input, Name: known?.name ?? name }, known && latest(known), context);
    if (!known) refuseTooMany(version.tier as Tier, context);
    const parameter: ParameterRecord = {
      name,
      account,
      region,
      tags: input.Tags ?? [],
      ...known,
      versions: [...(known ? withRoom(known) : []), version],
    };
    state.commit(() => state.table(parameters).put(parameter));
    return { Version: version.version, Tier: version.tier };
  },
});

/** The versions that stay when one more comes. @throws ParameterMaxVersionLimitExceeded where the oldest has a label */
function withRoom({ name, versions }: ParameterRecord): readonly ParameterVersionRecord[] {
  const [oldest] = versions;
  if (!oldest || versions.length < MOST_VERSIONS) return versions;
  if ((oldest.labels ?? []).length > 0)
    throw new ParameterMaxVersionLimitExceeded(
      because(
        `You attempted to create a new version of ${name} by calling the PutParameter API with the overwrite flag. Version ${oldest.version}, ` +
          "the oldest version, can't be deleted because it has a label associated with it. Move the label to another version of the parameter, and try again.",
      ),
    );
  return versions.slice(versions.length - MOST_VERSIONS + 1);
}

function refuseTooMany(tier: Tier, { state, account, region }: OperationContext): void {
  const there = state.table(parameters).by("scope", scopeKey({ account, region }));
  const limit = MOST_PARAMETERS[tier];
  if (there.length >= limit && there.filter((parameter) => latest(parameter).tier === tier).length >= limit)
    throw new ParameterLimitExceeded(
      because(
        "You have exceeded the number of parameters for this Amazon Web Services account. Delete one or more parameters and try again.",
      ),
    );
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
  refuseDataType(dataType, type, value);
  if (type === "StringList" && /(^|,)(,|$)/.test(value)) throw invalid("A StringList parameter cannot have an empty item.");
  const allowedPattern = input.AllowedPattern ?? before?.allowedPattern;
  refusePattern(value, allowedPattern);
  const { account, region, now, principal } = context;
  // A new value leaves the policies as they are; an empty one removes them.
  const policies = input.Policies === undefined ? (before?.policies ?? []) : readPolicies(input.Policies, now);
  const version = (before?.version ?? 0) + 1;
  const needs = { length: Buffer.byteLength(value), policies: policies.length > 0 };
  const tier = tierFor(needs, input.Tier, before?.tier === "Advanced" ? "Advanced" : "Standard");
  const keyId = input.KeyId ?? before?.keyId ?? DEFAULT_KEY;
  const named = { account, region, name: input.Name ?? "" };
  const secure = type === "SecureString";
  return {
    version,
    type,
    ...(secure ? { ...sealValue(context, named, { version, keyId, tier }, value), keyId } : { value }),
    ...defined({ description: input.Description ?? before?.description, allowedPattern }),
    dataType,
    tier,
    ...(policies.length > 0 ? { policies } : {}),
    modifiedAt: now,
    modifiedBy: principal.arn,
  };
}

/** An `aws:ec2:image` is checked for its form only: there are no machine images here to look it up among. */
function refuseDataType(dataType: string, type: string, value: string): void {
  if (!DATA_TYPES.includes(dataType))
    throw invalid(`The following data type is not supported: ${dataType} (Data type names are all lowercase.)`);
  if (dataType !== "aws:ec2:image") return;
  if (type !== "String") throw invalid(`The data type ${dataType} is supported by parameters of the type String only.`);
  if (!/^ami-([0-9a-z]{8}|[0-9a-z]{17})$/i.test(value))
    throw invalid(
      `Invalid request: the parameter value does not have the format of the data type ${dataType}, such as ami-0123456789abcdef0.`,
    );
}
