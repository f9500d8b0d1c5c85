import { SEVERITIES, type CvssScore, type Severity } from "../../domain/vulnerability.ts";

/** The words that sources rate with: Debian's urgencies, Ubuntu's priorities, GitHub's severities. Others tell nothing. */
const RATINGS: Readonly<Record<string, Severity>> = {
  critical: "CRITICAL",
  high: "HIGH",
  important: "HIGH",
  medium: "MEDIUM",
  moderate: "MEDIUM",
  low: "LOW",
  unimportant: "INFORMATIONAL",
  negligible: "INFORMATIONAL",
};

/**
 * Source: Amazon ECR User Guide, "Scan images for OS vulnerabilities": the source's own rating where it gives one, else the CVSS score, here
 * that of the latest version of CVSS.
 */
export function severityOf({ rating, cvss }: { readonly rating?: string | undefined; readonly cvss: readonly CvssScore[] }): Severity {
  const word = rating?.toLowerCase() ?? "";
  const rated = Object.hasOwn(RATINGS, word) ? RATINGS[word] : undefined;
  if (rated) return rated;
  const score = latestScore(cvss);
  return score ? scoredSeverity(score) : "UNDEFINED";
}

export function latestScore(cvss: readonly CvssScore[]): CvssScore | undefined {
  return cvss.toSorted((a, b) => (a.version < b.version ? 1 : -1))[0];
}

/** Source: the qualitative scale of CVSS 3 and 4, and the National Vulnerability Database's for CVSS 2. */
function scoredSeverity({ version, score }: CvssScore): Severity {
  if (version === "2.0") return score >= 7 ? "HIGH" : score >= 4 ? "MEDIUM" : "LOW";
  if (score >= 9) return "CRITICAL";
  if (score >= 7) return "HIGH";
  if (score >= 4) return "MEDIUM";
  return score > 0 ? "LOW" : "INFORMATIONAL";
}

/** The worse one comes first. */
export function compareSeverities(a: Severity, b: Severity): number {
  return SEVERITIES.indexOf(a) - SEVERITIES.indexOf(b);
}
