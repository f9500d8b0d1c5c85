import { HierarchyLevelLimitExceededException } from "@aws-sdk/client-ssm";
import { AwsError } from "../aws-error.ts";
import { because } from "../operation.ts";
import { invalid } from "./parameter.ts";

const MOST_LEVELS = 15;
const PATH_RULE =
  'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; ' +
  "each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_";

/** The rules of Parameter Store for names, in its words. */
export function refuseName(name: string): void {
  const bare = name.replace(/^\//, "").toLowerCase();
  const isPath = name.lastIndexOf("/") > 0;
  if (/^\/aws/i.test(name) && isPath) throw new AwsError("AccessDeniedException", `No access to reserved parameter name: ${name}.`);
  if (/^(aws|ssm)/.test(bare) && !isPath) throw invalid('Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).');
  if (/^(aws|ssm)/.test(bare) || !/^[A-Za-z0-9._/-]+$/.test(name)) throw invalid(PATH_RULE);
  if (name.includes("/") && !name.startsWith("/")) throw invalid("Parameter name must be a fully qualified name.");
  if (/\/\/|\/$/.test(name)) throw invalid(PATH_RULE);
  if (name.split("/").length - 1 > MOST_LEVELS)
    throw new HierarchyLevelLimitExceededException(because(`Hierarchy depth can't be greater than ${MOST_LEVELS}.`));
}

const REQUIREMENTS =
  'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/". ' +
  'It can\'t be prefixed with \\"aws\\" or \\"ssm\\" (case-insensitive). It must use only letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). ' +
  'Special characters are not allowed. All sub-paths, if specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.';

/** The rules for a path below which parameters are looked for. */
export function refusePath(path: string): void {
  if (!/^\/[A-Za-z0-9._/-]*$/.test(path) || path.includes("//")) throw invalid(REQUIREMENTS);
}

/** Whether a parameter lies below a path, at any depth or right below it. A name without a slash lies below `/`. */
export function isBelow(name: string, path: string, recursive: boolean): boolean {
  const rooted = name.startsWith("/") ? name : `/${name}`;
  const under = path.endsWith("/") ? path : `${path}/`;
  return rooted.startsWith(under) && (recursive || !rooted.slice(under.length).includes("/"));
}
