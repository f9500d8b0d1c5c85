import {
  ImageArchivedException,
  ImageNotFoundException,
  LimitExceededException,
  ScanNotFoundException,
  UnsupportedImageTypeException,
  ValidationException,
  type ImageIdentifier,
  type ImageScanFindings,
} from "@aws-sdk/client-ecr";
import { compareSeverities } from "../../decide/scan/severity.ts";
import type { Severity } from "../../domain/vulnerability.ts";
import { repositories, repositoryKey, type ImageRecord, type RepositoryRecord } from "../../state/ecr.ts";
import { imageScans, inventories, requestScan, scanKey, scanningRulesOf, type ImageScanRecord } from "../../state/ecr-scans.ts";
import { because, type OperationContext } from "../operation.ts";
import { basicFinding } from "./basic-findings.ts";
import { onRepository, operation, pageOf } from "./ecr-operation.ts";
import { enhancedFinding, vulnerabilitiesOf } from "./enhanced-findings.ts";
import { requireRepository } from "./find-repository.ts";
import { findIdentified, imageNotFoundMessage, shownId } from "./image-ids.ts";
import { scanOf, summaryOf } from "./scan-summary.ts";

const DAY = 86_400_000;

export const putImageScanningConfiguration = operation("PutImageScanningConfiguration", {
  authorize: onRepository("PutImageScanningConfiguration"),
  run(input, context) {
    const repository = requireRepository(input, context);
    const scanOnPush = input.imageScanningConfiguration?.scanOnPush ?? false;
    const { state } = context;
    state.commit(() =>
      state.table(repositories).update(repositoryKey(repository, repository.name), (current) => ({ ...current, scanOnPush })),
    );
    return { registryId: repository.account, repositoryName: repository.name, imageScanningConfiguration: { scanOnPush } };
  },
});

/** Basic scans alone are asked for; enhanced ones come with a push and with new data. */
export const startImageScan = operation("StartImageScan", {
  authorize: onRepository("StartImageScan"),
  run(input, context) {
    const { state, now } = context;
    const repository = requireRepository(input, context);
    const imageId = input.imageId ?? {};
    const image = requireImage(repository, imageId, context);
    if (scanningRulesOf(state, repository).scanType === "ENHANCED") throw new ValidationException(because("This feature is disabled"));
    if (image.status !== undefined)
      throw new ImageArchivedException(because(`The image with imageId ${shownId(imageId)} is archived and cannot be scanned`));
    if (image.kind === "index")
      throw new UnsupportedImageTypeException(
        because(`The image with imageId ${shownId(imageId)} is a manifest list, which cannot be scanned; the images that it lists can be`),
      );
    if (usedQuota(state.table(imageScans).get(scanKey(image.repository, image.digest, "BASIC")), now))
      throw new LimitExceededException(because("The scan quota per image has been exceeded. Wait and try again."));
    requestScan(state, image, "BASIC", now);
    return {
      registryId: repository.account,
      repositoryName: repository.name,
      imageId: identified(image, imageId),
      imageScanStatus: { status: "IN_PROGRESS" as const },
    };
  },
});

/**
 * Source: Amazon ECR User Guide: an image may be scanned once in 24 hours, the scan on push included. A scan without a result does not count here,
 * so that whoever was told to import vulnerability data can scan when it is there.
 */
function usedQuota(scan: ImageScanRecord | undefined, now: number): boolean {
  return scan !== undefined && scan.status !== "FAILED" && now - scan.requestedAt < DAY;
}

export const describeImageScanFindings = operation("DescribeImageScanFindings", {
  authorize: onRepository("DescribeImageScanFindings"),
  run(input, context) {
    const repository = requireRepository(input, context);
    const imageId = input.imageId ?? {};
    const image = requireImage(repository, imageId, context);
    const scan = scanOf(context.state, repository, image);
    if (!scan)
      throw new ScanNotFoundException(
        because(
          `Image scan does not exist for the image with '${shownId(imageId)}' in the repository with name '${repository.name}' in the registry with id '${repository.account}'`,
        ),
      );
    const { findings, nextToken } = findingsPage(scan, repository, image, input, context);
    return {
      registryId: repository.account,
      repositoryName: repository.name,
      imageId: identified(image, imageId),
      imageScanStatus: { status: scan.status, description: scan.description },
      ...(findings && { imageScanFindings: findings }),
      ...(nextToken !== undefined && { nextToken }),
    };
  },
});

function findingsPage(
  scan: ImageScanRecord,
  repository: RepositoryRecord,
  image: ImageRecord,
  request: { readonly nextToken?: string | undefined; readonly maxResults?: number | undefined },
  context: OperationContext,
): { readonly findings?: ImageScanFindings; readonly nextToken?: string | undefined } {
  const summary = summaryOf(scan);
  const { state, vulnerabilities: data } = context;
  if (scan.scanType === "BASIC") {
    const page = pageOf(scan.findings, (finding) => sortKey(finding, `${finding.package} ${finding.version}`), request, context);
    const findings = page.items.map((finding) => basicFinding(finding, data));
    return { ...(summary && { findings: { ...summary, findings } }), nextToken: page.nextToken };
  }
  const page = pageOf(vulnerabilitiesOf(scan.findings), (vulnerability) => sortKey(vulnerability), request, context);
  const view = { repository, image, inventory: state.table(inventories).get(image.digest), data };
  const enhancedFindings = page.items.map((vulnerability) => enhancedFinding(vulnerability, view));
  return { ...(summary && { findings: { ...summary, enhancedFindings } }), nextToken: page.nextToken };
}

/** Worst first, then by name. */
function sortKey({ severity, name }: { readonly severity: Severity; readonly name: string }, rest = ""): string {
  return `${compareSeverities(severity, "CRITICAL")} ${name} ${rest}`;
}

/** @throws ImageNotFoundException */
function requireImage(repository: RepositoryRecord, imageId: ImageIdentifier, { state }: OperationContext): ImageRecord {
  const image = findIdentified(state, repository, imageId);
  if (!image) throw new ImageNotFoundException(because(imageNotFoundMessage(repository, imageId)));
  return image;
}

function identified({ digest }: ImageRecord, { imageTag }: ImageIdentifier): ImageIdentifier {
  return { imageDigest: digest, ...(imageTag !== undefined && { imageTag }) };
}
