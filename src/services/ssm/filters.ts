import { InvalidFilterKey, InvalidFilterOption, InvalidFilterValue, type ParameterStringFilter } from "@aws-sdk/client-ssm";
import { latest, type ParameterRecord } from "../../state/parameters.ts";
import { lengthWithin, matches } from "../constraints.ts";
import { because } from "../operation.ts";
import { isBelow, refusePath } from "./parameter-name.ts";
import { invalid, refuse } from "./parameter.ts";

// Source: Systems Manager API, ParameterStringFilter.

/** Which keys an operation takes. `tag:…` goes with all of `DescribeParameters`. */
export type FilterUse = "DescribeParameters" | "GetParametersByPath";

const KEY = /^(tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType)$/;
const REFUSED: Readonly<Record<FilterUse, { readonly keys: readonly string[]; readonly valid: string }>> = {
  DescribeParameters: { keys: ["Label"], valid: "[Path, Name, Type, KeyId, Tier]" },
  GetParametersByPath: { keys: ["Name", "Path", "Tier"], valid: "[Type, KeyId]" },
};
const VALUES: Readonly<Record<string, readonly string[]>> = {
  Tier: ["Standard", "Advanced", "Intelligent-Tiering"],
  Type: ["String", "StringList", "SecureString"],
};

/** @throws ValidationException, InvalidFilterKey, InvalidFilterOption, InvalidFilterValue */
export function refuseFilters(filters: readonly ParameterStringFilter[], use: FilterUse): void {
  refuse(...filters.flatMap((filter, at) => constraints(filter, `parameterFilters.${at + 1}.member`)));
  const seen = new Set<string>();
  for (const filter of filters) {
    const { Key: key = "", Values: values = [] } = filter;
    const { keys, valid } = REFUSED[use];
    if (keys.includes(key))
      throw new InvalidFilterKey(because(`The following filter key is not valid: ${key}. Valid filter keys include: ${valid}.`));
    if (values.length === 0 && !key.startsWith("tag:"))
      throw new InvalidFilterValue(because(`The following filter values are missing : null for filter key ${key}.`));
    if (seen.has(key))
      throw new InvalidFilterKey(
        because(
          `The following filter is duplicated in the request: ${key}. A request can contain only one occurrence of a specific filter.`,
        ),
      );
    seen.add(key);
    refuseValues(key, values);
    refuseOption(filter);
  }
}

/** Whether a parameter passes every filter; a filter's values are alternatives. */
export function passesFilters(parameter: ParameterRecord, filters: readonly ParameterStringFilter[]): boolean {
  return filters.every((filter) => passes(parameter, filter));
}

function constraints({ Key, Option, Values = [] }: ParameterStringFilter, member: string) {
  return [
    lengthWithin(`${member}.key`, Key, 1, 132),
    matches(`${member}.key`, Key, KEY, "tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType"),
    lengthWithin(`${member}.option`, Option, 1, 10),
    lengthWithin(`${member}.values`, Values, 0, 50),
    ...Values.map((value) => lengthWithin(`${member}.values`, value, 1, 1024)),
  ];
}

function refuseValues(key: string, values: readonly string[]): void {
  const allowed = VALUES[key];
  for (const value of values) {
    if (allowed && !allowed.includes(value))
      throw new InvalidFilterOption(
        because(`The following filter value is not valid: ${value}. Valid values include: [${allowed.join(", ")}].`),
      );
    if (key !== "Path") continue;
    if (/^\/(aws|ssm)/i.test(value))
      throw invalid(
        'Filters for common parameters can\'t be prefixed with "aws" or "ssm" (case-insensitive). When using global parameters, please specify within a global namespace.',
      );
    refusePath(value);
  }
}

function refuseOption({ Key: key = "", Option: option }: ParameterStringFilter): void {
  const valid = key === "Path" ? ["Recursive", "OneLevel"] : key === "Label" ? ["Equals"] : ["BeginsWith", "Equals"];
  if (option === undefined || valid.includes(option) || (key === "Name" && option === "Contains")) return;
  throw new InvalidFilterOption(
    because(`The following filter option is not valid: ${option}. Valid options include: [${valid.join(", ")}].`),
  );
}

function passes(parameter: ParameterRecord, { Key: key = "", Option: option, Values: values = [] }: ParameterStringFilter): boolean {
  const version = latest(parameter);
  switch (key) {
    case "Path":
      return values.some((path) => isBelow(parameter.name, path, option === "Recursive"));
    case "Label":
      return parameter.versions.some(({ labels = [] }) => labels.some((label) => values.includes(label)));
    case "Name":
      // A name may be given with or without the slash at its beginning.
      if (option === "Contains") return values.some((value) => parameter.name.includes(value));
      return values.some((value) => compares(rooted(parameter.name), rooted(value), option));
    case "Type":
      return values.some((value) => compares(version.type, value, option));
    case "KeyId":
      return values.some((value) => compares(version.keyId ?? "", value, option));
    case "Tier":
      return values.some((value) => compares(version.tier, value, option));
    case "DataType":
      return values.some((value) => compares(version.dataType, value, option));
    default: {
      const tag = parameter.tags.find(({ Key }) => Key === key.slice("tag:".length));
      return tag !== undefined && (values.length === 0 || values.some((value) => compares(tag.Value ?? "", value, option)));
    }
  }
}

function compares(found: string, value: string, option = "Equals"): boolean {
  return option === "BeginsWith" ? found.startsWith(value) : found === value;
}

function rooted(name: string): string {
  return name.startsWith("/") ? name : `/${name}`;
}
