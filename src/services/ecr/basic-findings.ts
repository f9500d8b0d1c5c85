import type { Attribute, ImageScanFinding } from "@aws-sdk/client-ecr";
import { ecosystemFamily } from "../../domain/vulnerability.ts";
import type { VulnerabilityData } from "../../ports/vulnerability-data.ts";
import type { FoundVulnerability } from "../../state/ecr-scans.ts";

/** A finding as basic scans show it. */
export function basicFinding(finding: FoundVulnerability, data: VulnerabilityData): ImageScanFinding {
  const { name, severity } = finding;
  const description = descriptionOf(finding, data);
  return { name, ...(description !== undefined && { description }), uri: uriOf(finding), severity, attributes: attributesOf(finding) };
}

/** In the words of the first record that has some; a record that later imports left out tells nothing any more. */
export function descriptionOf({ advisories }: Pick<FoundVulnerability, "advisories">, data: VulnerabilityData): string | undefined {
  for (const id of advisories) {
    const { details, summary } = data.advisory(id) ?? {};
    const text = details ?? summary;
    if (text !== undefined) return text;
  }
  return undefined;
}

/** Where people read on: the tracker of the distribution, or OSV's page. */
export function uriOf({ name, ecosystem, advisories }: FoundVulnerability): string {
  switch (ecosystemFamily(ecosystem)) {
    case "Debian":
      return `https://security-tracker.debian.org/tracker/${name}`;
    case "Ubuntu":
      return `https://ubuntu.com/security/${name}`;
    case "Alpine":
      return `https://security.alpinelinux.org/vuln/${name}`;
    default:
      return `https://osv.dev/vulnerability/${advisories[0] ?? name}`;
  }
}

function attributesOf({ package: packageName, version, fixedIn, score }: FoundVulnerability): Attribute[] {
  const attributes = [
    { key: "package_name", value: packageName },
    { key: "package_version", value: version },
  ];
  if (fixedIn !== undefined) attributes.push({ key: "fixed_version", value: fixedIn });
  if (score) {
    const generation = `CVSS${score.version.charAt(0)}`;
    attributes.push({ key: `${generation}_VECTOR`, value: score.vector }, { key: `${generation}_SCORE`, value: score.score.toFixed(1) });
  }
  return attributes;
}
