import { defined } from "../../domain/defined.ts";
import type { PolicyBranch, PolicyRule } from "./policy.ts";
import { isObject, type Json, type Reader } from "./reader.ts";

const REFERENCE = ["EndpointReference", "RuleReference", "EvaluateTargetHealth", "HealthCheck"];

/** What a rule of a type leads to, in the order of the document. */
export function readBranches(type: PolicyRule["type"], given: Json, where: string, reader: Reader): readonly PolicyBranch[] {
  const list = (name: string, members: readonly string[], by: (item: Json) => PolicyBranch["by"]): readonly PolicyBranch[] => {
    reader.onlyMembers(given, ["RuleType", name], where);
    return reader.items(given, name, where).map((item) => readBranch(item, [...REFERENCE, ...members], by(item), where, reader));
  };
  switch (type) {
    case "failover": {
      reader.onlyMembers(given, ["RuleType", "Primary", "Secondary"], where);
      return (["Primary", "Secondary"] as const).flatMap((name) => {
        const item = given[name];
        if (isObject(item)) return readBranch(item, REFERENCE, { failover: name === "Primary" ? "PRIMARY" : "SECONDARY" }, where, reader);
        reader.wrong(`${name} must be an object in ${where}.`);
        return [];
      });
    }
    case "geo":
      return list("Locations", ["IsDefault", "Continent", "Country", "Subdivision"], (item) => readPlace(item, where, reader));
    case "latency":
      return list("Regions", ["Region"], (item) => ({ region: reader.text(item, "Region", where) ?? "" }));
    case "multivalue":
      return list("Items", [], () => ({ multiValueAnswer: true }));
    case "weighted":
      return list("Items", ["Weight"], (item) => ({ weight: reader.whole(item, "Weight", { from: 0, to: 255 }, where) }));
    case "geoproximity":
      reader.onlyMembers(given, ["RuleType", "GeoproximityLocations"], where);
      reader.items(given, "GeoproximityLocations", where);
      return [];
  }
}

function readBranch(item: Json, members: readonly string[], by: PolicyBranch["by"], where: string, reader: Reader): PolicyBranch {
  reader.onlyMembers(item, members, where);
  const healthCheck = item["HealthCheck"];
  const healthCheckId = healthCheck === undefined || healthCheck === "" ? undefined : reader.text(item, "HealthCheck", where);
  return {
    target: reader.target(item, "Reference", where),
    evaluateTargetHealth: reader.flag(item, "EvaluateTargetHealth", where),
    ...defined({ healthCheckId }),
    by,
  };
}

/** A country of `*` is everybody else, which a default says by itself. */
function readPlace(item: Json, where: string, reader: Reader): PolicyBranch["by"] {
  const code = (name: string, length: number): string | undefined => {
    const value = item[name];
    if (value === undefined || value === "") return undefined;
    if (typeof value === "string" && (value === "*" || (value.length <= length && /^[A-Z0-9]+$/.test(value)))) return value;
    reader.wrong(`${name} is no code of a place in ${where}.`);
    return undefined;
  };
  const [ContinentCode, CountryCode, SubdivisionCode] = [code("Continent", 2), code("Country", 2), code("Subdivision", 3)];
  if (reader.flag(item, "IsDefault", where)) {
    if (ContinentCode !== undefined || SubdivisionCode !== undefined || (CountryCode ?? "*") !== "*")
      reader.wrong(`A default location has no other place in ${where}.`);
    return { geoLocation: { CountryCode: "*" } };
  }
  if ((ContinentCode === undefined) === (CountryCode === undefined)) reader.wrong(`A location has a Continent or a Country in ${where}.`);
  if (SubdivisionCode !== undefined && CountryCode === undefined) reader.wrong(`A Subdivision needs its Country in ${where}.`);
  return { geoLocation: defined({ ContinentCode, CountryCode, SubdivisionCode }) };
}
