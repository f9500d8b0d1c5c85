import type { RewriteConfig, RuleTransform } from "@aws-sdk/client-elastic-load-balancing-v2";
import { groupsOf, regexRefusal } from "../../domain/rule-regex.ts";
import { checkEnum, invalid } from "./elb-operation.ts";

/** Of an expression and of its replacement. Source: ELB API, `RewriteConfig`. */
const LONGEST = 1024;
/** AWS names no such limit; the proxy's references have one digit, and it needs three. */
const MOST_GROUPS = 6;

/** The members that hold a transform's rewrites, by its type. */
const CONFIGS = { "host-header-rewrite": "HostHeaderRewriteConfig", "url-rewrite": "UrlRewriteConfig" } as const;
type Type = keyof typeof CONFIGS;

/** Checks the transforms of a rule. Source: Elastic Load Balancing, "Transforms for listener rules". */
export function checkTransforms(transforms: readonly RuleTransform[]): readonly RuleTransform[] {
  const checked = transforms.map(checkTransform);
  for (const type of Object.keys(CONFIGS))
    if (checked.filter(({ Type }) => Type === type).length > 1) throw invalid(`A rule can only have one '${type}' transform`);
  return checked;
}

function checkTransform(transform: RuleTransform, index: number): RuleTransform {
  const { Type } = transform;
  if (Type === undefined) throw invalid("A transform type must be specified");
  checkEnum(Type, `transforms.${index + 1}.member.type`, Object.keys(CONFIGS));
  const config = CONFIGS[Type];
  const other = Object.values(CONFIGS).find((name) => name !== config && transform[name] !== undefined);
  if (other !== undefined) throw invalid(`You cannot provide '${other}' for a transform of type '${Type}'`);
  const rewrites = transform[config]?.Rewrites ?? [];
  const [rewrite] = rewrites;
  if (!rewrite || rewrites.length > 1) throw invalid(`A transform of type '${Type}' must have exactly one rewrite`);
  return { Type, [config]: { Rewrites: [checkRewrite(rewrite, Type)] } };
}

function checkRewrite({ Regex = "", Replace = "" }: RewriteConfig, type: Type): RewriteConfig {
  const refused = (what: string, text: string, why: string): Error =>
    invalid(`The ${what} '${text}' of a transform of type '${type}' ${why}`);
  const refusal = Regex.length > LONGEST ? `cannot be longer than '${LONGEST}' characters` : regexRefusal(Regex);
  if (refusal !== undefined) throw refused("regex", Regex, refusal);
  const groups = groupsOf(Regex);
  if (groups > MOST_GROUPS) throw refused("regex", Regex, `cannot have more than '${MOST_GROUPS}' capture groups here`);
  if (Replace.length > LONGEST) throw refused("replacement", Replace, `cannot be longer than '${LONGEST}' characters`);
  // Neither a path nor a host has others, and a request with one would be another request.
  if (!/^[\x21-\x7e]*$/.test(Replace) || Replace.includes("#"))
    throw refused("replacement", Replace, "contains a character that is not allowed");
  if (type === "host-header-rewrite" && !/^[A-Za-z0-9.$_-]*$/.test(Replace))
    throw refused("replacement", Replace, "is not a valid host name");
  const references = [...Replace.replaceAll("$$", "").matchAll(/\$(\d+)/g)].map(([, number]) => Number(number));
  if (references.some((number) => number > groups))
    throw refused("replacement", Replace, "refers to a capture group that the regex does not have");
  return { Regex, Replace };
}
