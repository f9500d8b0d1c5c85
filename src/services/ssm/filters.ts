import { InvalidFilterKey, InvalidFilterOption, InvalidFilterValue, type ParameterStringFilter } from "@aws-sdk/client-ssm";
import { latest, type ParameterRecord } from "../../state/parameters.ts";
import { because } from "../operation.ts";

/** Whether a parameter passes every filter; a filter's values are alternatives. Source: Systems Manager API, ParameterStringFilter. */
export function passesFilters(parameter: ParameterRecord, filters: readonly ParameterStringFilter[]): boolean {
  return filters.map((filter) => passes(parameter, filter)).every(Boolean);
}

function passes(parameter: ParameterRecord, { Key: key = "", Option: option, Values: values = [] }: ParameterStringFilter): boolean {
  if (key === "Path") return underPath(parameter.name, option ?? "OneLevel", values);
  if (key.startsWith("tag:") || key === "Label") {
    const tag = parameter.tags.find(({ Key }) => Key === key.slice(4));
    return key !== "Label" && tag !== undefined && (values.length === 0 || values.includes(tag.Value ?? ""));
  }
  const found = valueOf(parameter, key);
  if (values.length === 0) throw new InvalidFilterValue(because(`The filter ${key} needs at least one value.`));
  return values.some((value) => compares(found ?? "", option ?? "Equals", value, key));
}

function valueOf(parameter: ParameterRecord, key: string): string | undefined {
  const version = latest(parameter);
  switch (key) {
    case "Name":
      return parameter.name;
    case "Type":
      return version.type;
    case "KeyId":
      return version.keyId;
    case "Tier":
      return version.tier;
    case "DataType":
      return version.dataType;
    default:
      throw new InvalidFilterKey(
        because(
          `1 validation error detected: Value '${key}' at 'parameterFilters.1.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType`,
        ),
      );
  }
}

function compares(found: string, option: string, value: string, key: string): boolean {
  switch (option) {
    case "Equals":
      // A name may be given with or without the slash at its beginning.
      return found === value || (key === "Name" && found === `/${value}`);
    case "BeginsWith":
      return found.startsWith(value) || (key === "Name" && found.startsWith(`/${value}`));
    case "Contains":
      if (key === "Name") return found.includes(value);
      break;
  }
  throw new InvalidFilterOption(
    because(`The following filter option is not valid: ${option}. Valid options include: [BeginsWith, Equals].`),
  );
}

function underPath(name: string, option: string, paths: readonly string[]): boolean {
  if (option !== "OneLevel" && option !== "Recursive")
    throw new InvalidFilterOption(
      because(`The following filter option is not valid: ${option}. Valid options include: [Recursive, OneLevel].`),
    );
  return paths.some((path) => {
    const under = path.endsWith("/") ? path : `${path}/`;
    return name.startsWith(under) && (option === "Recursive" || !name.slice(under.length).includes("/"));
  });
}
