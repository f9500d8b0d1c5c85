import { isRepositoryPath } from "../domain/image-reference.ts";

/** What a path below `/v2/` names. Source: OCI distribution specification 1.1, "Endpoints"; `_catalog` is Docker's. */
export type Route =
  | { readonly kind: "base" }
  | { readonly kind: "catalog" }
  | { readonly kind: "uploads"; readonly name: string }
  | { readonly kind: "upload"; readonly name: string; readonly id: string }
  | { readonly kind: "blob"; readonly name: string; readonly digest: string }
  | { readonly kind: "manifest"; readonly name: string; readonly reference: string }
  | { readonly kind: "tags"; readonly name: string }
  | { readonly kind: "referrers"; readonly name: string; readonly digest: string }
  | { readonly kind: "software-bill"; readonly name: string; readonly reference: string };

// A repository's name may hold `blobs` or `manifests` itself, so that the last occurrence is the separator.
const PATTERNS: readonly (readonly [RegExp, (name: string, rest: string) => Route])[] = [
  [/^(.+)\/blobs\/uploads\/?()$/, (name) => ({ kind: "uploads", name })],
  [/^(.+)\/blobs\/uploads\/([^/]+)$/, (name, id) => ({ kind: "upload", name, id })],
  [/^(.+)\/blobs\/([^/]+)$/, (name, digest) => ({ kind: "blob", name, digest })],
  [/^(.+)\/manifests\/([^/]+)$/, (name, reference) => ({ kind: "manifest", name, reference })],
  [/^(.+)\/tags\/list()$/, (name) => ({ kind: "tags", name })],
  [/^(.+)\/referrers\/([^/]+)$/, (name, digest) => ({ kind: "referrers", name, digest })],
  [/^(.+)\/_airfield\/sbom\/([^/]+)$/, (name, reference) => ({ kind: "software-bill", name, reference })],
];

/** `undefined` where the path names nothing; `invalid-name` where the place of the repository's name holds none. */
export function routeOf(path: string): Route | "invalid-name" | undefined {
  if (path === "/v2" || path === "/v2/") return { kind: "base" };
  if (path === "/v2/_catalog") return { kind: "catalog" };
  const rest = path.slice("/v2/".length);
  for (const [pattern, make] of PATTERNS) {
    const match = pattern.exec(rest);
    if (!match) continue;
    const [, name = "", last = ""] = match;
    return isRepositoryPath(name) ? make(name, decode(last)) : "invalid-name";
  }
  return undefined;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/**
 * The IAM action that a request asks for, as ECR maps the distribution API to its own operations.
 * Source: Amazon ECR User Guide, "Amazon ECR identity-based policies"; `undefined` for a method that the route does not have.
 */
export function actionOf(route: Route, method: string): string | undefined {
  return ACTIONS[route.kind][method];
}

/** Whoever has a good token may ask whether it is one: `docker login` does. */
export const NO_PERMISSION = "none";

const ACTIONS: Readonly<Record<Route["kind"], Readonly<Record<string, string>>>> = {
  base: { GET: NO_PERMISSION, HEAD: NO_PERMISSION },
  catalog: { GET: "ecr:DescribeRepositories", HEAD: "ecr:DescribeRepositories" },
  uploads: { POST: "ecr:InitiateLayerUpload" },
  upload: {
    GET: "ecr:UploadLayerPart",
    HEAD: "ecr:UploadLayerPart",
    PATCH: "ecr:UploadLayerPart",
    PUT: "ecr:CompleteLayerUpload",
    DELETE: "ecr:UploadLayerPart",
  },
  blob: { HEAD: "ecr:BatchCheckLayerAvailability", GET: "ecr:GetDownloadUrlForLayer", DELETE: "ecr:BatchDeleteImage" },
  manifest: { HEAD: "ecr:BatchGetImage", GET: "ecr:BatchGetImage", PUT: "ecr:PutImage", DELETE: "ecr:BatchDeleteImage" },
  tags: { GET: "ecr:ListImages", HEAD: "ecr:ListImages" },
  referrers: { GET: "ecr:BatchGetImage", HEAD: "ecr:BatchGetImage" },
  // It tells what is in the layers.
  "software-bill": { GET: "ecr:GetDownloadUrlForLayer" },
};
